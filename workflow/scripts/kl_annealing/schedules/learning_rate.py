"""The learning rate's factor as a pure function of the step."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from kl_annealing.schedules.clock import Clock, Ruler
from kl_annealing.schedules.cycles import Cycles
from kl_annealing.schedules.problems import learning_rate_problems, refuse
from kl_annealing.schedules.settings import learning_rate_settings

Schedule = Callable[[int], float]


def learning_rate_schedule(block: Mapping[str, Any], clock: Clock) -> Schedule:
    """Return the factor on the base learning rate, of the number of updates already made.

    `block` is a learning-rate block, `$defs/learning_rate` of
    `workflow/schemas/config.schema.yaml`: constant; cosine with warm restarts (cycles or period,
    stop, hold), the published companion of cyclical annealing (Fu et al. 2019, code);
    exponential (decay, interval, staircase, hold); plateau, which depends on the validation
    loss: its factor is 1 here, the training loop applies the decays.

    Raises InputError with every problem of the block.
    """
    refuse("learning-rate schedule", learning_rate_problems(block, ruler=Ruler.of(clock)))
    settings = learning_rate_settings(block)
    kinds = {"cosine": _cosine, "exponential": _exponential}
    if settings["shape"] not in kinds:
        return lambda step: 1.0
    factor = kinds[settings["shape"]](settings, clock)
    if settings["hold"] == "step":
        return factor
    epoch = int(clock.steps_per_epoch)
    return lambda step: factor(step // epoch * epoch)


def _cosine(settings: Mapping[str, Any], clock: Clock) -> Schedule:
    cycles = Cycles.of(settings, clock)
    along = cycles.abscissa(cycles.period)
    stop = float(settings["stop"])

    def factor(step: int) -> float:
        """Return what the learning rate is multiplied with after `step` updates."""
        v = min(1.0, along(step))
        return stop + (1 - stop) * 0.5 * (1 + math.cos(math.pi * v))

    return factor


def _exponential(settings: Mapping[str, Any], clock: Clock) -> Schedule:
    interval = clock.resolve(settings["interval"])
    numerator, denominator = interval.numerator, interval.denominator
    decay = float(settings["decay"])
    if settings["staircase"]:
        return lambda step: decay ** (step * denominator // numerator)
    return lambda step: decay ** (step * denominator / numerator)
