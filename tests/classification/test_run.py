"""A finished run is classified: files, numbers, and the encoder that fine-tuning changes."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from kl_annealing.classification.features import features_of
from kl_annealing.classification.labels import class_names, draw_labelled
from kl_annealing.classification.optimised import published
from kl_annealing.classification.run import classify_run
from kl_annealing.classification.scores import scores
from kl_annealing.data import read_corpus
from kl_annealing.data.prepare import prepare
from kl_annealing.errors import InputError
from kl_annealing.models.trained import load_iterate
from kl_annealing.schema import completed
from kl_annealing.training import fit

GRAMMAR = {"sizes": {"train": 200, "valid": 60, "test": 80}, "topics": 2, "label": "tense"}
SETTINGS = {
    "iterates": ["last", "best"],
    "fractions": [0.2, 1],
    "samplings": ["uniform"],
    "draws": 2,
    "published": {"epochs": 30, "learning_rate": 0.02},
    "fine_tuned": {"epochs": 20, "validations": 4, "learning_rate": 0.01},
    "clustering": {"components": 2},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return the folder of a trained autoencoder, its corpus and the folder of its scores."""
    root = tmp_path_factory.mktemp("run")
    prepare("tiny", {"kind": "grammar", "grammar": GRAMMAR}, {}, root / "tiny.h5")
    parts = {
        "model": {
            "kind": "vae", "latent_dim": 4,
            "encoder": {"kind": "lstm", "embedding_dim": 12, "hidden_dim": 16},
            "decoder": {"embedding_dim": 12, "hidden_dim": 16, "input_dropout": 0.8},
        },
        "schedule": {"shape": "constant"}, "learning_rate": {"shape": "constant"},
        "training": {"epochs": 2, "learning_rate": 0.02}, "posterior": {"kind": "point"},
    }  # fmt: skip
    run = completed(parts, "run") | {
        "task": "language_model", "dataset": {"name": "tiny", "digest": "0"}, "seed": 0,
    }  # fmt: skip
    fit(run, read_corpus(root / "tiny.h5"), root / "folder", device="cpu", threads=1)
    classify(root, root / "scores")
    return root


def classify(root, destination, **changes):
    settings = completed({**SETTINGS, **changes}, "classification")
    corpus = root / "tiny.h5"
    classify_run(root / "folder", corpus, settings, destination, device="cpu", threads=1)


def test_a_row_for_each_classifier_fraction_and_draw(finished):
    table = pd.read_csv(finished / "scores" / "scores.csv")
    counts = table.groupby(["iterate", "classifier", "fraction"]).size()
    for iterate in ("last", "best"):
        for classifier, draws in (("logistic_regression", 2), ("published", 2), ("fine_tuned", 1)):
            assert counts[iterate, classifier, 0.2] == draws
            assert counts[iterate, classifier, 1.0] == 1  # all labels are one draw
    assert set(table.loc[table["fraction"] == 0.2, "n_labels"]) == {40}
    assert table.drop(columns="chosen").select_dtypes("number").notna().all().all()


def test_metrics_are_the_means_of_the_rows(finished):
    table = pd.read_csv(finished / "scores" / "scores.csv")
    metrics = json.loads((finished / "scores" / "metrics.json").read_text())
    rows = table[(table["iterate"] == "best") & (table["classifier"] == "published")]
    expected = rows.loc[rows["fraction"] == 0.2, "accuracy"].mean()
    assert metrics["best_test_published_accuracy_20_percent"] == pytest.approx(expected)
    labels = read_corpus(finished / "tiny.h5").test.labels
    assert metrics["best_test_majority_accuracy"] == np.bincount(labels).max() / len(labels)


def test_provenance_is_of_the_training_and_of_the_classification(finished):
    blocks = json.loads((finished / "scores" / "metrics.json").read_text())["provenance"]
    assert blocks["training"] == json.loads((finished / "folder" / "timing.json").read_text())
    assert blocks["training"]["seed"] == 0 and blocks["training"]["device"] == "cpu"
    found = blocks["classification"]
    assert {"code", "data", "settings", "seconds", "device", "threads"} <= found.keys()
    assert found["peak_memory_mb"] > 10


