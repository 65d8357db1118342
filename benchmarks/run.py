"""How fast it is: training, evaluation, and the workflow around them.

Prints a table and writes it as JSON with the machine it was measured on.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import torch
import yaml
from tabulate import tabulate

from kl_annealing.classification import optimised
from kl_annealing.classification.features import Features
from kl_annealing.data import Corpus, DialogSet, TenseSet, read_corpus
from kl_annealing.data.corpora import SPLITS, Sentences, build_corpus
from kl_annealing.data.dialog.corpus import build_dialogs
from kl_annealing.data.dialog.lines import dialogs_of
from kl_annealing.data.sources import dialog_options
from kl_annealing.data.tense.conjugation import conjugation
from kl_annealing.data.tense.corpus import build_tenses
from kl_annealing.errors import InputError
from kl_annealing.evaluation.throughput import measure_evaluation, measure_responses
from kl_annealing.jobs.devices import reproducible
from kl_annealing.jobs.precision import PRECISIONS, precision_on
from kl_annealing.jobs.provenance import processor
from kl_annealing.schema import completed
from kl_annealing.training.throughput import measure_throughput

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
EVALUATION = completed({"splits": ["test"], "importance_samples": 500}, "evaluation")
WORDS = {"": None, " by 1,024 words": 1024}  # behind each softmax of the importance samples
# Sentences a second of the published code, measured on two cores with PTB at 256 units.
PUBLISHED = {"haofuml/cyclical_annealing": 111, "jxhe/vae-lagging-encoder": 343}
PUBLISHED_AGGRESSIVE = {"jxhe/vae-lagging-encoder": 5.7}  # sentences of the decoder's steps
# As published; with the cheaper clipping; and both with as many encoder steps as there can be.
AGGRESSIVE = {
    f"aggressive{cheap}{longest}": {"kind": "aggressive", **clipping, **window}
    for cheap, clipping in (("", {}), (", stepped clipping", {"clipping": "stepped"}))
    for longest, window in (("", {}), (", 99 encoder steps", {"window": 99}))
}
PUBLISHED_SA_VAE = {"haofuml/cyclical_annealing": 3.3}  # 10 steps


def main() -> None:
    """Measure everything that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a prepared corpus, data/prepared/<name>.h5")
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--skip-workflow", action="store_true", help="leave Snakemake out")
    options = parser.parse_args()
    try:
        given = read_corpus(options.corpus) if options.corpus else None
    except InputError as error:
        parser.error(str(error))
    rows = []
    for measured in all_rows(given, options):
        print(f"{measured['what']}: {measured['value']:.1f} {measured['unit']}", flush=True)
        rows.append(measured)
    print("\n" + tabulate(rows, headers="keys", floatfmt=".1f"))
    path = ROOT / "benchmarks" / f"{date.today()}.json"
    path.write_text(json.dumps({"machine": machine(), "results": rows}, indent=2) + "\n")
    print(f"\nwritten to {path}")


def all_rows(
    given: Corpus | DialogSet | TenseSet | None, options: argparse.Namespace
) -> Iterator[dict]:
    """Measure one thing after the other: of dialogs or verbs alone where those are given."""
    if given is None or isinstance(given, TenseSet):
        yield from tense_rows(given or like_english(), options)
    if given is None or isinstance(given, DialogSet):
        yield from dialog_rows(given or like_switchboard(), options)
    if not isinstance(given, DialogSet | TenseSet):
        yield from sentence_rows(given or like_ptb(), options)
    if not options.skip_workflow:
        yield from workflow_rows()


def sentence_rows(corpus: Corpus, options: argparse.Namespace) -> Iterator[dict]:
    """Measure training by each strategy, and evaluation, of the published PTB model."""
    yield from training_rows(corpus, options, "standard", {"kind": "standard"}, PUBLISHED)
    for name, strategy in AGGRESSIVE.items():
        yield from training_rows(corpus, options, name, strategy, PUBLISHED_AGGRESSIVE)
    strategy = CONFIG["strategies"]["sa_vae"]
    yield from training_rows(corpus, options, "sa_vae", strategy, PUBLISHED_SA_VAE)
    yield from evaluation_rows(corpus, options)
    yield from classification_rows(options)


