"""An overlay for a workflow in a folder of its own."""

from pathlib import Path

import yaml

CONFIGURATION = Path(__file__).parents[1] / "config.yaml"


def overlay_in(folder: Path, template: Path) -> Path:
    """Write the overlay `template` into a folder so that no study but its own is kept."""
    overlay = yaml.safe_load(template.read_text())
    others = yaml.safe_load(CONFIGURATION.read_text())["studies"].keys() - overlay["studies"]
    overlay["studies"] |= dict.fromkeys(sorted(others), False)
    (folder / "overlay.yaml").write_text(yaml.safe_dump(overlay))
    return folder / "overlay.yaml"
