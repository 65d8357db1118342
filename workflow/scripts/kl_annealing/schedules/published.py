"""The published schedules, as settings blocks with the clock they were used with.

Each was read in the code base that is named, not only in the paper. Values start at the number
of updates already made, 0 for the first batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kl_annealing.schedules.clock import Clock, exact

Block = Mapping[str, Any]
CONSTANT: Block = MappingProxyType({"shape": "constant"})

# Updates in an epoch, and in the whole training.
PTB = Clock(1359, 40 * 1359)
DIALOG = Clock(1716, 60 * 1716)  # an "epoch" is a quarter of a pass over the data
YELP = Clock(1387, 100 * 1387)
FIGURE = Clock(1000, 40_000)
YELP_LAGGING = Clock(3210, 100 * 3210)  # batches of equal lengths: more than 100,000 / 32
YAHOO_SEMI_AMORTISED = Clock(3125, 30 * 3125)  # nominal: its number of batches is not printed
OMNIGLOT = Clock(447, 100 * 447)  # nominal
SENTENCE_VAE = Clock(1315, 10 * 1315)
EPOCHS_OF_A_LOOP = Clock(1, 100)  # steps are epochs


@dataclass(frozen=True)
class Published:
    """One published schedule: its blocks, clock, source, and where it is not the same bits."""

    title: str
    source: str
    clock: Clock
    schedule: Block
    learning_rate: Block = field(default_factory=lambda: CONSTANT)
    note: str = ""


def warm_up(sentences: int, batch_size: int, start: float, epochs: float) -> dict[str, Any]:
    """Return the linear warm-up of He et al. 2019: from `start` to 1.

    Their rate is (1 - start) / (epochs * sentences / batch_size), so that the ramp is shorter
    than `epochs` passes where batches of equal lengths are not all full. The weight is raised
    before it is used.
    """
    steps = exact(epochs) * sentences / batch_size
    number = int(steps) if steps.denominator == 1 else float(steps)
    return {"shape": "linear", "start": start, "ramp": {"steps": number}, "offset": 1}


def _fu2019() -> dict[str, Published]:
    """Fu et al. 2019, as run: cyclical runs restart the learning rate too, the others do not."""
    code = "Fu et al. 2019, haofuml/cyclical_annealing"
    decay = {"shape": "exponential", "decay": 0.99, "interval": {"epochs": 2}}
    return {
        "fu2019_ptb_monotonic": Published(
            "Fu et al. PTB, monotonic",
            f"{code}, language_model/train_text_bl_ptb.py",
            PTB,
            {"shape": "linear", "start": 0.1, "ratio": 0.225, "offset": 1},
        ),
        "fu2019_ptb_cyclical": Published(
            "Fu et al. PTB, cyclical",
            f"{code}, language_model/train_text_cyc_ptb.py",
            PTB,
            {"shape": "linear", "start": 0.1, "cycles": 4, "ratio": 0.45, "offset": 1},
            {"shape": "cosine", "cycles": 4, "hold": "epoch"},
        ),
        "fu2019_dialog_monotonic": Published(
            "Fu et al. dialogue, monotonic",
            f"{code}, dialog/kgcvae_swda_bl.py",
            DIALOG,
            {"shape": "linear", "ramp": {"steps": 10_000}, "offset": 1},
        ),
        "fu2019_dialog_cyclical": Published(
            "Fu et al. dialogue, cyclical",
            f"{code}, dialog/kgcvae_swda_cyc.py",
            DIALOG,
            {"shape": "linear", "period": {"epochs": 3}, "ramp": {"epochs": 2}, "offset": 1},
            {"shape": "cosine", "period": {"epochs": 3}},
        ),
        "fu2019_yelp_autoencoder": Published(
            "Fu et al. Yelp, autoencoder",
            f"{code}, semi/semi_yelp_ae_pre.py",
            YELP,
            {"shape": "constant", "stop": 0},
            decay,
        ),
        "fu2019_yelp_monotonic": Published(
            "Fu et al. Yelp, monotonic",
            f"{code}, semi/semi_yelp_vae_pre.py",
            YELP,
            {"shape": "linear", "ratio": 0.1, "offset": 1},
            decay,
        ),
        "fu2019_yelp_cyclical": Published(
            "Fu et al. Yelp, cyclical",
            f"{code}, semi/semi_yelp_cyc_pre.py",
            YELP,
            {"shape": "linear", "cycles": 10, "ratio": 0.5, "offset": 1},
            {"shape": "cosine", "cycles": 10},
        ),
    }


def _figure2019() -> dict[str, Published]:
    """The schedules of Fu et al. 2019, figure 2 and the notebook that draws it."""
    source = "Fu et al. 2019, figure 2; haofuml/cyclical_annealing, plot/plot_schedules.ipynb"
    note = "the notebook adds up steps in floating point and may miss the ramp's last point"
    kinds = {"monotonic": {"cycles": 1, "ratio": 0.25}, "cyclical": {"cycles": 4, "ratio": 0.5}}
    found = {
        f"fu2019_figure_{kind}_{shape}": Published(
            f"Fu et al. figure, {kind} {shape}",
            source,
            FIGURE,
            {"shape": shape, **block},
            note=note,
        )
        for kind, block in kinds.items()
        for shape in ("linear", "sigmoid", "cosine")
    }
    found["fu2019_figure_sawtooth"] = Published(
        "Fu et al. figure, saw-tooth",
        source,
        FIGURE,
        {"shape": "linear", "cycles": 4, "ratio": 1.0},
        note=note,
    )
    found["fu2019_figure_constant"] = Published(
        "Fu et al. figure, constant", source, FIGURE, CONSTANT
    )
    return found


def _text_vaes() -> dict[str, Published]:
    """Linear warm-ups of the other text (and image) VAEs, each with its own learning rate."""
    plateau = {"shape": "plateau"}
    halving = {"shape": "plateau", "patience": 1, "reload_best": False}
    ten_epochs = {"shape": "linear", "start": 0.1, "ramp": {"epochs": 9}, "offset": 1}
    return {
        "kim2018_text": Published(
            "Kim et al. text",
            "Kim et al. 2018, harvardnlp/sa-vae, train_text.py",
            YAHOO_SEMI_AMORTISED,
            ten_epochs,
            halving,
            "published: after the first decay the rate halves in every epoch",
        ),
        "kim2018_images": Published(
            "Kim et al. images",
            "Kim et al. 2018, harvardnlp/sa-vae, train_img.py",
            OMNIGLOT,
            ten_epochs,
        ),
        "he2019_text": Published(
            "He et al. text",
            "He et al. 2019, jxhe/vae-lagging-encoder, text.py --warm_up 10 --kl_start 0.1",
            YELP_LAGGING,
            warm_up(100_000, 32, start=0.1, epochs=10),
            plateau,
        ),
        "he2019_text_plain": Published(
            "He et al. text, no annealing",
            "He et al. 2019, jxhe/vae-lagging-encoder, text.py --kl_start 1.0",
            YELP_LAGGING,
            CONSTANT,
            plateau,
        ),
        "li2019_text": Published(
            "Li et al. text",
            "Li et al. 2019, bohanli/vae-pretraining-encoder, text_anneal_fb.py "
            "--warm_up 10 --kl_start 0",
            YELP_LAGGING,
            warm_up(100_000, 32, start=0, epochs=10),
            plateau,
        ),
    }


def _other_code() -> dict[str, Published]:
    """Code bases that refactor the schedules, or come without a paper."""
    zheng = "zheng-yanan/techniques-for-kl-vanishing"
    sentence_vae = "timbmg/Sentence-VAE, train.py"
    decay = {"shape": "exponential", "decay": 0.99, "interval": {"epochs": 2}}
    return {
        "zheng_monotonic": Published(
            "Zheng Yelp, monotonic",
            f"{zheng}, anneal_type mono",
            YELP,
            {"shape": "linear", "ratio": 0.1, "offset": 1},
            decay,
        ),
        "zheng_cyclical": Published(
            "Zheng Yelp, cyclical",
            f"{zheng}, anneal_type cyc",
            YELP,
            {"shape": "linear", "cycles": 10, "ratio": 0.5, "offset": 1},
            decay,
            "computes the cosine restarts of the learning rate, and never uses them",
        ),
        "sentence_vae_logistic": Published(
            "Sentence-VAE, logistic",
            f"{sentence_vae}, k 0.0025, x0 2500",
            SENTENCE_VAE,
            {"shape": "sigmoid", "ramp": {"steps": 5000}, "steepness": 12.5},
            note="published: goes on rising from 0.998 after step 5000, here it is 1 from there; "
            f"the formula that {zheng} lists as sigmoid annealing and does not implement",
        ),
        "sentence_vae_linear": Published(
            "Sentence-VAE, linear",
            f"{sentence_vae}, x0 2500",
            SENTENCE_VAE,
            {"shape": "linear", "ramp": {"steps": 2500}},
        ),
        **_hubertrybka(),
    }


def _hubertrybka(total_steps: int = 20) -> dict[str, Published]:
    """The annealer of hubertrybka/vae-annealing: one slope a step for the logistic."""
    shapes = {
        "linear": {"shape": "linear"},
        "cosine": {"shape": "cosine"},
        "logistic": {"shape": "sigmoid", "steepness": total_steps},
    }
    lengths = {
        "monotonic": {"ramp": {"steps": total_steps}},
        "cyclical": {"period": {"steps": total_steps}, "ratio": 1},
    }
    return {
        f"hubertrybka_{kind}_{name}": Published(
            f"vae-annealing, {kind} {name}",
            f"hubertrybka/vae-annealing, annealing.py, total_steps {total_steps}",
            EPOCHS_OF_A_LOOP,
            {**shape, **length},
            note="never 1 in a cycle" if kind == "cyclical" else "",
        )
        for kind, length in lengths.items()
        for name, shape in shapes.items()
    }


PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {**_fu2019(), **_figure2019(), **_text_vaes(), **_other_code()}
)
