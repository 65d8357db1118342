import os
import pickle

import pytest

from kl_annealing.data.pickles import read_plain_pickle
from kl_annealing.errors import InputError

SHARED = ["twice"]
PLAIN = (
    [[1, 300, 70_000, -5, 2**40], [], [[]]],
    {"a": 1, "é": "b"},
    {0: "word", 1: ("x",), 2: (1, 2), 3: (1, 2, 3), 4: ()},
    [SHARED, SHARED],
    list(range(3000)),
)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values_of_every_protocol_since_python_2(tmp_path, protocol):
    (tmp_path / "a.p").write_bytes(pickle.dumps(PLAIN, protocol))
    assert read_plain_pickle(tmp_path / "a.p") == PLAIN


def test_byte_strings_of_python_2_are_text(tmp_path):
    # a list of the byte string `caf\xc3\xa9`, kept as 0 and taken again, as Python 2 writes it
    (tmp_path / "a.p").write_bytes(b"\x80\x02](U\x05caf\xc3\xa9q\x00h\x00e.")
    assert read_plain_pickle(tmp_path / "a.p") == ["café", "café"]


class Harmful:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_what_asks_for_code_is_refused_by_its_opcode_and_never_run(tmp_path, protocol):
    trace = tmp_path / "trace"
    content = pickle.dumps([1, Harmful(str(trace))], protocol)
    (tmp_path / "a.p").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.p: opcode [A-Z_0-9]+ at byte \d+ is not read"):
        read_plain_pickle(tmp_path / "a.p")
    assert not trace.exists()


@pytest.mark.parametrize("value", [1.5, None, True, b"bytes", {1}, frozenset(), range(3)])
def test_other_values_are_refused(tmp_path, value):
    (tmp_path / "a.p").write_bytes(pickle.dumps([value], 4))
    with pytest.raises(InputError, match="is not read; allowed are numbers, texts, lists"):
        read_plain_pickle(tmp_path / "a.p")


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(PLAIN, 2)[:-20],
        b"",
        b"not a pickle",
        b"\x80\x02.",
        b"\x80\x02K\x01K\x02.",
        b"\x80\x02h\x07.",
        b"\x80\x02]e.",
        b"\x80\x02](}K\x01su.",
        b"\x80\x02(.",
        b"\x80\x02K\x01K\x02a.",
    ],
)
def test_damaged_files(tmp_path, content):
    (tmp_path / "a.p").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.p: "):
        read_plain_pickle(tmp_path / "a.p")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_plain_pickle(tmp_path / "none.p")
