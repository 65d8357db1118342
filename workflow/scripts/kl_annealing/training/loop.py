"""The training of one run, from its settings to its files."""

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import torch

from kl_annealing.data import AnyCorpus, Batch
from kl_annealing.errors import InputError
from kl_annealing.files.atomic import write_json
from kl_annealing.jobs.devices import (
    random_states,
    reproducible,
    resolve_device,
    restore_random_states,
)
from kl_annealing.jobs.memory_shortage import is_of_the_gpu
from kl_annealing.jobs.precision import precision_on
from kl_annealing.jobs.provenance import provenance
from kl_annealing.makers import extras, maker, scores
from kl_annealing.models import build_model
from kl_annealing.models.finite import require_finite
from kl_annealing.training.batches import on_device
from kl_annealing.training.early_stopping import EarlyStopping
from kl_annealing.training.history import Window, history_row
from kl_annealing.training.interruption import Interruption
from kl_annealing.training.monitor import LossMonitor, diverged
from kl_annealing.training.plan import Plan
from kl_annealing.training.plateau import Plateau
from kl_annealing.training.progress import Progress
from kl_annealing.training.records import Records, publish
from kl_annealing.training.state import (
    CheckpointError,
    copied_weights,
    load_checkpoint,
    origin_of,
    save,
    save_checkpoint,
)
from kl_annealing.training.timing import Timing
from kl_annealing.training.validation import Averages, Validation


def fit(
    run: Mapping[str, Any],
    corpus: AnyCorpus,
    folder: str | os.PathLike,
    device: str = "auto",
    threads: int | None = None,
    checkpoint_seconds: float = 300.0,
    terminal: TextIO | None = None,
    code: str = "",
    parent: str | os.PathLike | None = None,
) -> None:
    """Train `run` on `corpus`; put its results (`records.RESULTS`) into `folder` at the end.

    Until then all is in `folder`/unfinished, with a checkpoint every `checkpoint_seconds` and on
    SIGINT or SIGTERM. A killed training goes on from it and ends with the same bits as one that
    was never interrupted; with another corpus, or another digest `code` of the training code, it
    starts anew. `parent` is the folder of the run from whose weights this one starts.

    Raises InputError for a device that is not there or a parent that is not whole, and
    DivergenceError when the loss or the gradient is no longer finite.
    """
    place = resolve_device(device)
    with reproducible(place, run["seed"], threads), Interruption() as interruption:
        start = None if parent is None else Path(parent)
        training = Fit(run, corpus, Path(folder), place, terminal, code, start)
        training.train(checkpoint_seconds, interruption)


