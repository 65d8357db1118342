"""What the rows share: the published settings, the precisions, and how a line is written."""

from pathlib import Path

import torch
import yaml

from kl_annealing.jobs.precision import PRECISIONS, precision_on
from kl_annealing.schema import completed

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
EVALUATION = completed({"splits": ["test"], "importance_samples": 500}, "evaluation")
WORDS = {"": None, " by 1,024 words": 1024}  # behind each softmax of the importance samples


def settings(
    precision: str, strategy: dict, model: str = "lstm_fu2019", training: str = "ptb"
) -> dict:
    """Return a published model and training as far as they settle the speed."""
    return {
        "model": completed(CONFIG["models"][model], "model"),
        "training": completed(CONFIG["trainings"][training] | {"precision": precision}, "training"),
        "strategy": completed(strategy, "strategy"),
        "posterior": completed({"kind": "gaussian"}, "posterior"),
        "objective": completed({}, "objective"),
        "teacher_forcing": completed({"shape": "constant"}, "teacher_forcing"),
        "seed": 0,
    }


def precisions() -> list[str]:
    """Return the precisions in which this processor multiplies."""
    cpu = torch.device("cpu")
    return list(dict.fromkeys(precision_on(cpu, each) for each in PRECISIONS))


def row(what: str, value: float, unit: str, comparison: str = "") -> dict:
    """Return one line of the table."""
    return {"what": what, "value": value, "unit": unit, "published": comparison}
