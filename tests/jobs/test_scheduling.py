"""The default limit of jobs a second is lifted: it makes Snakemake look for jobs without end."""

from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan

from kl_annealing.jobs.scheduling import lift_default_rate


def scheduler_with(rate):
    limit = JobRateLimiter(MaxJobsPerTimespan.parse_choice(rate))
    return SimpleNamespace(job_rate_limiter=limit), limit


def test_the_default_is_lifted():
    scheduler, _ = scheduler_with("100/1s")
    lift_default_rate(scheduler)
    assert scheduler.job_rate_limiter is None


@pytest.mark.parametrize("rate", ["50/1s", "100/1m"])
def test_a_limit_that_was_asked_for_stays(rate):
    scheduler, limit = scheduler_with(rate)
    lift_default_rate(scheduler)
    assert scheduler.job_rate_limiter is limit


@pytest.mark.parametrize("scheduler", [{}, {"job_rate_limiter": None}, {"job_rate_limiter": "new"}])
def test_a_scheduler_of_another_make_is_left_alone(scheduler):
    given = SimpleNamespace(**scheduler)
    lift_default_rate(given)
    assert vars(given) == scheduler
