import errno

import pytest
import torch

from kl_annealing.data import Corpus, Split
from kl_annealing.training.state import (
    CheckpointError,
    load_checkpoint,
    origin_of,
    save,
    save_checkpoint,
)

ORIGIN = {"configuration": "{}", "corpus": "c", "training code": "t"}
STATE = {"step": 3, "model": {"w": torch.arange(1000.0)}, "history": [{"split": "train"}]}


def test_checkpoint_comes_back(tmp_path):
    save_checkpoint(tmp_path / "c.pt", ORIGIN, STATE)
    found = load_checkpoint(tmp_path / "c.pt", ORIGIN)
    assert torch.equal(found["model"].pop("w"), STATE["model"]["w"])
    assert found == {"step": 3, "model": {}, "history": [{"split": "train"}]}


def test_equal_values_give_equal_bytes(tmp_path):
    for name in ("one.pt", "another_name.pt"):
        save(tmp_path / name, STATE)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "another_name.pt").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"configuration": "x"}, "belongs to another configuration"),
        ({"corpus": "x", "training code": "x"}, "belongs to another corpus and another training"),
    ],
)
def test_another_origin_is_refused_by_name(tmp_path, changes, message):
    save_checkpoint(tmp_path / "c.pt", ORIGIN, STATE)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path / "c.pt", ORIGIN | changes)


def test_another_format_is_refused(tmp_path):
    save(tmp_path / "c.pt", {"format": 1, "run": "{}", "state": STATE})
    with pytest.raises(CheckpointError, match="has another format"):
        load_checkpoint(tmp_path / "c.pt", ORIGIN)


def edited(corpus: Corpus, split: str, part: str) -> Corpus:
    """Return the corpus with the last number of one array changed."""
    parts = dict(vars(getattr(corpus, split)))
    parts = {name: parts[name].copy() for name in ("tokens", "lengths", "index")}
    parts[part].flat[-1] += 1
    parts = {name: getattr(corpus, name) for name in ("train", "valid", "test")} | {
        split: Split(**parts)
    }
    return Corpus(corpus.name, corpus.vocabulary, **parts)


def test_origin_is_the_content_and_not_the_way_it_is_written(run_of, corpus):
    origin = origin_of(run_of(), corpus, "code")
    assert origin == origin_of(run_of(training__gradient_clip=5), corpus, "code")
    assert origin == origin_of(run_of(schedule__start=0.0), corpus, "code")
    assert origin != origin_of(run_of(schedule__start=0.5), corpus, "code")
    assert origin == origin_of(run_of(), edited(corpus, "test", "tokens"), "code")
    others = [edited(corpus, split, "tokens") for split in ("train", "valid")]
    others.append(edited(corpus, "valid", "index"))
    words = [*corpus.vocabulary.words[:-1], "other"]
    others.append(
        Corpus("tiny", type(corpus.vocabulary)(words), corpus.train, corpus.valid, corpus.test)
    )
    found = [origin_of(run_of(), other, "code")["corpus"] for other in others]
    assert len({origin["corpus"], *found}) == 5


def damage(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    return {
        "empty": b"",
        "half": content[:middle],
        "bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "text": b"not a checkpoint",
    }[how]


@pytest.mark.parametrize("how", ["empty", "half", "bit", "text"])
def test_damage_is_noticed(tmp_path, how):
    path = tmp_path / "c.pt"
    save_checkpoint(path, ORIGIN, STATE)
    path.write_bytes(damage(path.read_bytes(), how))
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(path, ORIGIN)


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "io"), OSError(errno.ESTALE, "stale"), MemoryError()]
)
def test_what_passes_by_itself_says_nothing_about_a_checkpoint(tmp_path, monkeypatch, error):
    def failing(*_, **__):
        raise error

    save_checkpoint(tmp_path / "c.pt", ORIGIN, STATE)
    monkeypatch.setattr("zipfile.ZipFile.testzip", failing)
    with pytest.raises(type(error)):
        load_checkpoint(tmp_path / "c.pt", ORIGIN)


class Payload:
    def __reduce__(self):
        return (print, ("unpickled",))


@pytest.mark.parametrize(
    "content",
    [
        [],
        torch.ones(2),
        {"format": 3},
        {"format": 3, "origin": ORIGIN, "state": [1]},
        {"format": 3, "origin": None, "state": {}},
    ],
)
def test_whole_files_of_something_else_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="has another format"):
        load_checkpoint(tmp_path / "c.pt", ORIGIN)


def test_an_origin_without_a_part_is_another(tmp_path):
    save_checkpoint(tmp_path / "c.pt", {}, STATE)
    with pytest.raises(CheckpointError, match="belongs to another configuration and another"):
        load_checkpoint(tmp_path / "c.pt", ORIGIN)


def test_nothing_is_unpickled(tmp_path, capsys):
    torch.save({"format": 2, "origin": Payload()}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(tmp_path / "c.pt", ORIGIN)
    assert capsys.readouterr().out == ""


def test_a_failing_write_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "c.pt"
    save_checkpoint(path, ORIGIN, STATE)
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        save_checkpoint(path, ORIGIN, {"step": 4, "bad": (n for n in range(3))})
    assert load_checkpoint(path, ORIGIN)["step"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]
