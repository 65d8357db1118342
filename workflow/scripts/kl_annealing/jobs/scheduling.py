"""How often Snakemake looks for the next job."""

from typing import Any

DEFAULT_RATE = 100, 1  # jobs in so many seconds


def lift_default_rate(scheduler: Any) -> None:
    """Lift Snakemake's own limit of jobs a second, which no study reaches; another limit stays.

    To keep it, Snakemake 9.27 looks for jobs again a second after each look, and each job that ends
    while others wait begins one more such chain: after a hundred jobs they fill a processor.
    """
    limit = getattr(scheduler, "job_rate_limiter", None)
    if (getattr(limit, "max_jobs", None), getattr(limit, "timespan", None)) == DEFAULT_RATE:
        scheduler.job_rate_limiter = None
