"""Fresh weights, as the model drew them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn


def start(run: Mapping[str, Any], model: nn.Module, parent: Path | None) -> None:
    """Leave the weights as they are: no other run is behind them."""
