"""Read, validate and resolve the configuration."""

from kl_annealing.config.resolve import classification_settings, evaluation_settings, resolve
from kl_annealing.config.targets import target_problems
from kl_annealing.config.validate import validate

__all__ = [
    "classification_settings",
    "evaluation_settings",
    "resolve",
    "target_problems",
    "validate",
]
