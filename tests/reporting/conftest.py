"""Small results made by hand: what training and evaluation would have written."""

import itertools
import json
import math
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from kl_annealing import reporting
from kl_annealing.reporting.claims_file import read_claims
from kl_annealing.reporting.study import load_study
from kl_annealing.reporting.summary import summarise

CLAIMS = Path(reporting.__file__).parents[3] / "claims.yaml"
FLOOR = math.log(10)


def beta_of(schedule: str, v: float) -> float:
    """Return beta at the part `v` of the training."""
    if "cyclical" in schedule:
        return min(1.0, (4 * v % 1.0) / 0.5)
    return min(1.0, v / 0.25) if "monotonic" in schedule else 1.0


BLOCKS = {
    "constant": {"shape": "constant"},
    "monotonic": {"shape": "linear", "cycles": 1, "ratio": 0.25},
    "cyclical": {"shape": "linear", "cycles": 4, "ratio": 0.5},
}


def kind_of(names: dict) -> str:
    return next((kind for kind in BLOCKS if kind in names["schedule"]), "monotonic")


def kl_of(names: dict, generator: np.random.Generator) -> float:
    if "language" in names["model"]:
        return 0.0
    usual = {"constant": 0.03, "monotonic": 0.9, "cyclical": 1.9}
    kind = kind_of(names)
    gain = 0.35 if names["learning_rate"] == "restarts" else 0.0
    gain += 0.1 * math.log2(names.get("schedule.cycles", 1)) - 0.2 * names.get("schedule.ratio", 0)
    return usual[kind] * (1 + gain) + 0.05 * generator.standard_normal()


