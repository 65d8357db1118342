"""The text files: their content, their form, and what is refused."""

import json
import logging

import pytest
import torch
from tiny import PARTS, model_of

from kl_annealing.data.store import write_corpus
from kl_annealing.errors import InputError
from kl_annealing.generation import generate as module
from kl_annealing.generation.generate import generate, generated_lines
from kl_annealing.generation.prior import sample_prior
from kl_annealing.generation.reconstruct import posterior_latents, reconstruct
from kl_annealing.generation.sentences import encode_sentences, first_sentences, given_sentences

GREEDY = {"method": "greedy"}
REQUEST = {
    "kind": "prior",
    "decoders": {"greedy": GREEDY, "beam": {"method": "beam"}, "sample": {"method": "sample"}},
    "prior_samples": 4,
    "reconstruct": None,
    "reconstruct_from": "mean",
    "interpolate": [],
    "interpolation_steps": 3,
    "interpolation_path": "linear",
    "iterate": "last",
    "maximum_length": 6,
    "seed": 0,
}


def test_reconstruction_keeps_the_order(make_model, corpus):
    model, vocabulary = make_model(), corpus.vocabulary
    sentences = [[2, 4, 5, 3], [2, 8, 3], [2, 6, 7, 3], [2, 4, 4, 4, 3], [2, 5, 3]]
    together = reconstruct(model, vocabulary, sentences, GREEDY, torch.Generator(), 6)
    alone = [
        reconstruct(model, vocabulary, [ids], GREEDY, torch.Generator(), 6)[0] for ids in sentences
    ]
    assert together == alone
    assert len(set(together)) > 1


def test_posterior_samples_have_the_posteriors_moments(make_model):
    model, ids = make_model(), [2, 4, 5, 3]
    z = posterior_latents(model, [ids] * 5000, torch.Generator().manual_seed(0))
    with torch.no_grad():
        q = model.encode(torch.tensor([ids]))
    deviation = (q.logvar[0] / 2).exp()
    assert torch.all((z.mean(0) - q.mu[0]).abs() < 4 * deviation / 5000**0.5)
    torch.testing.assert_close(z.std(0), deviation, rtol=0.06, atol=0)


def test_prior_draws_differ_and_repeat(make_model, corpus):
    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        return sample_prior(make_model(), corpus.vocabulary, 30, GREEDY, generator, 6)

    assert draw(0) == draw(0) != draw(1)
    assert len(set(draw(0))) > 3


def test_prior_of_a_language_model(make_model, corpus):
    model, generator = make_model("autoreg"), torch.Generator().manual_seed(0)
    assert len(set(sample_prior(model, corpus.vocabulary, 5, GREEDY, generator, 6))) == 1
    sampled = sample_prior(model, corpus.vocabulary, 20, {"method": "sample"}, generator, 6)
    assert len(set(sampled)) > 3


def lines_of(model, corpus, decoder="greedy", **request):
    return generated_lines(model, corpus, REQUEST | request, decoder)


def test_prior_lines_are_sentences(make_model, corpus):
    lines = lines_of(make_model(), corpus)
    assert len(lines) == 4
    assert all(word in corpus.vocabulary.words[4:] + ["<unk>"] for word in " ".join(lines).split())


def test_reconstruction_of_the_first_test_sentences(make_model, corpus):
    lines = lines_of(make_model(), corpus, kind="reconstruction")
    assert lines[::3] == ["< a b c", "< b", "< c c d e", "< <unk> a"]
    assert all(line.startswith("> ") for line in lines[1::3])
    assert lines[2::3] == [""] * 4


def test_reconstruction_of_a_file(make_model, corpus, tmp_path, caplog):
    path = tmp_path / "mine.txt"
    path.write_text("a  zebra b\n<s> unknown zebra\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        lines = lines_of(make_model(), corpus, kind="reconstruction", reconstruct=str(path))
    assert lines[::3] == ["< a zebra b", "< <s> unknown zebra"]
    assert "4 words are not in the vocabulary" in caplog.text
    assert "<s> unknown zebra" in caplog.text


def test_unknown_words_become_the_unknown_id(corpus):
    [sentence] = encode_sentences([("here", "a zebra <unk>")], corpus.vocabulary, 5)
    assert sentence.ids == [2, 4, 1, 1, 3]


def test_a_sampled_reconstruction_depends_on_the_seed(make_model, corpus):
    made = [
        lines_of(make_model(), corpus, kind="reconstruction", reconstruct_from="sample", seed=seed)
        for seed in (0, 0, 1)
    ]
    assert made[0] == made[1] != made[2]


def test_interpolation_lines(make_model, corpus):
    pairs = [["a b", "c"], ["e", "e d c b a"]]
    lines = lines_of(make_model(), corpus, kind="interpolation", interpolate=pairs)
    assert len(lines) == 2 * (1 + 3 + 1 + 1)
    assert lines[0] == "< a b" and lines[4] == "> c" and lines[5] == ""
    assert [line.split(" ")[0] for line in lines[1:4]] == ["0.00", "0.50", "1.00"]
    assert lines[6] == "< e" and lines[10] == "> e d c b a"


def test_interpolation_without_pairs_takes_the_first_two_test_sentences(make_model, corpus):
    lines = lines_of(make_model(), corpus, kind="interpolation")
    assert lines[0] == "< a b c" and lines[4] == "> b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a b\n\nc\n", "line 2: the sentence is empty"),
        (b"a b\n  \t\n", "line 2: the sentence is empty"),
        (b"a\nb\na b c d e a b\n", "line 3: the sentence has 7 words; at most 6"),
        (b"a \xff b\n", "not UTF-8"),
    ],
)
def test_unusable_files_are_named_with_their_line(corpus, tmp_path, content, message):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"mine.txt.*{message}"):
        given_sentences(path, corpus.vocabulary, 6)


