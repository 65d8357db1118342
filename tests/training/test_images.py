"""Images in training: drawn anew at each visit, and resumed with the same bits."""

import csv

import numpy as np
import pytest
import torch
from tiny import PARTS, changed

from kl_annealing.data import ImageSet, ImageSplit
from kl_annealing.evaluation.evaluate import evaluate
from kl_annealing.models import build_model
from kl_annealing.schema import completed
from kl_annealing.training import fit
from kl_annealing.training.batches import on_device
from kl_annealing.training.loop import Fit
from kl_annealing.training.strategies.inner_batches import inner_batches

RUN = {
    "task": "images",
    "dataset": {"name": "stripes", "digest": "0"},
    "model": {
        "kind": "image_vae",
        "latent_dim": 2,
        "encoder": {"channels": [4, 4], "features": 4},
        "decoder": {"channels": 4, "kernels": [3, 3, 3], "latent_maps": 1},
    },
    "schedule": {"shape": "constant"},
    "learning_rate": {"shape": "plateau", "patience": 1, "minimum_epoch": 0},
    "training": {
        "optimiser": "adam",
        "learning_rate": 0.01,
        "gradient_clip": 5.0,
        "batch_size": 8,
        "epochs": 2,
        "steps": None,
        "precision": "float32",
        "evaluate_every": {"epochs": 1},
        "validation_samples": 1,
        "selection": "bound",
        "snapshots": [],
        "posterior_means": None,
        "early_stopping": None,
    },
    **PARTS,
    "seed": 3,
}
AGGRESSIVE = {"window": 2, "maximum_steps": 5, "loss_per": "example", "inner_batches": "examples"}
STRATEGIES = [
    completed(block, "strategy")
    for block in ({"kind": "standard"}, {"kind": "aggressive", **AGGRESSIVE})
]
EVALUATION = completed(
    {
        "splits": ["train", "test"],
        "posterior_samples": 2,
        "importance_samples": 3,
        "batch_size": 8,
    },
    "evaluation",
)


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    grey = generator.random((20, 4, 4)).astype(np.float32)
    drawn = [(generator.random((n, 4, 4)) < 0.5).astype(np.uint8) for n in (20, 8, 8)]
    train, *others = (ImageSplit(array, np.arange(len(array))) for array in drawn)
    return ImageSet("stripes", ImageSplit(train.images, train.index, grey), *others)


def test_training_images_are_drawn_anew_and_others_not(images, cpu):
    train, valid = (on_device(split, 8, cpu) for split in (images.train, images.valid))
    torch.manual_seed(0)
    draws = torch.stack([train.examples(train.batches[0]) for _ in range(2000)])
    assert set(draws.unique().tolist()) == {0, 1}
    assert np.abs(draws.mean(0).numpy() - images.train.grey[:8]).max() < 0.06
    state = torch.get_rng_state()
    for _ in range(2):
        assert np.array_equal(valid.examples(valid.batches[0]).numpy(), images.valid.images)
    assert torch.equal(torch.get_rng_state(), state)


def test_each_epoch_fills_its_batches_anew_with_all_images(images, cpu):
    data = on_device(images.train, 8, cpu)
    contents = []
    for epoch in (0, 1):
        batches = data.epoch(7, epoch)
        assert sum(batch.size for batch in batches) == 20
        assert sorted(data.order.tolist()) == list(range(20))
        contents.append(data.order[batches[0].rows].tolist())
    assert set(contents[0]) != set(contents[1])
    data.epoch(7, 0)
    assert data.order[data.batches[0].rows].tolist() == contents[0]


def test_any_images_of_a_split_can_be_a_batch(images, cpu):
    data = on_device(images.valid, 4, cpu)
    data.epoch(7, 0)
    drawn = next(inner_batches(data, "examples", 6, np.random.default_rng(0)))
    assert drawn.size == len(set(drawn.rows.tolist())) == 6
    expected = images.valid.images[data.order[drawn.rows].numpy()]
    assert np.array_equal(data.examples(drawn).numpy(), expected)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=["standard", "aggressive"])
def test_a_resumed_training_ends_with_the_same_bits(images, tmp_path, cpu, strategy):
    run = changed(RUN, strategy=strategy)
    fit(run, images, tmp_path / "whole", device="cpu")
    (tmp_path / "cut").mkdir()
    torch.manual_seed(run["seed"])
    first = Fit(run, images, tmp_path / "cut", cpu)
    for _ in range(4):  # into the second epoch
        first.advance()
    first.save_checkpoint()
    torch.manual_seed(99)  # another process
    fit(run, images, tmp_path / "cut", device="cpu")
    for name in ("last.pt", "best.pt", "history.csv"):
        whole, cut = ((tmp_path / part / name).read_bytes() for part in ("whole", "cut"))
        assert whole == cut, name
    rows = list(csv.DictReader((tmp_path / "whole" / "history.csv").open()))
    assert {row["ppl"] for row in rows} == {""} and float(rows[-1]["elbo"]) < 0


@pytest.mark.parametrize("kind", ["image_vae", "pixelcnn"])
def test_evaluation_has_no_perplexity(images, kind):
    torch.manual_seed(0)
    model = build_model(changed(RUN, model__kind=kind), images.size)
    metrics, arrays = evaluate(model, images, EVALUATION, progress=lambda line: None)
    assert not [name for name in [*metrics, *arrays] if "ppl" in name or "targets" in name]
    assert metrics["test_n_examples"] == 8 and metrics["train_n_examples"] == 20
    assert metrics["test_nll"] == pytest.approx(metrics["test_rec"] + metrics["test_kl"])
    if kind == "pixelcnn":
        assert metrics["test_kl"] == 0
        assert metrics["test_iw_nll"] == pytest.approx(metrics["test_nll"])
