import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.training.state import load_checkpoint, save, save_checkpoint

STATE = {"step": 3, "model": {"w": torch.arange(1000.0)}, "history": [{"split": "train"}]}


def test_checkpoint_comes_back(tmp_path, run_of):
    save_checkpoint(tmp_path / "c.pt", run_of(), STATE)
    found = load_checkpoint(tmp_path / "c.pt", run_of())
    assert torch.equal(found["model"].pop("w"), STATE["model"]["w"])
    assert found == {"step": 3, "model": {}, "history": [{"split": "train"}]}


def test_equal_values_give_equal_bytes(tmp_path):
    for name in ("one.pt", "another_name.pt"):
        save(tmp_path / name, STATE)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "another_name.pt").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_another_configuration_is_refused(tmp_path, run_of):
    save_checkpoint(tmp_path / "c.pt", run_of(), STATE)
    with pytest.raises(InputError, match="c.pt: the checkpoint belongs to another configuration"):
        load_checkpoint(tmp_path / "c.pt", run_of(seed=8))


def damage(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    return {
        "empty": b"",
        "half": content[:middle],
        "bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "text": b"not a checkpoint",
    }[how]


@pytest.mark.parametrize("how", ["empty", "half", "bit", "text"])
def test_damage_is_noticed(tmp_path, run_of, how):
    path = tmp_path / "c.pt"
    save_checkpoint(path, run_of(), STATE)
    path.write_bytes(damage(path.read_bytes(), how))
    assert load_checkpoint(path, run_of()) is None


class Payload:
    def __reduce__(self):
        return (print, ("unpickled",))


def test_nothing_is_unpickled(tmp_path, run_of, capsys):
    torch.save({"format": 1, "run": Payload()}, tmp_path / "c.pt")
    assert load_checkpoint(tmp_path / "c.pt", run_of()) is None
    assert capsys.readouterr().out == ""


def test_a_failing_write_leaves_the_last_checkpoint(tmp_path, run_of):
    path = tmp_path / "c.pt"
    save_checkpoint(path, run_of(), STATE)
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        save_checkpoint(path, run_of(), {"step": 4, "bad": (n for n in range(3))})
    assert load_checkpoint(path, run_of())["step"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]
