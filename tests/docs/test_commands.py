"""Every command of the documentation that starts Snakemake would run as it is written."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"```(?:bash|sh)\n(.*?)```", flags=re.DOTALL)
INLINE = re.compile(r"`(snakemake [^`]*)`")
OVERLAY = re.compile(r"`([a-z_]+\.yaml)`:\n\n```yaml\n(.*?)```", flags=re.DOTALL)
# A drawn report needs finished results, an unlock a lock; a provenance line names its own overlay;
# the example of how to extend runs in a copy that has its code (test_extending_page).
ELSEWHERE = ("--report", "--unlock", "path/to/copy", "fixed_variance.yaml")


def commands() -> list[str]:
    """Return the commands of all pages, each once, without what comes before and after them."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
        found += [part.strip() for line in lines for part in line.split("&&")]
        found += INLINE.findall(text)
    wanted = [line for line in found if line.startswith("snakemake ")]
    return [line for line in dict.fromkeys(wanted) if not any(word in line for word in ELSEWHERE)]


@pytest.mark.parametrize("command", commands())
def test_the_command_can_be_given(command, snakemake, tmp_path):
    if "profiles/slurm" in command:
        pytest.importorskip("snakemake_executor_plugin_slurm", reason="the extra slurm brings it")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    for page in PAGES:
        for name, text in OVERLAY.findall(page.read_text(encoding="utf-8")):
            (tmp_path / name).write_text(text)
    (tmp_path / "my").mkdir()
    for split in ("train", "valid", "test"):
        (tmp_path / "my" / f"{split}.jsonl").touch()  # files of the reader's own
        (tmp_path / "my" / f"{split}.txt").write_text("good it was hot\n" * 1000)
    words = shlex.split(command)[1:]
    words = [str(tmp_path / word) if (tmp_path / word).is_file() else word for word in words]
    snakemake(tmp_path, *target(words), *words, "--dry-run")


def target(words: list[str]) -> list[str]:
    """Return one figure for a command that asks for everything, as other tests do at each scale."""
    if any(word.startswith(("results/", "plan", "archive_results", "--until")) for word in words):
        return []
    overlays = [ROOT / word for word in words if word.endswith(".yaml")]
    names = [yaml.safe_load(path.read_text()).get("experiment") for path in overlays]
    names += [word.removeprefix("experiment=") for word in words if word.startswith("experiment=")]
    experiment = next(filter(None, reversed(names)), "full")
    return [f"results/{experiment}/figures/schedules/shapes.pdf"]