def like_ptb(sentences: int = 4000, words: int = 10_000) -> Corpus:
    """Return random sentences of PTB's mean length 21.1 and spread, over as many words."""
    random = np.random.default_rng(0)
    lengths = np.clip(random.normal(21.1, 10.1, sentences).round(), 1, 82).astype(int)
    text = [[f"w{word}" for word in random.integers(words, size=length)] for length in lengths]
    text[:500] = [[f"w{word}" for word in range(20 * i, 20 * i + 20)] for i in range(500)]
    splits = {split: Sentences.of(text) for split in ("train", "valid", "test")}
    return build_corpus(
        "like_ptb",
        splits,
        maximum_length=200,
        minimum_count=1,
        maximum_size=None,
        shuffle_seed=0,
        attributes={},
    )


def like_switchboard(dialogs: int = 60, words: int = 10_000) -> DialogSet:
    """Return dialogs of random words: 90 utterances each, of Switchboard's mean of ten words."""
    random = np.random.default_rng(0)
    profile = {"age": 40, "education": 2, "sex": "FEMALE"}
    values = []
    for number in range(dialogs):
        lengths = np.minimum(random.geometric(0.1, 90), 38)
        texts = [" ".join(f"w{word}" for word in random.integers(words, size=n)) for n in lengths]
        turns = [["AB"[place % 2], text, ["statement"]] for place, text in enumerate(texts)]
        values.append({"topic": f"t{number % 9}", "A": profile, "B": profile, "utts": turns})
    every = " ".join(f"w{word}" for word in range(words))
    values[0]["utts"][0][1] = every  # so that all words are known
    splits = {split: dialogs_of((value, split) for value in values) for split in SPLITS}
    options = dialog_options({"kind": "dialogs"})
    return build_dialogs("like_switchboard", splits, options, {})


def like_english(verbs: int = 1227) -> TenseSet:
    """Return as many made-up verbs in four tenses as the published file has."""
    return build_tenses("like_english", *conjugation(verbs))


def settings(
    precision: str, strategy: dict, model: str = "lstm_fu2019", training: str = "ptb"
) -> dict:
    """Return a published model and training as far as they settle the speed."""
    return {
        "model": completed(CONFIG["models"][model], "model"),
        "training": completed(CONFIG["trainings"][training] | {"precision": precision}, "training"),
        "strategy": completed(strategy, "strategy"),
        "posterior": completed({"kind": "gaussian"}, "posterior"),
        "objective": completed({}, "objective"),
        "teacher_forcing": completed({"shape": "constant"}, "teacher_forcing"),
        "seed": 0,
    }


def precisions() -> list[str]:
    """Return the precisions in which this processor multiplies."""
    cpu = torch.device("cpu")
    return list(dict.fromkeys(precision_on(cpu, each) for each in PRECISIONS))


def training_rows(
    corpus: Corpus,
    options: argparse.Namespace,
    name: str,
    strategy: dict,
    published: dict[str, float],
) -> Iterator[dict]:
    """Yield sentences a second of training by a strategy, by precision and threads."""
    for threads in dict.fromkeys(options.threads):
        for precision in precisions():
            run = settings(precision, strategy)
            speed = measure_throughput(run, corpus, options.seconds, "cpu", threads)
            rate = speed["examples_per_second"]
            times = ", ".join(f"{rate / old:.1f}x {code}" for code, old in published.items())
            what = f"training, {name}, {precision}, {threads} threads"
            yield row(what, rate, "sentences/s", times)


def evaluation_rows(corpus: Corpus, options: argparse.Namespace) -> Iterator[dict]:
    """Yield sentences a second of the importance-weighted bound with 500 samples."""
    run = settings("float32", {"kind": "standard"})
    for threads in dict.fromkeys(options.threads):
        for precision, (by, words) in product(precisions(), WORDS.items()):
            measured = EVALUATION | {"precision": precision, "words": words}
            rate = measure_evaluation(run, corpus, measured, options.seconds, "cpu", threads)
            what = f"importance-weighted nll, K=500{by}, {precision}, {threads} threads"
            yield row(what, rate, "sentences/s", f"{rate / 2.2:.1f}x He et al. (2.2)")