def history_of(names: dict, kl: float, steps: list[int], start: float, nll: float) -> pd.DataFrame:
    """Return a plausible history on both splits."""
    rows = []
    for step, split in itertools.product(steps, ("train", "valid")):
        v = step / steps[-1]
        beta = beta_of(names["schedule"], min(v, 1 - 1e-9))
        now = kl * (1 - math.exp(-6 * v)) + (1 - beta) * min(3.5, kl * 2)
        total = nll + (start - nll) * math.exp(-18 * v) + 0.2 * (1 - beta)
        rows.append(
            {
                "step": step, "epoch": 40 * v, "split": split, "beta": beta, "learning_rate": 1e-3,
                "rec": total - now, "kl": now, "elbo": -total, "loss": total - now + beta * now,
                "ppl": math.exp(total / 21.9),
                "mi_batch": math.nan if split == "train" or not kl else 0.8 * now,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def metrics_of(kl: float, nll: float, data: dict) -> dict:
    values = {}
    for iterate, split in itertools.product(("last", "best"), ("valid", "test")):
        shift = -0.4 if iterate == "best" else 0.0
        numbers = {
            "rec": nll + shift - kl, "kl": kl, "elbo": -nll - shift, "nll": nll + shift,
            "ppl": math.exp((nll + shift) / 21.917), "iw_nll": nll + shift - 0.3 * kl,
            "code_purity": 0.1 + 0.3 * kl, "mi_batch": 0.8 * kl, "mi_aggregate": 0.9 * kl,
            "active_units": round(3 * kl),
            "n_examples": 3761, "n_targets": 82430,
        }  # fmt: skip
        values |= {f"{iterate}_{split}_{name}": value for name, value in numbers.items()}
    training = {"precision": "float32", "device": "cpu"}
    return values | {"provenance": {"training": training, "evaluation": {"data": data}}}


def write_snapshots(path: Path, names: dict, steps: list[int], generator) -> None:
    """Write posteriors of ten sequences: mixed for constant, bands else, clean for cyclical."""
    spread = {"constant": 0.05, "monotonic": 0.5, "cyclical": 1.6}[kind_of(names)]
    with h5py.File(path, "w") as file:
        for step in steps:
            group = file.create_group(f"step_{step}")
            places = np.linspace(-1.6, 1.6, 10) * spread / 1.0
            noise = 0.05 * generator.standard_normal((10, 2))
            group["mu"] = np.stack([places, 0.1 * places], axis=1) + noise
            group["logvar"] = np.full((10, 2), math.log(max(0.02, 1 / (1 + 9 * spread**2))))
            group["index"] = np.arange(10)
            group.attrs.update(step=step, beta=1.0)


def write_posterior_means(path: Path, names: dict, generator) -> None:
    """Write means of fifty sentences: on the diagonal for aggressive, flat else."""
    follows = 0.9 if names["strategy"] == "aggressive" else 0.0
    with h5py.File(path, "w") as file:
        for step in (0, 150, 1000, 2000, 5000):
            group = file.create_group(f"posterior_means/step_{step}")
            group["model"] = min(1, step / 2000) * generator.standard_normal(50)
            group["inference"] = follows * group["model"][:]
            group["index"] = np.arange(50)
            group.attrs["step"] = step
        paths = np.cumsum(generator.normal(0.02, 0.05, (2, 40, 12)), axis=1)
        file["trajectories/model"], file["trajectories/inference"] = paths


def write_run(folder: Path, names: dict, task: str = "language_model", **data) -> dict:
    """Write one run's files and return its record, as the rules hand it over."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(zlib.crc32(str(names).encode()))
    kl = kl_of(names, generator)
    toy = task == "toy"
    nll = FLOOR + 0.01 if toy else 102.6 - 0.1 * kl + 0.1 * generator.standard_normal()
    steps = list(range(100, 4001, 100)) if toy else [1300 * epoch for epoch in range(1, 41)]
    history = history_of(names, kl, steps, 6.9 if toy else 150.0, nll)
    history.to_csv(folder / "history.csv", index=False)
    training = {"steps": 4000 if toy else None, "epochs": None if toy else 40}
    model = (
        {"kind": "autoreg"} if "language" in names["model"] else {"kind": "vae", "latent_dim": 2}
    )
    settings = {"schedule": BLOCKS[kind_of(names)], "training": training, "model": model}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "metrics.json").write_text(json.dumps(metrics_of(kl, nll, data)))
    timing = {"seconds": 3600.0, "examples_per_second": 500.0, "device": "cpu", "threads": 1}
    (folder / "timing.json").write_text(json.dumps(timing))
    if toy:
        write_snapshots(
            folder / "snapshots.h5", names, [100, 1000, 1100, 2000, 3100, 4000], generator
        )
    if task == "means":
        write_posterior_means(folder / "snapshots.h5", names, generator)
    metrics = str(folder / "metrics.json")
    return {"folder": str(folder), "metrics": metrics, "names": names, "task": task}


def names_of(seed: int, **names) -> dict:
    usual = {"dataset": "ptb", "model": "lstm", "schedule": "constant", "learning_rate": "constant"}
    return {**usual, "training": "ptb", **names, "seed": seed}


def write_toy(
    root: Path, seeds: int = 2, schedules: tuple = ("constant", "monotonic", "cyclical")
) -> list[dict]:
    return [
        write_run(
            root / f"{schedule}-s{seed}",
            names_of(seed, dataset="ten", model="lstm_toy", schedule=schedule, training="toy"),
            "toy", floor_nll=FLOOR, floor_nll_test=FLOOR,
        )
        for schedule in schedules for seed in range(seeds)
    ]  # fmt: skip


def write_ptb(root: Path, seeds: int = 2, **data) -> list[dict]:
    grid = list(itertools.product(("constant", "monotonic_ptb", "cyclical_ptb"), ["lstm"]))
    grid.append(("constant", "language_model"))
    return [
        write_run(
            root / f"{model}-{schedule}-{rate}-s{seed}",
            names_of(seed, schedule=schedule, learning_rate=rate, model=model),
            **data,
        )
        for schedule, model in grid for rate in ("constant", "restarts") for seed in range(seeds)
    ]  # fmt: skip


def write_images(root: Path) -> list[dict]:
    """Write two runs with images of stripes; the second has no latent variable."""
    records = []
    for model in ("resnet", "language_free_pixelcnn"):
        names = names_of(0, model=model, dataset="digits")
        records.append(write_run(root / model, names, "images"))
        path = root / model / "generated" / "0" / "images.h5"
        path.parent.mkdir(parents=True)
        stripes = np.tile(np.arange(8) % 2, (25, 8, 1))
        with h5py.File(path, "w") as file:
            file["prior/images"] = stripes
            for name in ("given", "images", "probabilities") if model == "resnet" else ():
                file[f"reconstructions/{name}"] = stripes[:20] * 0.5
    return records


def write_ablation(root: Path) -> list[dict]:
    records = []
    for cycles, ratio, shape in itertools.product((1, 4), (0.5, 1.0), ("linear", "cosine")):
        axes = {"schedule.cycles": cycles, "schedule.ratio": ratio, "schedule.shape": shape}
        names = names_of(0, schedule="cyclical") | axes
        records.append(write_run(root / f"m{cycles}-r{ratio}-{shape}", names, floor_nll=101.0))
    return records


REMEDIES = [
    {}, {"schedule": "monotonic"}, {"schedule": "sigmoid"}, {"schedule": "cyclical"},
    {"schedule": "beta_04"}, {"model": "cnn_word_dropout"}, {"objective": "bag_of_words"},
    {"objective": "free_bits"}, {"posterior": "iaf"}, {"strategy": "aggressive"},
    {"model": "cnn_cved", "strategy": "collaborative"}, {"strategy": "sa_vae"},
    {"model": "cnn_autoencoder"},
]  # fmt: skip


def write_planes(path: Path, runs: list[str], labelled: bool) -> None:
    """Write what a t-SNE of 40 sentences of each run leaves."""
    generator = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for run in runs:
            file[f"{run}/points"] = generator.standard_normal((40, 2)).astype(np.float32)
            file[f"{run}/length"] = generator.integers(1, 15, 40)
            file[f"{run}/components"] = generator.standard_normal((40, 2))
            file[f"{run}/explained"] = [0.5, 0.2]
            if labelled:
                file[f"{run}/label"] = generator.integers(0, 2, 40)
                names = np.array(["negative", "positive"], dtype=h5py.string_dtype())
                file[f"{run}/classes"] = names


def write_techniques(root: Path, seeds: int = 2, labelled: bool = True) -> list[dict]:
    usual = {"model": "cnn", "strategy": "standard", "posterior": "gaussian", "objective": "elbo"}
    records = []
    for number, changes in enumerate(REMEDIES):
        for seed in range(seeds):
            folder = root / f"{number}-s{seed}"
            records.append(write_run(folder, names_of(seed, **usual) | changes))
    write_planes(root / "planes.h5", [f"{number}-s0" for number in range(len(REMEDIES))], labelled)
    return records


def write_lagging(root: Path, seeds: int = 2, **data) -> list[dict]:
    grid = [("lstm", "standard"), ("lstm", "aggressive"), ("language_model", "standard")]
    return [
        write_run(
            root / f"{dataset}-{model}-{strategy}-s{seed}",
            names_of(seed, dataset=dataset, model=model, strategy=strategy),
            **(data if dataset == "yahoo_valid" else {}),
        )
        for dataset in ("yahoo_valid", "synthetic")
        for model, strategy in grid
        for seed in range(seeds)
    ]


DIALOG_DATA = {
    "name": "talk", "references": "retrieved", "vectors": "corpus", "windows": "complete",
    "train_cut_utterances": 7, "test_unknown_acts": 2, "valid_unknown_topics": 0,
}  # fmt: skip
SCORES = ("bleu1", "bleu4", "published_bleu4", "bow_average", "bow_extrema", "greedy")


def dialog_metrics(names: dict, kl: float, generator) -> dict:
    """Return what is measured of a dialog model beside its bounds."""
    values = {
        "rec_ppl": 30 - kl,
        "published_rec_ppl": 20 - kl,
        "published_kl": kl,
        "published_nll": 50 - kl / 9,
    }
    values |= {"distinct1": 0.01 * kl, "self_bleu4": 0.9, "corpus_bleu4": 0.1}
    values |= {
        f"{score}_{part}": float(generator.uniform(0.1, 0.9))
        for score in SCORES
        for part in ("precision", "recall", "f1")
    }
    if names["model"] == "kgcvae":
        values |= {"act_accuracy": 0.7, "prior_act_accuracy": 0.4, "act_nll": 1.2}
    return {
        f"{iterate}_test_{name}": value
        for iterate in ("last", "best")
        for name, value in values.items()
    }


def write_responses(folder: Path, samples: list[str], contexts: int = 23) -> None:
    """Write responses to contexts of 0 to 8 utterances after the opening one."""
    text = h5py.string_dtype()
    lines = [
        ["A: <d>", *(f"{'AB'[n % 2]}: line {n}" for n in range(row % 9))] for row in range(contexts)
    ]
    with h5py.File(folder / "evaluation.h5", "w") as file:
        group = file.create_group("last/test/responses")
        group["index"] = np.arange(contexts) * 2
        group["context"] = np.array(["\n".join(each) for each in lines], dtype=text)
        group["response"] = np.array([f"truth {row}" for row in range(contexts)], dtype=text)
        group["samples"] = np.array([samples] * contexts, dtype=text)


def write_dialogs(root: Path, seeds: int = 2, responses: dict | None = None, **data) -> list[dict]:
    """Write runs of a study of dialogs; `responses` are the settings of its evaluation."""
    usual = {"objective": "elbo", "model": "cvae", "dataset": "talk"}
    variants = [{}, {"schedule": "cyclical"}, {"schedule": "cyclical", "objective": "bag_of_words"},
                {"schedule": "cyclical", "model": "kgcvae"}]  # fmt: skip
    settings = {"samples": 3, "decoder": {"method": "greedy"}} if responses is None else responses
    records = []
    for number, changes in enumerate(variants):
        for seed in range(seeds):
            names, folder = names_of(seed, **usual) | changes, root / f"{number}-s{seed}"
            record = write_run(folder, names, "dialog", **DIALOG_DATA | data)
            metrics = json.loads((folder / "metrics.json").read_text())
            metrics["provenance"]["evaluation"]["settings"] = {"responses": settings}
            generator = np.random.default_rng([number, seed])
            metrics |= dialog_metrics(names, metrics["last_test_kl"], generator)
            (folder / "metrics.json").write_text(json.dumps(metrics))
            write_responses(folder, [f"a|b_{number}", f"a|b_{number}", "<unk> 50 %"])
            records.append(record)
    return records


VERBS = [["go", "goes", "going", "went"], ["see", "sees", "seeing", "saw"]]
SCORED = ("bleu4", "exact_conversions", "gaussian_score", "distinct_tuples")


def write_verbs(folder: Path, prediction: str) -> None:
    """Write two conversions, of which the second has this prediction, and three draws."""
    text = h5py.string_dtype()
    texts = {
        "source": ["go", "see"], "source_tense": ["simple present"] * 2, "target": ["went", "saw"],
        "target_tense": ["simple past"] * 2, "prediction": ["went", prediction],
    }  # fmt: skip
    with h5py.File(folder / "evaluation.h5", "w") as file:
        group = file.create_group("last/test/conversions")
        for name, values in texts.items():
            group[name] = np.array(values, dtype=text)
        group["bleu4"] = np.array([1.0, 0.25])
        draws = file.create_group("last/test/tuples")
        draws["words"] = np.array([VERBS[0], ["", "x", "y", "z"], VERBS[0]], dtype=text)
        draws["exact"] = np.array([True, False, True])


def write_tenses(root: Path, seeds: int = 2) -> list[dict]:
    variants = [{}, {"schedule": "cyclical"}, {"schedule": "cyclical", "model": "gru"},
                {"schedule": "cyclical", "teacher_forcing": "forcing_half"}]  # fmt: skip
    records = []
    for number, changes in enumerate(variants):
        for seed in range(seeds):
            names = names_of(seed, teacher_forcing="constant", dataset="verbs") | changes
            folder = root / f"{number}-s{seed}"
            record = write_run(folder, names, "tense")
            metrics = json.loads((folder / "metrics.json").read_text())
            metrics |= {f"{which}_test_{name}": 0.1 * number + 0.02 * seed
                        for which in ("last", "best") for name in SCORED}  # fmt: skip
            (folder / "metrics.json").write_text(json.dumps(metrics))
            history = pd.read_csv(folder / "history.csv")
            history[list(SCORED)] = 0.1 * number
            history.to_csv(folder / "history.csv", index=False)
            settings = json.loads((folder / "config.json").read_text())
            stop = 0.5 if "forcing" in names["teacher_forcing"] else 1
            settings["teacher_forcing"] = {"shape": "constant", "stop": stop}
            (folder / "config.json").write_text(json.dumps(settings))
            write_verbs(folder, f"seed_{number}")
            records.append(record)
    return records


CLASSIFIERS = ("logistic_regression", "published", "fine_tuned")
METHODS = (
    {"posterior": "autoencoder"},
    {"schedule": "monotonic"},
    {"schedule": "cyclical"},
    {"schedule": "cyclical", "learning_rate": "restarts"},
)


def write_classification(folder: Path, draws: int, generator: np.random.Generator) -> None:
    """Write what classifiers of one run leave: accuracy grows with the logarithm of labels."""
    rows, bins = [], []
    for classifier, fraction in itertools.product(CLASSIFIERS, (0.01, 0.1, 1.0)):
        keys = {"iterate": "best", "classifier": classifier, "sampling": "uniform"}
        keys |= {"fraction": fraction, "n_labels": int(4000 * fraction)}
        for draw in range(1 if fraction == 1 else draws):
            accuracy = 0.85 + 0.05 * math.log10(fraction) + 0.01 * generator.standard_normal()
            scores = {"macro_f1": accuracy - 0.02, "label_nll": 0.4, "brier": 0.2}
            scores |= {"accuracy": accuracy, "calibration_error": 0.05}
            unseen = {f"unseen_{name}": value - 0.03 for name, value in scores.items()}
            rows.append(keys | {"draw": draw, "chosen": 1, **scores, **unseen})
        for place in range(8, 15):
            sums = {"count": 20, "confidence": 20 * (place + 0.5) / 15, "hits": place}
            bins.append(keys | {"bin": place} | sums)
    folder.mkdir()
    pd.DataFrame(rows).to_csv(folder / "scores.csv", index=False)
    pd.DataFrame(bins).to_csv(folder / "calibration.csv", index=False)
    numbers = {"n_classified": 500, "n_seen_in_training": 50, "majority_accuracy": 0.6}
    numbers |= {"cluster_accuracy": 0.55, "cluster_accuracy_nearest": 0.65}
    metrics = {f"best_test_{name}": value for name, value in numbers.items()}
    settings = {
        "published": {"epochs": 3000, "batch_size": 32, "learning_rate": 1e-4, "budget": "equal"},
        "fine_tuned": {"epochs": 20, "batch_size": 32, "learning_rate": 1e-3, "draws": 1},
    }
    settings["fine_tuned"]["maximum_steps"] = 50
    provenance = {"provenance": {"classification": {"settings": settings}}}
    (folder / "metrics.json").write_text(json.dumps({**metrics, **provenance}))


def write_yelp(root: Path, seeds: int = 2, draws: int = 3) -> list[dict]:
    records = []
    for number, changes in enumerate(METHODS):
        for seed in range(seeds):
            folder = root / f"{number}-s{seed}"
            record = write_run(folder, names_of(seed, posterior="gaussian") | changes)
            generator = np.random.default_rng([number, seed])
            write_classification(folder / "classified", draws, generator)
            records.append(record | {"classification": str(folder / "classified")})
    write_planes(root / "planes.h5", [f"{number}-s0" for number in range(len(METHODS))], True)
    return records


def write_means(root: Path, seeds: int = 2) -> list[dict]:
    return [
        write_run(root / f"{strategy}-s{seed}", names_of(seed, strategy=strategy), "means")
        for strategy in ("standard", "aggressive")
        for seed in range(seeds)
    ]


@pytest.fixture
def make_study(tmp_path):
    """Return a function: kind of study and its options -> the loaded study."""
    writers = {
        "toy": write_toy, "ptb": write_ptb, "ablation": write_ablation, "images": write_images,
        "lagging_text": write_lagging, "posterior_mean": write_means,
        "techniques": write_techniques, "switchboard": write_dialogs,
        "tense": write_tenses, "yelp": write_yelp,
    }  # fmt: skip

    def make(kind: str, **options):
        records = writers[kind](tmp_path / "runs" / kind, **options)
        metrics = tmp_path / f"{kind}.csv"
        summarise(kind, records, metrics)
        folder = tmp_path / "runs" / kind
        shared = {
            "claims": read_claims(CLAIMS),
            "planes": folder / "planes.h5",
            "images": sorted(folder.glob("*/generated/*/images.h5")),
            "scores": sorted(folder.glob("*/classified/scores.csv")),
            "calibration": sorted(folder.glob("*/classified/calibration.csv")),
        }
        return load_study(kind, records, metrics, **shared)

    return make


@pytest.fixture
def with_restarts():
    """Return a function: study -> it with each run again at another rate, rec and KL by 1 more."""

    def doubled(study):
        runs = []
        for run in study.runs:
            folder = run.folder.with_name(f"{run.folder.name}-restarts")
            shutil.copytree(run.folder, folder)
            history = pd.read_csv(folder / "history.csv")
            history[["rec", "kl"]] += 1
            history.to_csv(folder / "history.csv", index=False)
            names = {**run.names, "learning_rate": "restarts"}
            runs.append(replace(run, folder=folder, names=names))
        return replace(study, runs=(*study.runs, *runs))

    return doubled


@pytest.fixture(name="write_run")
def _write_run():
    return write_run


@pytest.fixture(name="names_of")
def _names_of():
    return names_of
