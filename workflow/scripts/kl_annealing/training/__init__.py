"""Training: one run from its settings to its weights and learning curve."""

from kl_annealing.jobs.devices import resolve_device
from kl_annealing.training.loop import fit
from kl_annealing.training.monitor import DivergenceError
from kl_annealing.training.throughput import measure_throughput

__all__ = ["DivergenceError", "fit", "measure_throughput", "resolve_device"]