class Fit:
    """A training under way."""

    def __init__(
        self,
        run: Mapping[str, Any],
        corpus: AnyCorpus,
        folder: Path,
        device: torch.device,
        terminal: TextIO | None = None,
        code: str = "",
        parent: Path | None = None,
    ) -> None:
        self.run, self.folder, self.device = run, folder, device
        self.model = build_model(run, corpus.size).to(device).train()
        start = maker("initial", run)(run, self.model, parent)
        self.data = on_device(corpus.train, run["training"]["batch_size"], device)
        self.plan = Plan.of(run, len(self.data.batches))
        self.strategy = maker("strategy", run)(run, self.model, self.data)
        self.step = 0
        self._epoch: tuple[int, list[Batch]] = (-1, [])
        self._watch(corpus)
        self._keep(terminal)
        self.origin = origin_of(run, corpus, code, start["digest"] if start else "")
        # Now, since the files of the code may be others by the time that the training ends.
        data = {"name": corpus.name, **corpus.attributes}
        self.provenance = provenance(data, seed=run["seed"], training_code=code, parent=start)

    def _watch(self, corpus: AnyCorpus) -> None:
        """Set up what measures the model, and the rules that decide by it."""
        run, training = self.run, self.run["training"]
        self.validation = Validation(
            corpus.valid,
            training["validation_samples"],
            run["seed"],
            self.device,
            training["batch_size"],
        )
        self.scores = scores(run, corpus, self.device)
        self.observers = {
            name: make(run, corpus, self.plan, self.device)
            for name, make in extras("observer", run).items()
        }
        rules = {
            "plateau": Plateau.of(run["learning_rate"]),
            "early_stopping": EarlyStopping.of(run, self.plan),
        }
        self.rules = {name: rule for name, rule in rules.items() if rule is not None}

    def _keep(self, terminal: TextIO | None) -> None:
        """Set up what records the training, and says how far it is."""
        self.unfinished = self.folder / "unfinished"
        self.checkpoint = self.unfinished / "checkpoint.pt"
        self.records = Records(self.unfinished)
        self.window = Window(self.device)
        self.monitor = LossMonitor(self.device)
        asked = self.run["training"]["precision"]
        self.timing = Timing(self.device, precision_on(self.device, asked))
        self.progress = Progress(self.folder.name, self.plan.total_steps, terminal)
        if self.timing.precision != asked:
            self.progress.say(f"no {asked} on this device: products in {self.timing.precision}")

    @property
    def finished(self) -> bool:
        """Whether all updates are made."""
        ended = any(rule.finished for rule in self.rules.values())
        return ended or self.step >= self.plan.total_steps

    def train(self, checkpoint_seconds: float, interruption: Interruption) -> None:
        """Go on from the checkpoint, if there is one, to the end."""
        self._resume()
        self.progress.start(self.step)
        self.timing.go_on()
        saved_at = time.monotonic()
        if self.step == 0:
            self._show_observers()
        while not self.finished:
            self.advance()
            if self.progress.due:
                self._report()
            if interruption.received or time.monotonic() - saved_at > checkpoint_seconds:
                self.save_checkpoint()
                saved_at = time.monotonic()
            if interruption.received:
                self.progress.say(f"stopped at step {self.step}; the same command goes on from it")
                interruption.act()
        self._finish()

    def advance(self) -> None:
        """Make one update and what is due after it."""
        batch = self._next_batch()
        beta, learning_rate = self._weights_of(self.step)
        outcome = self.strategy.update(batch, self.step, beta, learning_rate)
        self.step += 1
        self.monitor.record(self.step, beta, learning_rate, outcome)
        self.window.add(batch, outcome)
        self.timing.add(batch.size, batch.targets)
        if self.step in self.plan.snapshots:
            self._snapshot()
        self._show_observers()
        if self.plan.evaluates(self.step):
            self._evaluate()

    def save_checkpoint(self) -> None:
        """Write the resumable state, unless it is not finite: then raise DivergenceError."""
        with self.timing.paused():
            self.monitor.check()
            self._check_weights()
            save_checkpoint(self.checkpoint, self.origin, self._state())

    def _next_batch(self) -> Batch:
        """Return the batch of the next update."""
        epoch, position = divmod(self.step, self.plan.steps_per_epoch)
        if epoch != self._epoch[0]:
            self._epoch = epoch, self.data.epoch(self.run["seed"], epoch)
        return self._epoch[1][position]

    def _weights_of(self, step: int) -> tuple[float, float]:
        """Return beta and the learning rate of the update after `step` updates."""
        factor = self.rules["plateau"].factor if "plateau" in self.rules else 1.0
        return self.plan.beta(step), factor * self.plan.learning_rate(step)

    def _report(self) -> None:
        """Say how far the training is."""
        beta, learning_rate = self._weights_of(self.step)
        self.progress.update(self.step, beta=beta, lr=learning_rate, loss=self.monitor.mean_loss())

    def _evaluate(self) -> None:
        """Add the rows of this step, keep the best weights, and let the plateau rule act."""
        with self.timing.paused():
            self.monitor.check()
            measured = self.validation.averages(self.strategy.inference, self.step)
            if not math.isfinite(measured.bound):
                raise diverged(self.step, *self._weights_of(self.step - 1), measured.bound)
            measured.others.update(self.scores(self.strategy.inference, self.step))
            self._add_rows(measured)
            criterion = self._criterion(measured)
            if self.records.improves(criterion):
                self.records.keep_best(self._weights(), criterion)
            if "early_stopping" in self.rules:
                self.rules["early_stopping"].observe(criterion, self.step)
            if self.step % self.plan.steps_per_epoch == 0:
                self.strategy.end_epoch(measured)
                self._observe(criterion)

    def _criterion(self, measured: Averages) -> float:
        """Return what the best weights have least of, and what the plateau rule sees."""
        if self.run["training"]["selection"] == "bound":
            return measured.bound
        beta, _ = self._weights_of(self.step - 1)
        return measured.loss(beta)

    def _add_rows(self, measured: Averages) -> None:
        """Add the rows of the training window and of the validation set."""
        beta, learning_rate = self._weights_of(self.step - 1)
        position = {
            "step": self.step,
            "epoch": self.plan.epoch(self.step),
            "beta": beta,
            "learning_rate": learning_rate,
        }
        self.records.add_rows(
            history_row({**position, "split": "train"}, *self.window.close()),
            history_row({**position, "split": "valid"}, measured, measured.loss(beta)),
        )

    def _observe(self, criterion: float) -> None:
        """Let the plateau rule see the validation of a whole epoch, and do what it decides."""
        epoch = self.step // self.plan.steps_per_epoch
        plateau = self.rules.get("plateau")
        if plateau is None or not plateau.observe(criterion, epoch - 1):
            return
        self.progress.say(f"step {self.step}: validation stalls, the learning rate decays")
        if plateau.reload_best:
            self.model.load_state_dict(self.records.best["model"])
        self.strategy.reset()

    def _snapshot(self) -> None:
        """Record the posterior of the validation set."""
        with self.timing.paused():
            self.monitor.check()
            beta, _ = self._weights_of(self.step - 1)
            self.records.add_snapshot(
                self.step, beta, self.validation.posterior(self.strategy.inference)
            )

    def _show_observers(self) -> None:
        """Let each observer see the model where it wants to."""
        for observer in self.observers.values():
            if observer.due(self.step):
                with self.timing.paused():
                    observer.observe(self.strategy.inference, self.step)

    def _weights(self) -> dict[str, Any]:
        """Return the weights with the step and epoch that they are from."""
        return {
            "model": copied_weights(self.model),
            "step": self.step,
            "epoch": self.plan.epoch(self.step),
        }

    def _check_weights(self) -> None:
        """Raise DivergenceError for weights that a finite loss and gradient have spoilt."""
        try:
            require_finite(self.model)
        except ValueError as error:
            raise diverged(self.step, *self._weights_of(max(self.step - 1, 0)), math.nan) from error

    def _finish(self) -> None:
        """Write all results beside the checkpoint, then give them their places."""
        with self.timing.paused():
            self._check_weights()
            for observer in self.observers.values():
                observer.finish(self.strategy.inference, self.step)
            save(self.unfinished / "last.pt", self._weights())
            self.records.write(self.observers.values())
        write_json(self.unfinished / "timing.json", self.timing.summary() | self.provenance)
        write_json(self.unfinished / "config.json", self.run)
        publish(self.unfinished, self.folder)

    def _parts(self) -> dict[str, Any]:
        """Return everything with a state of its own."""
        return {
            "model": self.model,
            "strategy": self.strategy,
            "window": self.window,
            "records": self.records,
            "timing": self.timing,
            **self.observers,
            **self.rules,
        }

    def _state(self) -> dict[str, Any]:
        """Return all that a checkpoint needs to go on."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "step": self.step, "random": random_states(self.device)}

    def _resume(self) -> None:
        """Take over the checkpoint's state; say why where that cannot be done."""
        if not self.checkpoint.exists():
            return
        try:
            state = load_checkpoint(self.checkpoint, self.origin)
        except CheckpointError as error:
            self.progress.say(f"warning: {self.checkpoint} {error}; starting from the beginning")
            return
        try:
            self._take_over(state)
        except (MemoryError, OSError):
            raise
        except Exception as error:  # whatever is in it, it can fail in many ways
            if is_of_the_gpu(error):
                raise
            raise self._refused(error) from error
        self.progress.say(f"going on from step {self.step}")

    def _take_over(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; raises anything for one that is none of this training."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        require_finite(self.model)
        self.step = state["step"]
        if type(self.step) is not int or self.step not in range(self.plan.total_steps + 1):
            raise ValueError(f"step {self.step} of {self.plan.total_steps}")
        restore_random_states(state["random"], self.device)

    def _refused(self, error: Exception) -> InputError:
        """Put the checkpoint aside, which may be half taken over by now; return what to tell."""
        aside = self.checkpoint.with_name("refused_checkpoint.pt")
        os.replace(self.checkpoint, aside)
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return InputError(
            f"{self.checkpoint}: not a state of this training ({reason}); it is now {aside.name}, "
            "and the same command starts from the beginning"
        )
