"""Training strategies: how one step of a schedule becomes updates of the weights."""

from kl_annealing.training.strategies.strategy import Outcome, Strategy

__all__ = ["Outcome", "Strategy"]
