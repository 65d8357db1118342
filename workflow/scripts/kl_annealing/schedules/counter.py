"""The counter of an annealer for people's own training loops; the weight is read, not computed."""

from collections.abc import Mapping
from typing import Any

from kl_annealing.errors import InputError
from kl_annealing.numbers import is_integer, is_number
from kl_annealing.schedules import shapes
from kl_annealing.schedules.clock import exact

# "logistic" is the name of the sigmoid in hubertrybka/vae-annealing
SHAPES = {"linear": "linear", "cosine": "cosine", "logistic": "sigmoid"}


class AnnealingCounter:
    """A weight that rises from `baseline` to 1 while `step` is called `total_steps` times.

    `shape`: linear, cosine or logistic. `ratio`: the part of `total_steps` spent rising; the
    rest is held at 1. `cyclical`: begin again every `total_steps` steps instead of staying at 1;
    the last step of a cycle always has weight 1. `disable`: the weight is 1 throughout.
    `steepness`, `normalised`: the logistic's slope over the whole rise, and whether it is
    stretched to start at exactly the baseline and end at exactly 1.

    Raises InputError (a ValueError) for an argument out of range.
    """

    def __init__(
        self,
        total_steps: int,
        shape: str = "linear",
        baseline: float = 0.0,
        cyclical: bool = False,
        disable: bool = False,
        *,
        ratio: float = 1.0,
        steepness: float = 12.0,
        normalised: bool = True,
    ) -> None:
        self._settings = _checked(
            total_steps=total_steps,
            shape=shape,
            baseline=baseline,
            ratio=ratio,
            steepness=steepness,
            normalised=normalised,
        )
        self._ramp = exact(self._settings["ratio"]) * self.total_steps
        self._shape = shapes.ramp_of({**self._settings, "shape": SHAPES[shape]})
        self._step = 0
        self._cyclical = self._short = _flag("cyclical", cyclical)
        self.disable = disable

    @property
    def total_steps(self) -> int:
        """The steps of one cycle, or of the whole rise and hold where not cyclical."""
        return self._settings["total_steps"]

    @property
    def shape(self) -> str:
        """The name of the rise's shape."""
        return self._settings["shape"]

    @property
    def baseline(self) -> float:
        """The weight at the foot of the rise."""
        return self._settings["baseline"]

    @property
    def current_step(self) -> int:
        """The position in the cycle, from 0 to `total_steps`."""
        return self._step

    @property
    def cyclical(self) -> bool:
        """Whether the counter begins again; may be set at any time."""
        return self._cyclical

    @cyclical.setter
    def cyclical(self, value: bool) -> None:
        self._cyclical = _flag("cyclical", value)
        if self._step == 0 and self._top > 0:
            self._short = value  # nothing has risen yet

    @property
    def disable(self) -> bool:
        """Whether the weight is 1 whatever the counter says; may be set at any time."""
        return self._disable

    @disable.setter
    def disable(self, value: bool) -> None:
        self._disable = _flag("disable", value)

    @property
    def weight(self) -> float:
        """The weight of the KL term at this step."""
        if self.disable:
            return 1.0
        return self.baseline + (1 - self.baseline) * self._rise()

    def step(self) -> None:
        """Advance by one step; beyond the end, stay there or begin a new cycle."""
        if self._step < self._top:
            self._step += 1
        elif self.cyclical:
            self._step, self._short = 0, True

    def set_cyclical(self, value: bool) -> None:
        """Switch the cycles on or off.

        Off: the cycle that has begun is finished and its end is kept. On, after the end was
        reached: a new cycle begins with the next step.
        """
        self.cyclical = value

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on exactly, in plain values."""
        return {
            "settings": dict(self._settings),
            "current_step": self._step,
            "cyclical": self.cyclical,
            "short": self._short,
            "disable": self.disable,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state.

        Raises InputError, and changes nothing, where the state is none or has other settings.
        """
        if not isinstance(state, Mapping) or set(state) != set(self.state_dict()):
            raise InputError(
                "this is no annealer's state; allowed: what state_dict() of an annealer returned"
            )
        _same(state["settings"], self._settings)
        step = state["current_step"]
        if not is_integer(step) or not 0 <= step <= self.total_steps:
            raise InputError(
                f"current_step of the annealer's state is {step!r}; "
                f"allowed: an integer from 0 to {self.total_steps}"
            )
        cyclical, short, disable = (_flag(name, state[name]) for name in _FLAGS)
        self._step = int(step)
        self._cyclical, self._short, self._disable = cyclical, short, disable

    @property
    def _top(self) -> int:
        """The last step of the cycle that has begun.

        One among cycles has no step total_steps. That was so or not when it began, and stays so, so
        that switching changes no weight of it.
        """
        return self.total_steps - 1 if self._short else self.total_steps

    def _rise(self) -> float:
        """Return the shape's value between 0 and 1."""
        ramp = min(self._ramp, self._top)
        if self._step >= ramp:
            return 1.0
        return self._shape(float(self._step / ramp))


def _checked(**settings: Any) -> dict[str, Any]:
    """Return the settings as plain numbers; InputError with every one that is out of range."""
    wrong = [
        f"{key} is {settings[key]!r}; allowed: {allowed}"
        for key, (fits, allowed) in _CHECKS.items()
        if not fits(settings[key])
    ]
    if wrong:
        raise InputError("Annealer: " + "; ".join(wrong))
    plain = {key: float(settings[key]) for key in ("baseline", "ratio", "steepness")}
    return {**settings, **plain, "total_steps": int(settings["total_steps"])}


_CHECKS = {
    "total_steps": (lambda value: is_integer(value) and value >= 1, "an integer of at least 1"),
    "shape": (lambda value: isinstance(value, str) and value in SHAPES, ", ".join(SHAPES)),
    "baseline": (lambda value: is_number(value) and 0 <= value <= 1, "a number in [0, 1]"),
    "ratio": (lambda value: is_number(value) and 0 < value <= 1, "a number in (0, 1]"),
    "steepness": (lambda value: is_number(value) and value >= 0.01, "a number of at least 0.01"),
    "normalised": (lambda value: isinstance(value, bool), "True or False"),
}


_FLAGS = ("cyclical", "short", "disable")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"Annealer: {name} is {value!r}; allowed: True or False")
    return value


def _same(found: Any, own: Mapping[str, Any]) -> None:
    found = found if isinstance(found, Mapping) else {}
    differing = [
        f"{key} is {own[key]!r} here and {found.get(key)!r} in the state"
        for key in own
        if found.get(key) != own[key]
    ]
    if differing:
        raise InputError(
            "the state belongs to an annealer with other settings: " + "; ".join(differing)
        )
