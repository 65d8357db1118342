"""What changes the digest of a module's code, and what does not."""

import ast
import itertools
import re

import pytest

from kl_annealing.data.sources import prepare_modules
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.source_code import SCRIPTS, code_of, modules_behind

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


@pytest.mark.parametrize("kind", ["FunctionDef", "ImportFrom", "Constant"])
def test_a_field_that_another_python_adds_does_not_count(digest, monkeypatch, kind):
    before = digest()
    node = getattr(ast, kind)
    monkeypatch.setattr(node, "_fields", (*node._fields, "new"))
    monkeypatch.setattr(node, "new", [], raising=False)
    assert digest() == before


def test_a_training_does_not_rest_on_reporting_or_generation():
    behind = modules_behind("kl_annealing.training:fit")
    assert {"kl_annealing.training.loop", "kl_annealing.models"} <= behind
    above = ("kl_annealing.reporting", "kl_annealing.generation", "kl_annealing.evaluation")
    assert not [module for module in behind if module.startswith(above)]


# The log of a job, its end, its disk, its GPU, and the list from which a rule takes the roots of
# its figure or table; by the name of a script, the choices of roots.
HARMLESS = {
    "kl_annealing.jobs.runtime",
    "kl_annealing.jobs.orphans",
    "kl_annealing.jobs.storage",
    "kl_annealing.jobs.memory_shortage",
    "kl_annealing.jobs.precision",  # there of the advice on memory
    "kl_annealing.jobs.gpu_slots",
    "kl_annealing.jobs.gpu_job",
    "kl_annealing.reporting.catalogue",
}
CHOSEN = {
    "plot_figure": [[entry.maker] for entry in FIGURES.values()],
    "write_table": [[entry.maker] for entry in TABLES.values()],
    "prepare_dataset": [
        prepare_modules({"kind": k}) for k in ("corpus", "digits", "dialog_corpus")
    ],
}


def rules():
    """Yield (script, roots) of each rule that has a `code`, for each choice of its roots."""
    for path in sorted((SCRIPTS.parent / "rules").glob("*.smk")):
        for text in path.read_text().split("\nrule ")[1:]:
            code = re.search(r"\bcode=(.*) script:.*scripts/(\w+)\.py", text, re.DOTALL)
            if code:
                named = re.findall(r'"(kl_annealing[\w.:]*)"', code[1])
                for roots in CHOSEN.get(code[2], [named]):
                    yield code[2], roots


@pytest.mark.parametrize(("script", "roots"), list(rules()))
def test_the_code_of_a_rule_covers_its_script(script, roots):
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text())
    used = {
        f"{node.module}:{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("kl_annealing")
        for alias in node.names
    }
    assert used and roots
    assert modules_behind(*used) - modules_behind(*roots) <= HARMLESS


@pytest.mark.parametrize("work", ["training:fit", "evaluation.run:evaluate_run"])
def test_the_precision_of_products_counts_where_they_are_made_in_it(work):
    assert "kl_annealing.jobs.precision" in modules_behind(f"kl_annealing.{work}")


def test_what_can_change_no_number_does_not_count(digest):
    car = FILES["loop"] + "from kl_annealing.errors import InputError\n"
    before = digest(loop=car, errors="class InputError(Exception):\n    pass\n")
    assert digest(loop=car, errors="class InputError(ValueError):\n    pass\n") == before