def test_bins_hold_every_prediction_of_every_draw(finished):
    bins = pd.read_csv(finished / "scores" / "calibration.csv")
    scored = pd.read_csv(finished / "scores" / "scores.csv")
    keys = ["iterate", "classifier", "sampling", "fraction"]
    counts = bins.groupby(keys)["count"].sum()
    assert (counts == 80 * scored.groupby(keys).size()).all()
    hits = bins.groupby(keys)["hits"].sum() / counts
    assert np.allclose(hits, scored.groupby(keys)["accuracy"].mean())


def test_the_same_again_gives_the_same_bytes(finished, tmp_path):
    classify(finished, tmp_path)
    for name in ("scores.csv", "calibration.csv"):
        assert (tmp_path / name).read_bytes() == (finished / "scores" / name).read_bytes()


def test_balanced_draws_stand_beside_uniform_ones_and_all_labels_come_once(finished, tmp_path):
    chosen = {"iterates": ["best"], "classifiers": ["published"]}
    classify(finished, tmp_path, samplings=["uniform", "balanced"], **chosen)
    table = pd.read_csv(tmp_path / "scores.csv")
    counts = table.groupby(["sampling", "fraction"]).size().to_dict()
    assert counts == {("uniform", 0.2): 2, ("uniform", 1.0): 1, ("balanced", 0.2): 2}
    expected = accuracies_of_balanced(finished)
    assert table.loc[table["sampling"] == "balanced", "accuracy"].tolist() == expected
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    name = "best_test_published_accuracy_20_percent_balanced"
    assert metrics[name] == pytest.approx(np.mean(expected))


def accuracies_of_balanced(root):
    """Return the published classifier's test accuracies after two draws of 20 labels a class."""
    corpus, device = read_corpus(root / "tiny.h5"), torch.device("cpu")
    run = json.loads((root / "folder" / "config.json").read_text())
    features = features_of(
        load_iterate(root / "folder", "best", run, corpus.size)[0], corpus, device
    )
    labels, names = corpus.train.labels, class_names(corpus)
    draws = [draw_labelled(labels, 0.2, "balanced", names, 0, draw) for draw in range(2)]
    assert [np.bincount(labels[rows]).tolist() for rows in draws] == [[20, 20]] * 2
    settings = completed(SETTINGS, "classification")["published"]
    found = published(features, draws, labels, corpus.valid.labels, settings, 0, device)
    return [(fitted.test.argmax(1) == corpus.test.labels).mean() for fitted in found]


def test_classes_of_unequal_size_have_no_balanced_draw_of_all_labels(finished, tmp_path):
    with pytest.raises(InputError, match="200 balanced labels are 100 of class"):
        classify(finished, tmp_path, samplings=["balanced"])


def test_fine_tuning_beats_a_frozen_encoder_that_knows_little(finished):
    """The tense is in the words, so an encoder that learns from all labels must find it."""
    table = pd.read_csv(finished / "scores" / "scores.csv").query(
        "iterate == 'best' & fraction == 1"
    )
    by_classifier = table.set_index("classifier")["accuracy"]
    assert by_classifier["fine_tuned"] > by_classifier["published"] - 0.02
    assert by_classifier["fine_tuned"] > 0.8


def test_features_are_the_codes_of_single_sentences(finished):
    corpus = read_corpus(finished / "tiny.h5")
    run = json.loads((finished / "folder" / "config.json").read_text())
    model, _ = load_iterate(finished / "folder", "best", run, corpus.size)
    found = features_of(model, corpus, torch.device("cpu"))
    assert found.train.shape == (200, 4)
    for row in (0, 33, 79):
        tokens = corpus.test.tokens[row, : corpus.test.lengths[row]].astype(np.int64)
        with torch.no_grad():
            z = model.encode(torch.from_numpy(tokens)[None]).z[0].numpy()
        np.testing.assert_allclose(found.test[row], z, atol=1e-5)


def test_unseen_scores_leave_out_what_training_has(finished):
    corpus = read_corpus(finished / "tiny.h5")
    decode = corpus.vocabulary.decode
    train = {decode(row) for row in corpus.train.tokens}
    seen = sum(decode(row) in train for row in corpus.test.tokens)
    metrics = json.loads((finished / "scores" / "metrics.json").read_text())
    assert metrics["best_test_n_seen_in_training"] == seen
    assert metrics["best_test_n_classified"] == 80
    assert scores(np.eye(2)[corpus.test.labels], corpus.test.labels)["accuracy"] == 1
