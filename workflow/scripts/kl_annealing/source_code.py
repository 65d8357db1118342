"""A digest of the code behind a result: it changes when that code does, and only then."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1]
PACKAGE = "kl_annealing"
# What checks, words, times and records, and so can change no number: not followed.
SILENT = (
    "kl_annealing.errors",
    "kl_annealing.makers",
    "kl_annealing.jobs.provenance",
    "kl_annealing.schema",
    "kl_annealing.source_code",
    "kl_annealing.training.progress",
    "kl_annealing.training.timing",
)


@cache
def code_of(*roots: str, folder: Path = SCRIPTS) -> str:
    """Return 12 hexadecimal digits for the code of `roots` and of all that they import from here.

    Snakemake watches the script of a rule, not what it imports; as a parameter of the rule this
    digest closes the gap. A root is a module, `kl_annealing.training.loop`, or a name in one,
    `kl_annealing.training:fit`. Comments, formatting and docstrings do not count. A name that an
    `__init__` merely passes on stands for the module that defines it, so that the rest of that
    package does not count; nor do the `SILENT` modules. `folder` is where the package lies. Raises
    FileNotFoundError for a root that is no module.
    """
    found = sorted(modules_behind(*roots, folder=folder))
    code = "".join(f"{module}\n{_content(folder, module).text}\n" for module in found)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def modules_behind(*roots: str, folder: Path = SCRIPTS) -> set[str]:
    """Return the modules that count for `roots` (see `code_of`), their own among them."""
    found: set[str] = set()
    waiting = [_origin(folder, *root.partition(":")[::2]) for root in roots]
    while waiting:
        module = waiting.pop()
        if module not in found and not module.startswith(SILENT):
            found.add(module)
            waiting += _imported(folder, module)
    return found


@cache
def _tree(folder: Path, module: str) -> ast.Module:
    return ast.parse(_path(folder, module).read_text(encoding="utf-8"))


class _Content:
    """A syntax tree as the same text in every version of Python, and what it imports.

    Versions add empty fields, and `ast.dump` writes them or not. One walk finds both: each start of
    Snakemake reads some 250 modules.
    """

    def __init__(self, tree: ast.AST) -> None:
        self.imports: list[ast.Import | ast.ImportFrom] = []
        text: list[str] = []
        self._read(tree, text)
        self.text = "".join(text)

    def _read(self, node: Any, text: list[str]) -> None:
        if isinstance(node, list):
            self._read_parts([("", part) for part in node], "[]", text)
        elif not isinstance(node, ast.AST):
            text.append(repr(node))
        else:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports.append(node)
            text.append(type(node).__name__)
            self._read_parts(_fields(node), "()", text)

    def _read_parts(self, parts: list[tuple[str, Any]], brackets: str, text: list[str]) -> None:
        before = brackets[0]
        for name, part in parts:
            text.append(before + name)
            self._read(part, text)
            before = ", "
        text.append(brackets[1] if parts else brackets)


@cache
def _content(folder: Path, module: str) -> _Content:
    return _Content(_tree(folder, module))


def _fields(node: ast.AST) -> list[tuple[str, Any]]:
    """Return the fields that are not empty, each name with its `=`, without a docstring."""
    found = [(f"{name}=", getattr(node, name, None)) for name in node._fields]
    if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        found = [(name, node.body[1:] if name == "body=" else value) for name, value in found]
    return [(name, value) for name, value in found if value is not None and value != []]


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _path(folder: Path, module: str) -> Path:
    """Return where the file of a module is, or would be if there were one."""
    path = folder.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _imported(folder: Path, module: str) -> tuple[str, ...]:
    """Return the modules of the package from which `module` takes something, wherever it does."""
    return tuple(_imports(folder, module))


def _imports(folder: Path, module: str) -> Iterator[str]:
    for node in _content(folder, module).imports:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _ours(alias.name))
        elif _ours(node.module):
            yield from (_origin(folder, node.module, alias.name) for alias in node.names)


def _origin(folder: Path, module: str, name: str) -> str:
    """Return the module that `from module import name` is about: `module.name`, or the definer."""
    if not name or _path(folder, module).name != "__init__.py":
        return module
    if _path(folder, f"{module}.{name}").exists():
        return f"{module}.{name}"
    for node in _tree(folder, module).body:
        if isinstance(node, ast.ImportFrom) and _ours(node.module):
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    return _origin(folder, node.module, alias.name)
    return module


def _ours(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == PACKAGE
