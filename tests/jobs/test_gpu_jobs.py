"""Scripts whose jobs take a GPU: each holds a slot and says what to change when it is too small."""

import json
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from kl_annealing.jobs import gpu_slots
from kl_annealing.schema import definition, fill_defaults
from kl_annealing.source_code import SCRIPTS

RULES = Path(__file__).parents[2] / "workflow" / "rules"
RULE = re.compile(r"^rule \w+:\n((?:[ \t]+.*\n|\n)+)", flags=re.MULTILINE)
JOBS = {
    "train_run": ("kl_annealing.training.fit", "training.batch_size (now 3)"),
    "evaluate_run": ("kl_annealing.evaluation.run.evaluate_run", "importance_samples (now 500)"),
    "classify_run": (
        "kl_annealing.classification.run.classify_run",
        "classification.draws (now 5)",
    ),
    "generate_text": ("kl_annealing.generation.generate.generate", "maximum_length (now 100)"),
    "generate_images": (
        "kl_annealing.generation.images.generate_images",
        "image_generation.prior_samples (now 400)",
    ),
}


def scripts_with_a_gpu():
    """Return the names of the scripts whose rules ask for a GPU."""
    texts = [text for path in RULES.glob("*.smk") for text in RULE.findall(path.read_text())]
    found = [re.search(r"scripts/(\w+)\.py", text)[1] for text in texts if "gpu=" in text]
    return sorted(found)


class Output(SimpleNamespace):
    """Named output files that are also a sequence of one."""

    def __getitem__(self, index):
        return [self.last][index]


def job(folder, request):
    """Return what Snakemake hands to any of the scripts."""
    corpus = folder / "corpus.h5"
    return SimpleNamespace(
        input=SimpleNamespace(settings=folder / "config.json", corpus=corpus, parent=[]),
        output=Output(last=folder / "last.pt", metrics=folder / "metrics.json"),
        params=SimpleNamespace(run=request, settings=request, request=request, code=""),
        wildcards=SimpleNamespace(kind="prior"),
        config={"runtime": {"device": "auto", "runs_per_gpu": 2, "checkpoint_minutes": 5}},
        log=[str(folder / "job.log")],
        threads=1,
    )


def request_of(name):
    """Return the settings that a script gets: of a training one that is no default."""
    blocks = {"generate_text": "generation", "generate_images": "image_generation"}
    settings = {"training": {"batch_size": 3}} if name == "train_run" else {}
    if name in blocks:
        fill_defaults(settings, definition(blocks[name]))
        settings["decoders"] = ["greedy"] if name == "generate_text" else []
    return json.dumps(settings)


@pytest.mark.parametrize("name", scripts_with_a_gpu())
def test_a_job_holds_a_slot_and_says_what_to_change(name, tmp_path, monkeypatch, capfd):
    work, change = JOBS[name]
    folder = tmp_path / "a_run"
    folder.mkdir()
    seen = []

    def too_large(*arguments, **options):
        """See what the job sees, then do not fit."""
        seen.append(gpu_slots.visible_gpus())
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(work, too_large)
    monkeypatch.setattr("kl_annealing.data.read_corpus", lambda path: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(gpu_slots.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv(gpu_slots.VISIBLE, "GPU-5f")
    with pytest.raises(SystemExit):
        runpy.run_path(
            str(SCRIPTS / f"{name}.py"),
            {"snakemake": job(folder, request_of(name))},
            run_name="__main__",
        )
    line = capfd.readouterr().err.strip()
    assert line.startswith("kl-annealing: a_run: out of memory on the GPU: lower runtime.runs_per")
    assert change in line and "\n" not in line
    assert seen == [["GPU-5f"]] and list(tmp_path.glob("kl-annealing-gpus-*/GPU-5f.0"))
