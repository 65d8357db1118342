"""What a figure or table asks of the study that wants it."""

from collections.abc import Iterator, Mapping
from typing import Any

CYCLE_AXES = ("schedule.cycles", "schedule.ratio")
NEEDED_AXES = {"heat_map": CYCLE_AXES, "ablation": CYCLE_AXES}
KNOWN_ENTROPY = ("nll_floor",)
GENERATED = ("grammar", "one_hot")


def output_problems(
    path: str, study: Mapping[str, Any], datasets: Mapping[str, Any]
) -> Iterator[str]:
    """Return what the study lacks for its figures and tables, as a whole."""
    wanted = [*study["figures"], *study["tables"]]
    axes = {axis for grid in study["grids"] for axis in grid}
    for name in wanted:
        for axis in NEEDED_AXES.get(name, ()):
            if axis not in axes:
                yield f"{path}.grids: {name} compares values of {axis}; make it an axis of a grid"
    for name in wanted:
        used = {study["dataset"], *(d for grid in study["grids"] for d in grid.get("dataset", []))}
        unknown = sorted(d for d in used if _kind(datasets[d]) not in GENERATED)
        if name in KNOWN_ENTROPY and unknown:
            yield f"{path}: {name} needs data of known entropy; {unknown[0]} is not generated here"


def run_problems(study: Mapping[str, Any], blocks: Mapping[str, Any]) -> Iterator[str]:
    """Return what one run of the study lacks for its figures and tables."""
    latent_dim, snapshots = blocks["model"]["latent_dim"], blocks["training"]["snapshots"]
    if "latents" not in study["figures"]:
        return
    if not snapshots:
        yield "training.snapshots is empty: latents reads the snapshots"
    if latent_dim != 2:
        yield f"model.latent_dim = {latent_dim}: latents draws 2 dimensions"


def _kind(definition: Any) -> Any:
    return definition.get("kind") if isinstance(definition, Mapping) else None
