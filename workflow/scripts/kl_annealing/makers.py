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
_INITIALS = "kl_annealing.training.initials"

PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "model": {
            "vae": f"{_MODELS}.text_vae:build",
            "autoreg": f"{_MODELS}.text_vae:build",
            "cved": f"{_MODELS}.collaborative:build",
            "image_vae": f"{_MODELS}.image_vae:build",
            "pixelcnn": f"{_MODELS}.image_vae:build",
            "cvae": f"{_MODELS}.dialog_models:build",
            "kgcvae": f"{_MODELS}.dialog_models:build",
            "tense_vae": f"{_MODELS}.tense_vae:build",
        },
        "posterior": {
            "gaussian": f"{_MODELS}.gaussian_head:GaussianHead",
            "iaf": f"{_MODELS}.inverse_autoregressive:InverseAutoregressiveHead",
            "point": f"{_MODELS}.point_head:PointHead",
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
        "model.embedding": {
            "shared": f"{_MODELS}.word_vectors:share",
            "normalised": f"{_MODELS}.word_vectors:normalise",
        },
        "strategy": {
            "standard": f"{_STRATEGIES}.standard:Standard",
            "aggressive": f"{_STRATEGIES}.aggressive:Aggressive",
            "collaborative": f"{_STRATEGIES}.collaborative:Collaborative",
            "svi": f"{_STRATEGIES}.svi:SVI",
            "sa_vae": f"{_STRATEGIES}.sa_vae:SemiAmortised",
        },
        "initial": {
            "fresh": f"{_INITIALS}.fresh:start",
            "pretrained": f"{_INITIALS}.pretrained:start",
        },
    }
)
# The network behind each auxiliary loss of an objective, by its key there.
HEADS: Mapping[str, str] = MappingProxyType(
    {"bag_of_words": f"{_MODELS}.bag_of_words:BagOfWords"},
)
# Of strategies whose posterior is more than what the model's encoder says.
INFERENCE: Mapping[str, str] = MappingProxyType(
    {
        "svi": "kl_annealing.refinement.inference:from_prior",
        "sa_vae": "kl_annealing.refinement.inference:from_encoder",
    }
)

# What is measured of every run of a task beside its bounds.
TASKS: Mapping[str, str] = MappingProxyType(
    {
        "dialog": "kl_annealing.evaluation.dialogs:measure",
        "tense": "kl_annealing.evaluation.tenses:measure",
    }
)
# What each validation of a task tells beside the bound: (run, corpus, device) -> a function
# (model, step) -> columns of the learning curve.
SCORES: Mapping[str, str] = MappingProxyType({"tense": "kl_annealing.evaluation.tenses:Scores"})

# What a run does beside its training and evaluation where a key of `training` asks for it.
EXTRAS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "observer": {"posterior_means": "kl_annealing.training.posterior_means:PosteriorMeans"},
        "measure": {"posterior_means": "kl_annealing.evaluation.posterior_means:measure"},
    }
)


def maker(name: str, run: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the class or function that makes a part (`strategy`) of the run."""
    return resolve_name(PARTS[name][_kind(name, run)])


def head_makers(run: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return the class behind each auxiliary loss that the run's objective weighs."""
    return {name: resolve_name(HEADS[name]) for name in _heads(run)}


def inference(run: Mapping[str, Any], model: Any) -> Any:
    """Return a trained model with the posterior of the run's strategy as its `encode`."""
    path = INFERENCE.get(run["strategy"]["kind"])
    return resolve_name(path)(run, model) if path else model


def extras(role: str, run: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return what the run asks for in a role, `observer` or `measure`, by what asks."""
    return {key: resolve_name(path) for key, path in _extra_paths(role, run).items()}


def scores(
    run: Mapping[str, Any], corpus: Any, device: Any
) -> Callable[[Any, int], dict[str, float]]:
    """Return what tells further columns of the learning curve of a model after some steps."""
    path = SCORES.get(run["task"])
    return resolve_name(path)(run, corpus, device) if path else lambda model, step: {}


def paths_of_parts(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield `module:name` of every part of the run."""
    kinds = ((parts, _kind(name, run)) for name, parts in PARTS.items())
    yield from (parts[kind] for parts, kind in kinds if kind in parts)
    yield from (HEADS[name] for name in _heads(run))
    yield from (path for task, path in SCORES.items() if task == run["task"])
    for role in EXTRAS:
        yield from _extra_paths(role, run).values()


def _heads(run: Mapping[str, Any]) -> list[str]:
    return [name for name in HEADS if run["objective"][name]]


def _extra_paths(role: str, run: Mapping[str, Any]) -> dict[str, str]:
    wanted, task = run["training"], run["task"]
    of_task = {task: TASKS[task]} if role == "measure" and task in TASKS else {}
    return of_task | {key: path for key, path in EXTRAS[role].items() if wanted[key] is not None}


def _kind(name: str, run: Mapping[str, Any]) -> str | None:
    """Return the kind of a part, None where the run has no such part."""
    place: Any = run
    for key in name.split("."):
        place = place.get(key, {})
    return place.get("kind") if isinstance(place, Mapping) else place
