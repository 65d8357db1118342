"""The scales compare what `config.yaml` compares."""

from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

ROOT = Path(__file__).parents[2]


def at(scale):
    """Return the configuration at a scale: the full one with its overlay, if it has any."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    if scale:
        overlay = (ROOT / "workflow" / "scales" / f"{scale}.yaml").read_text(encoding="utf-8")
        update_config(config, yaml.safe_load(overlay))
    return config


@pytest.mark.parametrize("scale", [None, "small", "demo"])
def test_trainings_of_dialogs_differ_in_when_they_stop_alone(scale):
    trainings = at(scale)["trainings"]
    published, whole = (trainings[name] for name in ("switchboard", "switchboard_whole_cycles"))
    assert published.keys() == whole.keys()
    assert {key for key in whole if published[key] != whole[key]} == {"early_stopping"}