def classification_rows(options: argparse.Namespace) -> Iterator[dict]:
    """Yield labels a second that the published classifier of Yelp learns, five draws of 10 %."""
    random = np.random.default_rng(0)
    features = Features(*(random.standard_normal((n, 256)) for n in (44_409, 6_347, 12_666)))
    labels = [(part[:, 0] > 0).astype(int) for part in features]
    draws = [random.permutation(44_409)[:4_440] for _ in range(5)]
    settings = completed({}, "classification")["published"] | {"epochs": 10}
    for threads in dict.fromkeys(options.threads):
        with reproducible(torch.device("cpu"), 0, threads):
            began = time.perf_counter()
            place = settings, 0, torch.device("cpu")
            optimised.published(features, draws, labels[0], labels[1], *place)
            seconds = time.perf_counter() - began
        rate = settings["epochs"] * sum(map(len, draws)) / seconds
        yield row(f"published classifier, 5 x 4,440 labels, {threads} threads", rate, "labels/s")


def dialog_rows(dialogs: DialogSet, options: argparse.Namespace) -> Iterator[dict]:
    """Yield responses a second of training and evaluating the published CVAE of Switchboard."""
    answers = completed({"responses": {}}, "evaluation")["responses"]
    for threads in dict.fromkeys(options.threads):
        for precision in precisions():
            run = settings(precision, {"kind": "standard"}, "cvae_switchboard", "switchboard")
            where = f"{precision}, {threads} threads"
            speed = measure_throughput(run, dialogs, options.seconds, "cpu", threads)
            yield row(f"training, CVAE, {where}", speed["examples_per_second"], "responses/s")
            for by, words in WORDS.items():
                measured = EVALUATION | {"precision": precision, "words": words}
                rate = measure_evaluation(run, dialogs, measured, options.seconds, "cpu", threads)
                what = f"importance-weighted nll, CVAE, K=500{by}, {where}"
                yield row(what, rate, "responses/s")
        rate = measure_responses(run, dialogs, answers, options.seconds, "cpu", threads)
        what = f"{answers['samples']} greedy responses, CVAE, {threads} threads"
        yield row(what, rate, "contexts/s")


def tense_rows(tenses: TenseSet, options: argparse.Namespace) -> Iterator[dict]:
    """Yield words a second of training and evaluating the published models of tenses."""
    for threads in dict.fromkeys(options.threads):
        for model in ("lstm_tense", "gru_tense"):
            for precision in precisions():
                run = settings(precision, {"kind": "standard"}, model, "tense")
                where = f"{model}, {precision}, {threads} threads"
                speed = measure_throughput(run, tenses, options.seconds, "cpu", threads)
                yield row(f"training, {where}", speed["examples_per_second"], "words/s")
                measured = EVALUATION | {"precision": precision}
                rate = measure_evaluation(run, tenses, measured, options.seconds, "cpu", threads)
                yield row(f"importance-weighted nll, K=500, {where}", rate, "words/s")


def workflow_rows() -> Iterator[dict]:
    """Yield the seconds of a dry-run on 2,000 jobs, and of a rerun of a finished workflow."""
    base = ["--configfile", ROOT / "config.yaml"]
    tiny = [*base, ROOT / "tests" / "pipeline" / "tiny.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.yaml"
        seeds = list(range(330))  # three schedules, a training and an evaluation each
        grid.write_text(
            yaml.safe_dump(
                {"studies": dict.fromkeys(CONFIG["studies"], False) | {"toy": {"seeds": seeds}}}
            )
        )
        dry = timed(folder, "--dry-run", "--quiet", "rules", *base, grid)
        yield row("dry-run, 2,000 jobs", dry, "s")
        timed(folder, "--cores", "all", *tiny)
        yield row("rerun, nothing to do", timed(folder, "--cores", "all", *tiny), "s")


def timed(folder: str, *arguments) -> float:
    """Return the seconds of one call of Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    began = time.perf_counter()
    subprocess.run([*command, "--directory", folder, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def row(what: str, value: float, unit: str, comparison: str = "") -> dict:
    """Return one line of the table."""
    return {"what": what, "value": value, "unit": unit, "published": comparison}


def machine() -> dict:
    """Return what the numbers depend on."""
    return {
        "processor": processor(),
        "precisions": precisions(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "torch": torch.__version__,
        "load": os.getloadavg(),
    }


if __name__ == "__main__":
    main()
