import h5py
import pytest
import torch

from kl_annealing.makers import paths_of_parts
from kl_annealing.models import build_model
from kl_annealing.posterior_means import chosen, posterior_means
from kl_annealing.training import fit
from kl_annealing.training.strategies.standard import Standard

RESULTS = ("last.pt", "best.pt", "history.csv", "snapshots.h5")
OPTIONS = {
    "split": "train", "sentences": 12, "every": 3, "reach": 6, "step": 0.5,
    "trajectory_sentences": 4, "trajectory_steps": 5,
}  # fmt: skip


class KilledError(Exception):
    pass


def train(run, corpus, folder, **options) -> dict[str, bytes]:
    fit(run, corpus, folder, **{"device": "cpu", "threads": 1} | options)
    return {name: (folder / name).read_bytes() for name in RESULTS}


@pytest.fixture
def run(run_of):
    return run_of(model__latent_dim=1, training__posterior_means=OPTIONS)


def test_snapshots_before_within_and_after_the_epochs(run, corpus, tmp_path):
    train(run, corpus, tmp_path)
    with h5py.File(tmp_path / "snapshots.h5") as file:
        steps = {int(group.attrs["step"]) for group in file["posterior_means"].values()}
        assert steps == {0, 3, 6, 8, 16, 24}
        assert {"step_4", "step_24"} < set(file)
        last = {name: file[f"posterior_means/step_24/{name}"][:] for name in file[
            "posterior_means/step_24"]}  # fmt: skip
        moves = {name: file[f"trajectories/{name}"][:] for name in file["trajectories"]}
    model = build_model(run, corpus.size)
    model.load_state_dict(torch.load(tmp_path / "last.pt", weights_only=True)["model"])
    sentences = chosen(corpus.train, 12, run["seed"])
    expected = posterior_means(model.eval(), sentences, OPTIONS, "cpu")
    torch.testing.assert_close(torch.from_numpy(last["model"]), expected.model)
    torch.testing.assert_close(torch.from_numpy(last["inference"]), expected.inference)
    assert last["index"].tolist() == sentences.index.tolist()
    assert moves["model"].shape == moves["inference"].shape == (6, 4)
    assert moves["index"].tolist() == chosen(corpus.train, 4, run["seed"]).index.tolist()


def test_a_training_that_ends_early_ends_with_a_snapshot(run_of, corpus, tmp_path):
    rule = {"patience": 5, "threshold": 1e-3, "growth": 2, "at": "validation"}
    run = run_of(
        model__latent_dim=1, training__posterior_means=OPTIONS, training__early_stopping=rule
    )
    train(run, corpus, tmp_path)
    with h5py.File(tmp_path / "snapshots.h5") as file:
        steps = {int(group.attrs["step"]) for group in file["posterior_means"].values()}
    last = torch.load(tmp_path / "last.pt", weights_only=True)["step"]
    assert max(steps) == last < 24
    assert last % 8


def test_looking_changes_no_weight(run, run_of, corpus, tmp_path):
    seen = train(run, corpus, tmp_path / "seen")
    unseen = train(run_of(model__latent_dim=1), corpus, tmp_path / "unseen")
    for name in ("last.pt", "best.pt", "history.csv"):
        assert seen[name] == unseen[name]


@pytest.mark.parametrize("kill_at", [1, 2, 5, 9])
def test_interrupted_anywhere_ends_with_the_same_bits(run, corpus, tmp_path, monkeypatch, kill_at):
    expected = train(run, corpus, tmp_path / "whole")
    original, calls = Standard.update, []

    def update(self, *arguments):
        calls.append(1)
        if len(calls) == kill_at:
            raise KilledError
        return original(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Standard, "update", update)
        with pytest.raises(KilledError):
            train(run, corpus, tmp_path / "killed", checkpoint_seconds=0)
    assert train(run, corpus, tmp_path / "killed") == expected


def test_only_a_run_that_asks_depends_on_the_observer(run, run_of):
    paths = set(paths_of_parts(run)) - set(paths_of_parts(run_of()))
    assert {path.rpartition(":")[2] for path in paths} == {"PosteriorMeans", "measure"}
