"""The worked example of the page on extending: what a reader would type, in a copy, and run."""

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLE = PAGE[PAGE.index("## A worked example") :]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", flags=re.DOTALL)
FILE = re.compile(r"`([\w/]+(?:/|\.)[\w.]+\.?\w*)`")


def pieces():
    """Yield (file, language, text) of each block; a block is of the file named last before it."""
    end, file = 0, None
    for block in BLOCK.finditer(EXAMPLE):
        named = [name for name in FILE.findall(EXAMPLE[end : block.start()]) if "." in name]
        file = named[0] if named else file
        end = block.end()
        yield file, *block.groups()


def patched(text, change):
    """Return `text` with the lines of a change, its old ones found once."""
    lines = change.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in side) for side in (" -", " +"))
    assert text.count(old) == 1, old
    return text.replace(old, new)


def block_of(language):
    return next(text for _, found, text in pieces() if found == language)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the project with every piece of the example in its place."""
    folder = tmp_path_factory.mktemp("extended")
    for name in ("workflow", "envs"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder)
    for file, language, text in pieces():
        path = folder / file
        if language in ("python", "yaml"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif language == "diff":
            path.write_text(patched(path.read_text(encoding="utf-8"), text), encoding="utf-8")
    return folder


def words(copy):
    """Return the page's command as arguments, its files those of the copy."""
    given = shlex.split(block_of("bash"))[1:]
    files = [str(copy / word) if (copy / word).is_file() else word for word in given]
    return ["--snakefile", str(copy / "Snakefile"), *files]


def test_its_own_test_passes(copy):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {**os.environ, "PYTHONPATH": str(copy / "workflow" / "scripts")}
    outcome = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert "1 passed" in outcome.stdout, outcome.stdout + outcome.stderr


def test_the_example_runs_and_keeps_its_kl(copy, snakemake):
    snakemake(copy, *words(copy))
    (metrics,) = (copy / "results" / "runs" / "toy").glob("*/evaluations/*/metrics.json")
    least = 2 * (0.1 - 1 - math.log(0.1)) / 2
    assert f"{least:.2f} nats in two dimensions" in PAGE
    assert json.loads(metrics.read_text())["last_test_kl"] >= least


def test_what_it_does_not_go_with_is_refused_in_the_line_of_the_page(copy, snakemake):
    overlay = copy / "fixed_variance.yaml"
    other = overlay.read_text().replace("  toy:\n", "  toy:\n    strategy: sa_vae\n")
    (copy / "refused.yaml").write_text(other)
    command = [word.replace(str(overlay), str(copy / "refused.yaml")) for word in words(copy)]
    outcome = snakemake(copy, *command, "--dry-run", check=False)
    said = outcome.stdout + outcome.stderr
    assert outcome.returncode == 1 and block_of("").strip() in said, said
