"""Where a number comes from: code, data, packages, machine."""

import hashlib
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
PACKAGES = (
    *("torch", "numpy", "h5py", "pandas", "scipy", "scikit-learn", "pillow"),
    *("snakemake", "nltk", "sacrebleu"),
)


def provenance(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what a step of a run, its training or its evaluation, was made with.

    `data` are the corpus's attributes (name, sums); `more` is added as it is.
    """
    return {**of_this_process(), "data": data, **more}


def of_this_process() -> dict[str, Any]:
    """Return what all steps in this process are made with: code, packages, Python, machine."""
    return {
        "code": {
            "version": package_version("kl-annealing"),
            **_revision(),
            "digest": _digest(),
        },
        "packages": {name: package_version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "machine": {"system": platform.platform(), "processor": processor()},
    }


def package_version(name: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Return the processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


@cache
def _digest() -> str:
    """Return 12 hexadecimal digits for the package's files, as they are written."""
    found = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        found.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()[:12]


@cache
def _revision() -> dict[str, Any]:
    """Return the commit and whether `workflow` differs from it; nothing outside a checkout."""
    try:
        if Path(_git("rev-parse", "--show-toplevel")) != PACKAGE.parents[2].resolve():
            return {}  # unpacked inside a repository of somebody else
        changes = _git("status", "--porcelain", "--", ":/workflow")
        return {"commit": _git("rev-parse", "HEAD"), "modified": bool(changes)}
    except (OSError, subprocess.CalledProcessError):
        return {}


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
