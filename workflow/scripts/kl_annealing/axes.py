"""The axes of a study that name a block; the schema has a definition of each and a key in `run`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kl_annealing.schedules import block_slug, learning_rate_slug
from kl_annealing.schema import definition, without_defaults

Block = Mapping[str, Any]
PLAIN = ("standard", "gaussian", "fresh")  # kinds that a run's name does not tell


@dataclass(frozen=True)
class Axis:
    """One choice of a run.

    `name` is its key in a study and the name of its schema definition, `plural` the key under
    which the configuration keeps its named blocks, `label` its heading. `method` says whether
    figures and tables count it to the method that they compare. `slug` is its part in a run's
    name, if any (an empty one is left out). `idle` is the block of a model without a latent
    variable, where the axis acts on that alone.
    """

    name: str
    plural: str
    label: str
    method: bool = True
    slug: Callable[[Block], str] | None = None
    idle: Block | None = None


_ALWAYS: Block = MappingProxyType({"shape": "constant"})
_NOTHING: Block = MappingProxyType({})
_STANDARD: Block = MappingProxyType({"kind": "standard"})
_GAUSSIAN: Block = MappingProxyType({"kind": "gaussian"})
_FRESH: Block = MappingProxyType({"kind": "fresh"})


def kind_slug(block: Block) -> str:
    """Return the kind of a block, unless it is the usual one."""
    return "" if block["kind"] in PLAIN else str(block["kind"])


def objective_slug(block: Block) -> str:
    """Return what an objective adds to the ELBO: `bag_of_words`."""
    return "-".join(without_defaults(block, definition("objective")))


def model_slug(block: Block) -> str:
    """Return the kind of a model, with its recurrent unit where it has a choice of them."""
    return "-".join(filter(None, (block["kind"], block.get("recurrent"))))


def teacher_forcing_slug(block: Block) -> str:
    """Return a schedule of teacher forcing, `forcing-linear-M1-R1`; none where it is complete."""
    changed = without_defaults(block, definition("teacher_forcing"))
    return "" if changed == _ALWAYS else f"forcing-{block_slug(block)}"


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        axis.name: axis
        for axis in (
            Axis("model", "models", "model", slug=model_slug),
            Axis(
                "schedule",
                "schedules",
                "schedule",
                slug=block_slug,
                idle=MappingProxyType({"shape": "constant"}),
            ),
            Axis(
                "learning_rate",
                "learning_rates",
                "learning rate",
                method=False,
                slug=learning_rate_slug,
            ),
            Axis("training", "trainings", "training"),
            Axis("strategy", "strategies", "strategy", slug=kind_slug, idle=_STANDARD),
            Axis("posterior", "posteriors", "posterior", slug=kind_slug, idle=_GAUSSIAN),
            Axis("objective", "objectives", "objective", slug=objective_slug, idle=_NOTHING),
            Axis("initial", "initials", "initial weights", slug=kind_slug, idle=_FRESH),
            Axis(
                "teacher_forcing",
                "teacher_forcings",
                "teacher forcing",
                slug=teacher_forcing_slug,
                idle=_ALWAYS,
            ),
        )
    }
)


def has_latent(model: Block) -> bool:
    """Return whether a model block has a latent variable."""
    return "latent_dim" in model


def has_bound(posterior: Block) -> bool:
    """Return whether a posterior has a density, and so its model a bound on the likelihood."""
    return posterior["kind"] != "point"


def idle_axes(blocks: Mapping[str, Block]) -> list[str]:
    """Return the axes that have no meaning beside the model and the posterior of `blocks`.

    Without a latent variable these are all that act on it; an autoencoder has no KL to weigh.
    """
    if not has_latent(blocks["model"]):
        return [name for name, axis in AXES.items() if axis.idle is not None]
    return [] if has_bound(blocks["posterior"]) else ["schedule"]