def test_missing_file_and_folder(corpus, tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match=path.name):
            given_sentences(path, corpus.vocabulary, 6)


def test_windows_line_ends(corpus, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(b"\xef\xbb\xbfa b\r\nc\r\n")
    assert [s.text for s in given_sentences(path, corpus.vocabulary, 6)] == ["a b", "c"]


def test_pairs_are_named_by_their_place(make_model, corpus):
    for pair, place in ((["a", " "], r"interpolate\[0\]\[1\]"), (["a " * 7, "b"], r"\[0\]\[0\]")):
        with pytest.raises(InputError, match=place):
            lines_of(make_model(), corpus, kind="interpolation", interpolate=[pair])


@pytest.mark.parametrize("kind", ["reconstruction", "interpolation"])
def test_a_language_model_reconstructs_nothing(make_model, corpus, kind):
    with pytest.raises(InputError, match="no latent variable"):
        lines_of(make_model("autoreg"), corpus, kind=kind)


def test_unknown_kind_and_decoder(make_model, corpus):
    with pytest.raises(InputError, match="'story': allowed are prior"):
        lines_of(make_model(), corpus, kind="story")
    with pytest.raises(InputError, match="'viterbi': .* has greedy, beam, sample"):
        lines_of(make_model(), corpus, decoder="viterbi")


def test_first_sentences_follow_the_source(corpus):
    texts = [sentence.text for sentence in first_sentences(corpus.test, corpus.vocabulary, 9)]
    assert texts == ["a b c", "b", "c c d e", "<unk> a", "e d"]


@pytest.fixture
def folder(tmp_path, make_model, model_settings, corpus):
    write_corpus(tmp_path / "corpus.h5", corpus)
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**PARTS, "model": model_settings()}))
    torch.save({"model": make_model().state_dict(), "step": 7}, folder / "last.pt")
    return folder


@pytest.mark.parametrize("kind", ["prior", "reconstruction", "interpolation"])
def test_files_repeat_whatever_else_is_asked_for(folder, make_model, corpus, kind):
    request, decoders = REQUEST | {"kind": kind}, REQUEST["decoders"]
    together = {name: folder / "generated" / f"{name}.txt" for name in decoders}
    generate(folder, folder.parent / "corpus.h5", request, together, "cpu", threads=1)
    for name in decoders:
        alone = {name: folder / "alone.txt"}
        generate(folder, folder.parent / "corpus.h5", request, alone, "cpu", threads=1)
        assert together[name].read_bytes() == alone[name].read_bytes()
        title, *lines = together[name].read_text().splitlines()
        assert title == f"# {kind}, {name}: run, step 7"
        assert lines == generated_lines(make_model(), corpus, request, name)


def test_the_model_is_loaded_once_for_all_decoders(folder, monkeypatch):
    calls, load = [], module.load_iterate
    monkeypatch.setattr(module, "load_iterate", lambda *args: calls.append(1) or load(*args))
    paths = {name: folder / f"{name}.txt" for name in REQUEST["decoders"]}
    generate(folder, folder.parent / "corpus.h5", REQUEST, paths, "cpu", threads=1)
    assert len(calls) == 1


def test_a_failure_leaves_no_file(folder):
    paths = {"greedy": folder / "greedy.txt", "viterbi": folder / "viterbi.txt"}
    with pytest.raises(InputError, match="viterbi"):
        generate(folder, folder.parent / "corpus.h5", REQUEST, paths, "cpu", threads=1)
    assert not any(path.exists() for path in paths.values())


@pytest.mark.parametrize("words", [8, 9])
def test_a_sentence_that_an_encoder_cannot_read_is_named_by_its_place(
    tmp_path, model_settings, corpus, words
):
    cnn = {"kind": "cnn", "embedding_dim": 5, "hidden_dim": 7, "filters": [3, 4], "length": 9}
    settings = {**model_settings(), "encoder": {**cnn, "first_layer": "drawn", "head_bias": True}}
    write_corpus(tmp_path / "corpus.h5", corpus)
    (tmp_path / "config.json").write_text(json.dumps({**PARTS, "model": settings}))
    torch.save({"model": model_of(settings, 9).state_dict(), "step": 7}, tmp_path / "last.pt")
    path, text = tmp_path / "mine.txt", " ".join(["a"] * words)
    path.write_text(f"a b\n{text}\n")
    given = {"reconstruct": str(path), "interpolate": [["a", text]], "maximum_length": 20}
    for kind, place in (("reconstruction", r"mine.txt, line 2"), ("interpolation", r"\[0\]\[1\]")):
        made = [tmp_path, tmp_path / "corpus.h5", REQUEST | given | {"kind": kind}]
        made += [{"greedy": tmp_path / f"{kind}.txt"}, "cpu"]
        if words == 8:
            generate(*made, threads=1)
            assert text in (tmp_path / f"{kind}.txt").read_text()
        else:
            with pytest.raises(InputError, match=f"{place}: the sentence has 9 words; at most 8"):
                generate(*made, threads=1)
