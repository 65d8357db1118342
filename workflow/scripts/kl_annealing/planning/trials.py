"""How fast this machine trains and evaluates, found by doing a little of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from kl_annealing.data import Corpus

ITERATES = 2  # that an evaluation measures: last and best validation
SECONDS = 2  # of training and of evaluation, for each kind of run that has no finished one


@dataclass(frozen=True)
class Trials:
    """Short trials on the prepared `corpora`, by dataset, as `runtime` says."""

    corpora: Mapping[str, Corpus]
    runtime: Mapping[str, Any]
    terminal: TextIO

    @property
    def device(self) -> str:
        """Name of the device, as `timing.json` has it; raises InputError where there is none."""
        if self.runtime["device"] == "cpu":
            return "cpu"
        from kl_annealing.jobs.devices import device_name, resolve_device  # torch, only when needed

        return device_name(resolve_device(self.runtime["device"]))

    def examples_per_second(self, settings: Mapping[str, Any]) -> float:
        """Train a run of these settings a little."""
        from kl_annealing.training import measure_throughput  # torch, only when needed

        corpus = self._corpus("training", settings)
        place = self.runtime["device"], self.runtime["threads"]
        return measure_throughput(settings, corpus, SECONDS, *place)["examples_per_second"]

    def hours_of_evaluation(self, record: Mapping[str, Any]) -> float:
        """Return the hours of one evaluation: the last and the best iterate on every split."""
        from kl_annealing.evaluation.throughput import measure_evaluation  # torch, only when needed

        corpus = self._corpus("evaluation", record["settings"])
        settings = record["evaluation_settings"]
        place = self.runtime["device"], self.runtime["threads"]
        rate = measure_evaluation(record["settings"], corpus, settings, SECONDS, *place)
        examples = sum(getattr(corpus, split).n_examples for split in settings["splits"])
        return ITERATES * examples / rate / 3600

    def _corpus(self, what: str, settings: Mapping[str, Any]) -> Corpus:
        """Return the corpus of a run, after a line about what is measured."""
        name = settings["dataset"]["name"]
        print(f"measuring {what} of {settings['model']['kind']} on {name}", file=self.terminal)
        return self.corpora[name]
