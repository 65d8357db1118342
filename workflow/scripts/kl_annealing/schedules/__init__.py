"""Beta and learning-rate schedules: pure closed forms of the step, without torch or numpy."""

from kl_annealing.schedules.beta import beta_schedule
from kl_annealing.schedules.clock import Clock, Ruler
from kl_annealing.schedules.counter import AnnealingCounter
from kl_annealing.schedules.cycle_ends import cycle_ends, ends_within
from kl_annealing.schedules.labels import block_slug, learning_rate_slug
from kl_annealing.schedules.learning_rate import learning_rate_schedule
from kl_annealing.schedules.problems import learning_rate_problems, schedule_problems
from kl_annealing.schedules.settings import learning_rate_settings, schedule_settings

__all__ = [
    "AnnealingCounter",
    "Clock",
    "Ruler",
    "beta_schedule",
    "block_slug",
    "cycle_ends",
    "ends_within",
    "learning_rate_problems",
    "learning_rate_schedule",
    "learning_rate_settings",
    "learning_rate_slug",
    "schedule_problems",
    "schedule_settings",
]
