import h5py
import numpy as np
import pytest

from kl_annealing.data.corpora import Sentences, build_corpus
from kl_annealing.data.store import write_corpus
from kl_annealing.evaluation.tsne import embed, embed_runs, plane, principal


@pytest.fixture
def clusters():
    """Sixty means in five dimensions, in two clusters far apart."""
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    return generator.standard_normal((60, 5)) + 20 * labels[:, None], labels


def test_neighbours_stay_neighbours_and_the_seed_decides(clusters):
    mu, labels = clusters
    points = embed(mu, seed=3)
    assert points.shape == (60, 2)
    distances = np.linalg.norm(points[:, None] - points, axis=2) + 1e9 * np.eye(60)
    assert (labels[distances.argmin(axis=1)] == labels).all()
    assert np.array_equal(points, embed(mu, seed=3))


@pytest.mark.parametrize("shape", [(5, 4), (12, 1)])
def test_few_sentences_or_one_dimension(shape):
    points = embed(np.random.default_rng(0).standard_normal(shape))
    assert points.shape == (shape[0], 2)
    assert np.isfinite(points).all()


def test_a_collapsed_posterior_is_one_point():
    assert not embed(np.full((50, 4), 0.3)).any()


@pytest.fixture
def measured(tmp_path, clusters):
    """An evaluation.h5 of the clusters, and its corpus."""
    mu, labels = clusters
    words = [["a"] * (1 + n % 3) for n in range(60)]
    split = Sentences(words, list(range(60)), labels=labels.tolist())
    corpus = build_corpus("tiny", dict.fromkeys(("train", "valid", "test"), split))
    write_corpus(tmp_path / "tiny.h5", corpus)
    with h5py.File(tmp_path / "evaluation.h5", "w") as file:
        file["last/test/mu"] = mu[corpus.test.index]
        file["last/test/index"] = corpus.test.index
    return tmp_path / "evaluation.h5", tmp_path / "tiny.h5"


def test_a_plane_has_labels_and_lengths_of_its_points(measured, clusters):
    found = plane(*measured, "test")
    with h5py.File(measured[0]) as file:
        index = file["last/test/index"][:]
    assert found["length"].tolist() == [1 + n % 3 for n in index]
    assert found["label"].tolist() == clusters[1][index].tolist()
    assert found["points"].shape == (60, 2)


def test_means_of_a_conditional_model_are_relative_to_its_priors(measured, clusters):
    evaluation, corpus = measured
    plain = plane(evaluation, corpus, "test")["components"]
    with h5py.File(evaluation, "a") as file:
        group = file["last/test"]
        shift = np.arange(group["mu"].size, dtype=np.float32).reshape(group["mu"].shape)
        group["prior_mu"] = shift
        group["prior_logvar"] = np.full(shift.shape, np.log(4), np.float32)
        group["mu"][:] = 2 * group["mu"][:] + shift
    relative = plane(evaluation, corpus, "test")["components"]
    np.testing.assert_allclose(relative, plain, atol=1e-3)


def test_other_sentences_than_the_corpus_has_are_refused(measured):
    with h5py.File(measured[0], "a") as file:
        file["last/test/index"][0] = 1000
    with pytest.raises(ValueError, match="other sentences"):
        plane(*measured, "test")


def test_a_file_has_a_plane_of_each_run(measured, tmp_path):
    embed_runs({"one": measured, "other": measured}, "test", tmp_path / "planes.h5")
    with h5py.File(tmp_path / "planes.h5") as file:
        assert set(file) == {"one", "other"}
        points = [file[run]["points"][:] for run in file]
    assert np.array_equal(points[0], plane(*measured, "test")["points"])
    assert np.array_equal(*points)


def test_principal_components_are_those_of_the_covariance():
    generator = np.random.default_rng(0)
    mu = generator.standard_normal((200, 4)) @ np.diag([1.0, 3.0, 2.0, 0.1]) + 5
    found = principal(mu)
    variances, vectors = np.linalg.eigh(np.cov(mu.T))
    largest = vectors[:, ::-1][:, :2]
    expected = np.abs((mu - mu.mean(0)) @ largest)
    np.testing.assert_allclose(np.abs(found["components"]), expected, atol=1e-5)
    shares = variances[::-1][:2] / variances.sum()
    np.testing.assert_allclose(found["explained"], shares)
    np.testing.assert_array_equal(principal(mu)["components"], found["components"])


@pytest.mark.parametrize("mu", [np.full((50, 4), 0.3), np.arange(5.0)[:, None]])
def test_components_that_are_not_there_are_zero(mu):
    found = principal(mu)
    assert found["components"].shape == (len(mu), 2) and not found["components"][:, 1].any()
    assert found["explained"][1] == 0


def test_classes_have_the_names_of_the_corpus(measured):
    assert "classes" not in plane(*measured, "test")
    with h5py.File(measured[1], "a") as file:
        file.attrs["class_names"] = "negative\npositive"
    assert plane(*measured, "test")["classes"].tolist() == ["negative", "positive"]
