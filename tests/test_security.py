"""The code has no call that executes or unpickles a file, or builds a command from text."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = sorted([*(ROOT / "workflow").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
RULES = [ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
EXECUTED = {"eval", "exec", "compile", "__import__"}
UNPICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
SHELLS = ("os.system", "os.popen", "os.exec", "os.spawn", "subprocess.getoutput", "commands.")
STARTED = {"run", "Popen", "call", "check_call", "check_output"}
YAML = {"load", "load_all", "full_load", "unsafe_load"}


def dangers(text: str):
    """Yield (line, what) of every call and import that could run what a file says."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = _imported(node)
        elif isinstance(node, ast.Call):
            found = _called(ast.unparse(node.func), node)
        else:
            found = None
        if found:
            yield node.lineno, found


def _imported(node):
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    if found := next((n for n in names if n and n.partition(".")[0] in UNPICKLES), None):
        return found
    if isinstance(node, ast.Import):
        return None
    full = [f"{node.module}.{alias.name}" for alias in node.names]
    started = {f"subprocess.{name}" for name in STARTED}  # unqualified, their calls are not seen
    return next((name for name in full if name.startswith(SHELLS) or name in started), None)


def _called(name, node):
    """Return what is wrong with a call, None for nothing."""
    given = {each.arg: ast.unparse(each.value) for each in node.keywords}
    owner, _, last = name.rpartition(".")
    if name in EXECUTED or name.startswith(SHELLS):
        return name
    if name == "torch.load" and given.get("weights_only") != "True":
        return "torch.load without weights_only=True"
    if given.get("allow_pickle", "False") != "False" or last == "read_pickle":
        return f"{name} unpickles"
    if given.get("shell", "False") != "False":
        return f"{name} with a shell"
    if owner == "subprocess" and last in STARTED and _is_text(_command(node)):
        return f"{name} of a text"
    if last == "extractall" or (owner == "shutil" and last == "unpack_archive"):
        return f"{name}: `data.archives.unpack` checks members first"
    if name.startswith("yaml.") and last in YAML and not _safe(node):
        return f"{name} without a safe loader"
    return None


def _command(node):
    """Return what is started, given by place or by name."""
    named = (each.value for each in node.keywords if each.arg == "args")
    return node.args[0] if node.args else next(named, None)


def _is_text(node):
    """Whether an expression is a text: written out, formatted, or put together of one."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join")
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _safe(node):
    """Whether a YAML loader was named, and one that makes plain values only."""
    loaders = [ast.unparse(each) for each in (*node.args[1:], *(k.value for k in node.keywords))]
    return bool(loaders) and all("Safe" in name or name == "LOADER" for name in loaders)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_runs_what_a_file_says(path):
    assert not list(dangers(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "eval(text)",
        "exec(open(path).read())",
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "os.system(f'rm {name}')",
        "subprocess.run(command, shell=True)",
        "from os import system",
        "from os import path, popen as start",
        "from subprocess import getoutput",
        "from subprocess import run",
        "subprocess.run(f'git {name}')",
        "subprocess.run('git ' + name)",
        "subprocess.run(name + ' --all' + other)",
        "subprocess.run('git %s' % name)",
        "subprocess.run('git {}'.format(name))",
        "subprocess.run(args='git ' + name)",
        "subprocess.run('git')",
        "archive.extractall(folder)",
        "yaml.load(file)",
        "yaml.load(file, Loader=yaml.Loader)",
    ],
)
def test_the_search_finds(text):
    assert [line for line, _ in dangers(text)] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "subprocess.run(['git', name], check=True)",
        "subprocess.run(['git'] + names)",
        "subprocess.run(command)",
        "from os import path",
        "from subprocess import CalledProcessError",
        "import pickletools",
        "yaml.safe_load(file)",
        "yaml.load(file, yaml.CSafeLoader)",
    ],
)
def test_the_search_leaves_alone(text):
    assert not list(dangers(text))


def test_the_loader_of_the_schemas_is_a_safe_one():
    from yaml import CSafeLoader, SafeLoader

    from kl_annealing.files.yaml_files import LOADER

    assert issubclass(LOADER, SafeLoader | CSafeLoader)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_no_rule_has_a_shell_command(path):
    """A configuration's text can reach a rule's shell only where there is one."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(shell|run):|\bshell\(|\bos\.system\(|\beval\(", text, re.MULTILINE)
