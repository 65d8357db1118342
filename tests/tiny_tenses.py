"""A few verbs in four tenses, prepared, and the settings of a tiny run on them."""

from tiny import PARTS

from kl_annealing.data.tense.corpus import build_tenses
from kl_annealing.data.tense.verbs import Conversion
from kl_annealing.schema import completed

VERBS = [tuple(line.split()) for line in (
    "go goes going went", "see sees seeing saw", "do does doing did", "go goes going went",
    "ask asks asking asked",
)]  # fmt: skip
CONVERSIONS = [Conversion("go", "sp", "went", "p"), Conversion("saw", "p", "seeing", "pg")]
SIZES = {"latent_dim": 3, "embedding_dim": 5, "hidden_dim": 9}


def built(**options):
    return build_tenses("tiny", VERBS, CONVERSIONS, **options)


def run_of(model=None, teacher_forcing=None, **training):
    block = {"learning_rate": 0.02, "batch_size": 6, "epochs": 2,
             "evaluate_every": {"epochs": 0.5}} | training  # fmt: skip
    forcing = {"shape": "constant", **(teacher_forcing or {})}
    return PARTS | {
        "task": "tense",
        "dataset": {"name": "tiny", "digest": "0"},
        "model": completed({"kind": "tense_vae", **SIZES, **(model or {})}, "model"),
        "schedule": completed({"shape": "linear", "cycles": 2}, "schedule"),
        "learning_rate": completed({"shape": "constant"}, "learning_rate"),
        "training": completed(block, "training"),
        "teacher_forcing": completed(forcing, "teacher_forcing"),
        "seed": 7,
    }
