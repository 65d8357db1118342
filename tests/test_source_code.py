"""What changes the digest of a module's code, and what does not."""

import itertools

import pytest

from kl_annealing.source_code import code_of, modules

FILES = {
    "__init__": "",
    "loop": "from kl_annealing.parts import Wheel, tools\n\ndef fit():\n    return Wheel()\n",
    "parts/__init__": (
        "from kl_annealing.parts.wheel import Wheel\nfrom kl_annealing.parts.wing import Wing\n"
    ),
    "parts/wheel": "import math\nimport kl_annealing.rim\n\nclass Wheel:\n    radius = 1\n",
    "parts/wing": "class Wing:\n    span = 1\n",
    "parts/tools": "def tool():\n    from kl_annealing.late import when\n    return when\n",
    "rim": "width = 1\n",
    "late": "when = 1\n",
}


@pytest.fixture
def digest(tmp_path):
    """Return a function: changed files of the package -> digest of `roots`."""
    folders = (tmp_path / str(number) for number in itertools.count())

    def of(*roots, **changes):
        folder = next(folders)
        for name, text in {**FILES, **changes}.items():
            path = folder / "kl_annealing" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return code_of(*(roots or ("kl_annealing.loop",)), folder=folder)

    return of


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("loop", "Wheel()\n", "Wheel()  # why\n"),
        ("loop", "def fit():\n", 'def fit():\n    """Go."""\n'),
        ("loop", "from", '"""A module."""\nfrom'),
        ("parts/wheel", "class Wheel:\n", 'class Wheel:\n    """Round."""\n\n'),
        ("parts/wheel", "radius = 1", "radius  =  1"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(digest, file, old, new):
    assert old in FILES[file]
    assert digest(**{file: FILES[file].replace(old, new, 1)}) == digest()


@pytest.mark.parametrize("file", ["loop", "parts/wheel", "rim", "parts/tools", "late"])
def test_every_imported_module_counts(digest, file):
    assert digest(**{file: FILES[file].replace("1", "2") + "more = 1\n"}) != digest()


def test_what_is_not_imported_does_not_count(digest):
    assert digest(**{"parts/wing": "class Wing:\n    span = 2\n"}) == digest()
    assert digest(**{"parts/new": "x = 1\n"}) == digest()
    passed_on = FILES["parts/__init__"] + "from kl_annealing.parts.new import x\n"
    assert digest(**{"parts/new": "x = 1\n", "parts/__init__": passed_on}) == digest()


def test_an_init_counts_for_the_names_that_it_defines(digest):
    files = {"loop": "from kl_annealing.parts import build\n"}
    files["parts/__init__"] = FILES["parts/__init__"] + "def build():\n    return 1\n"
    before = digest(**files)
    assert digest(**files | {"parts/__init__": files["parts/__init__"].replace("1", "2")}) != before
    assert digest(**files, **{"parts/wing": "class Wing:\n    span = 2\n"}) != before


def test_a_root_may_be_a_name(digest):
    assert digest("kl_annealing.parts:Wheel") == digest("kl_annealing.parts.wheel")
    assert digest("kl_annealing.rim", "kl_annealing.late") == digest(
        "kl_annealing.late", "kl_annealing.rim"
    )
    with pytest.raises(FileNotFoundError, match=r"parts.ship\.py"):
        digest("kl_annealing.parts.ship")


def test_a_training_does_not_rest_on_reporting_or_generation():
    assert {"kl_annealing", "kl_annealing.data", "kl_annealing.source_code"} <= set(modules())
    assert len(modules()) == len(set(modules()))
    assert code_of("kl_annealing.training:fit") == code_of("kl_annealing.training.loop")


def test_what_can_change_no_number_does_not_count(digest):
    car = FILES["loop"] + "from kl_annealing.errors import InputError\n"
    before = digest(loop=car, errors="class InputError(Exception):\n    pass\n")
    assert digest(loop=car, errors="class InputError(ValueError):\n    pass\n") == before
