"""What is measured of a dialog model beside its bounds: published windows, responses, acts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from kl_annealing.data import UNK, DialogSet, DialogSplit
from kl_annealing.evaluation.dialog_acts import act_scores
from kl_annealing.evaluation.likelihood import bounds, sentence_noise
from kl_annealing.evaluation.overlap.dialog_scores import dialog_scores
from kl_annealing.evaluation.overlap.embeddings import WordVectors
from kl_annealing.evaluation.published_batches import mean_of_batches
from kl_annealing.evaluation.responses import Responses, responses
from kl_annealing.examples import moved
from kl_annealing.models.conditional_vae import ConditionalVAE, KnowledgeGuidedVAE
from kl_annealing.objectives import perplexity

Found = tuple[dict[str, float], dict[str, np.ndarray]]


@torch.no_grad()
def measure(
    model: ConditionalVAE,
    corpus: DialogSet,
    settings: Mapping[str, Any],
    run: Mapping[str, Any],
    device: torch.device,
    measured: Mapping[str, float],
) -> Found:
    """Return metrics and arrays of the splits of `settings` that have them, `train` left out.

    `<split>_rec_ppl`: exp of the reconstruction in nats per predicted token, from what `evaluate`
    has `measured`. `<split>_published_rec`, `_kl`, `_nll`, `_rec_ppl`: see `mean_of_batches`. Where
    `settings` ask for responses the scores of `dialog_scores` as `<split>_<score>`, and the texts
    as arrays `<split>/responses/...` (`Responses`). Of a kgCVAE, whose bounds are those of a
    response given its act, log p(x|c,y), also those of `predicted_acts`.
    """
    metrics, arrays = {}, {}
    for name in (split for split in settings["splits"] if split != "train"):
        split = getattr(corpus, name)
        found = {"rec_ppl": _reconstruction_perplexity(measured, name)}
        found |= published_scores(model, getattr(corpus, f"{name}_published"), settings, device)
        if isinstance(model, KnowledgeGuidedVAE):
            found |= predicted_acts(model, split, settings, device)
        if settings["responses"] is not None:
            given = responses(model, split, settings["responses"], settings["seed"], device)
            found |= scores(given, corpus)
            arrays |= {f"{name}/{key}": array for key, array in given.arrays(corpus).items()}
        metrics |= {f"{name}_{key}": value for key, value in found.items()}
    return metrics, arrays


def _reconstruction_perplexity(measured: Mapping[str, float], split: str) -> float:
    rec, examples, targets = (
        measured[f"{split}_{name}"] for name in ("rec", "n_examples", "n_targets")
    )
    return perplexity(rec * examples, int(targets))


def published_scores(
    model: ConditionalVAE,
    split: DialogSplit | None,
    settings: Mapping[str, Any],
    device: torch.device,
) -> dict[str, float]:
    """Return the numbers of the published windows, none where a split has too few dialogs."""
    if split is None:
        return {}
    rows = []
    for batch in split.batches(settings["batch_size"]):
        noise = sentence_noise(settings["seed"], split.index[batch.rows], 1, model.latent_dim)
        found = bounds(model, moved(split.examples(batch), device), noise.to(device), 1, 1)
        sums = (found[key].double().sum().item() for key in ("rec", "kl"))
        rows.append([*sums, batch.size, batch.targets])
    numbers = mean_of_batches(*np.array(rows).T)
    return {f"published_{key}": value for key, value in numbers.items()}


def predicted_acts(
    model: KnowledgeGuidedVAE,
    split: DialogSplit,
    settings: Mapping[str, Any],
    device: torch.device,
) -> dict[str, float]:
    """Return how well the known dialog acts of responses are told by p(y|z,c), none without any.

    `act_accuracy`, `act_macro_f1` and `act_nll`, the mean of -log p(y|z,c) in nats, given z of the
    posterior, which has seen the act itself; `prior_act_...` given z of the prior, as in
    generation; `n_acts`, how many are known.
    """
    log_p: dict[str, list[np.ndarray]] = {"": [], "prior_": []}
    for batch in split.batches(settings["batch_size"]):
        examples = model.conditioned(moved(split.examples(batch), device))
        noise = sentence_noise(settings["seed"], split.index[batch.rows], 1, model.latent_dim)
        for name, given in (("", model.encode(examples)), ("prior_", model.prior_of(examples))):
            z = given.draw(noise.to(device)).z[0]
            log_p[name].append(model.acts(examples, z).cpu().numpy())
    true = split.table.acts[split.response]
    found = {}
    for name, parts in log_p.items():
        found |= _act_scores(np.concatenate(parts), true, name)
    return found


def _act_scores(log_p: np.ndarray, true: np.ndarray, prefix: str) -> dict[str, float]:
    """Return the scores of log p(y|z,c) [N, A] for the true acts [N], by name."""
    numbers = act_scores(log_p.argmax(1), true)
    if not numbers:
        return {}
    known = np.flatnonzero(true)
    numbers["act_nll"] = -float(log_p[known, true[known]].mean(dtype=np.float64))
    return {f"{prefix}{name}" if name != "n_acts" else name: n for name, n in numbers.items()}


def scores(given: Responses, corpus: DialogSet) -> dict[str, float]:
    """Return the scores of responses against their references."""
    words = corpus.vocabulary.words
    hypotheses, references = (
        [[[words[number] for number in ids] for ids in few] for few in texts]
        for texts in (given.samples, given.references)
    )
    vectors = WordVectors.of_words(words, corpus.vectors, corpus.known)
    return dialog_scores(hypotheses, references, vectors, unknown=words[UNK])
