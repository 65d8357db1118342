"""Which class each part of a run is made of, by the kind that its settings name.

A part is named by the place of its kind in those settings: of a block, its `kind`; or one key.

Parts are imported by these paths alone, so that a run's digest of code counts its own parts and a
new kind leaves the runs of all others as they are.
"""

from collections.abc import Callable, Iterator, Mapping
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

_MODELS = "kl_annealing.models"
_STRATEGIES = "kl_annealing.training.strategies"

PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "model": {
            "vae": f"{_MODELS}.text_vae:build",
            "autoreg": f"{_MODELS}.text_vae:build",
        },
        "model.encoder": {
            "lstm": f"{_MODELS}.text_encoder:TextEncoder",
            "cnn": f"{_MODELS}.cnn_encoder:CnnEncoder",
        },
        "model.decoder.output": {
            "linear": f"{_MODELS}.text_decoder:TextDecoder",
            "tied": f"{_MODELS}.tied_decoder:TiedDecoder",
        },
        "model.initialisation.scheme": {
            "uniform": f"{_MODELS}.initialisation:initialise",
            "xavier": f"{_MODELS}.xavier:initialise",
        },
        "model.embedding": {"shared": f"{_MODELS}.shared_embedding:share"},
        "strategy": {
            "standard": f"{_STRATEGIES}.standard:Standard",
        },
    }
)


def maker(name: str, run: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the class or function that makes a part (`strategy`) of the run."""
    return resolve_name(PARTS[name][_kind(name, run)])


def paths_of_parts(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield `module:name` of every part of the run."""
    kinds = ((parts, _kind(name, run)) for name, parts in PARTS.items())
    return (parts[kind] for parts, kind in kinds if kind in parts)


def _kind(name: str, run: Mapping[str, Any]) -> str | None:
    """Return the kind of a part, None where the run has no such part."""
    place: Any = run
    for key in name.split("."):
        place = place.get(key, {})
    return place.get("kind") if isinstance(place, Mapping) else place
