"""How the blocks of a run become a dialog model."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from kl_annealing.errors import InputError
from kl_annealing.makers import head_makers, maker
from kl_annealing.models.conditional_vae import ConditionalVAE, KnowledgeGuidedVAE, Recognition
from kl_annealing.models.dialog_acts import DialogActs, NoActs
from kl_annealing.models.dialog_initialisation import initialise
from kl_annealing.models.exchange_encoder import ExchangeEncoder, UtteranceEncoder
from kl_annealing.models.gaussian_head import GaussianHead
from kl_annealing.models.response_decoder import ResponseDecoder
from kl_annealing.models.word_vectors import Borrowed


def build(run: Mapping[str, Any], size: Any) -> ConditionalVAE:
    """Return the model of a run, `cvae` or `kgcvae`, with fresh weights.

    `size` has the numbers of `words`, `topics` and `acts`, what is unknown counted, and for
    `embeddings: vectors` the `vectors` [words, E]. Raises InputError where it does not fit.
    """
    settings = run["model"]
    guided = settings["kind"] == "kgcvae"
    words = nn.Embedding(size.words, settings["decoder"]["embedding_dim"], padding_idx=0)
    conditions = ExchangeEncoder(
        settings, size.topics, UtteranceEncoder(settings, Borrowed(words), words.embedding_dim)
    )
    condition_dim = conditions.condition_dim
    code_dim = condition_dim + settings["latent_dim"]
    acts = _dialog_acts(settings, size, code_dim) if guided else NoActs()
    makers = head_makers(run)
    heads = {name: make(settings, size.words, condition_dim) for name, make in makers.items()}
    model = (KnowledgeGuidedVAE if guided else ConditionalVAE)(
        conditions,
        _recognition(run, condition_dim + conditions.utterances.width),
        _prior(run, condition_dim),
        ResponseDecoder(settings, words, code_dim, acts),
        heads,
    )
    initialise(model, settings, size)
    return model


def _dialog_acts(settings: Mapping[str, Any], size: Any, code_dim: int) -> DialogActs:
    if size.acts < 2:
        raise InputError(
            "model.kind = 'kgcvae': the dataset has no dialog acts; allowed: cvae, or a dataset "
            "with acts"
        )
    return DialogActs(settings["act"], size.acts, code_dim)


def _recognition(run: Mapping[str, Any], inputs: int) -> Recognition:
    """Return q, a single linear layer over `inputs` features and, if any, those of the act."""
    settings, of_act = run["model"], nn.Identity()
    if "act" in settings:
        width = settings["act"]["recognition_dim"]
        of_act = nn.Sequential(nn.Linear(settings["act"]["embedding_dim"], width), nn.Tanh())
        inputs += width
    head = maker("posterior", run)(run["posterior"], inputs, settings["latent_dim"])
    return Recognition(head, of_act)


def _prior(run: Mapping[str, Any], condition_dim: int) -> nn.Module:
    """Return p(z|c): a tanh layer, then mean and log variance."""
    settings = run["model"]
    width = settings["prior_dim"]
    head = GaussianHead(run["posterior"], width, settings["latent_dim"])
    return nn.Sequential(nn.Linear(condition_dim, width), nn.Tanh(), head)
