import json

import pytest

from kl_annealing.files.atomic import atomic_write, read_json, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "value.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError), atomic_write(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path):
    for name in (
        ".value-a_b3c4d5.txt",
        ".value-short.txt",
        ".value-a_b3c4d5.csv",
        "value-a_b3c4d5.txt",
    ):
        (tmp_path / name).touch()
    write_text(tmp_path / "value.txt", "new")
    kept = {".value-short.txt", ".value-a_b3c4d5.csv", "value-a_b3c4d5.txt", "value.txt"}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_suffix_is_kept_and_folders_are_made(tmp_path):
    with atomic_write(tmp_path / "new" / "figure.pdf") as temporary:
        assert temporary.suffix == ".pdf" and temporary.parent == tmp_path / "new"
        temporary.write_text("content")
    assert (tmp_path / "new" / "figure.pdf").read_text() == "content"


def test_json_round_trip_refuses_nan(tmp_path):
    write_json(tmp_path / "a.json", {"nll": 1.5})
    assert read_json(tmp_path / "a.json") == json.loads('{"nll": 1.5}')
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"nll": float("nan")})
    assert read_json(tmp_path / "a.json") == {"nll": 1.5}
