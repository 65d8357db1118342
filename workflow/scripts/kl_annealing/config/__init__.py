"""Read, validate and resolve the configuration."""

from kl_annealing.config.resolve import resolve
from kl_annealing.config.validate import validate

__all__ = ["resolve", "validate"]
