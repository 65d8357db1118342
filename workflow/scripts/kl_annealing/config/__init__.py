"""Read, validate and resolve the configuration."""

from kl_annealing.config.resolve import evaluation_settings, resolve
from kl_annealing.config.targets import target_problems
from kl_annealing.config.validate import validate

__all__ = ["evaluation_settings", "resolve", "target_problems", "validate"]
