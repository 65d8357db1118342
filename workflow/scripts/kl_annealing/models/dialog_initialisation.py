"""How the published dialog models start, which TensorFlow 1 decides (Fu et al. 2019)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.errors import InputError
from kl_annealing.models.recurrent import GRU


@torch.no_grad()
def initialise(model: nn.Module, settings: Mapping[str, Any], size: Any) -> None:
    """Draw embeddings, recurrent weights and the output layer within plus or minus `weights`.

    Gates start with a bias of 1, other layers by Glorot and Bengio's uniform (2010); row 0 of each
    embedding is 0. `embeddings: vectors` takes the words' vectors from `size.vectors` [V, E];
    raises InputError where it has none, or none that fit.
    """
    half_width = settings["initialisation"]["weights"]
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.weight.uniform_(-half_width, half_width)[0] = 0
        elif isinstance(module, GRU):
            _initialise_gru(module, half_width)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            module.bias.zero_()
    model.decoder.output.weight.uniform_(-half_width, half_width)
    if settings["embeddings"] == "vectors":
        words = model.decoder.embedding.weight
        words.copy_(_vectors(words, size))[0] = 0


def _initialise_gru(gru: GRU, half_width: float) -> None:
    for name, parameter in gru.named_parameters():
        if name.startswith("weight"):
            parameter.uniform_(-half_width, half_width)
        else:
            parameter.zero_()
            if name.startswith("bias_ih"):
                parameter[: 2 * gru.hidden_size] = 1  # the gates; the candidate is last


def _vectors(words: Tensor, size: Any) -> Tensor:
    """Return the dataset's word vectors for the embedding `words` [V, E]."""
    if size.vectors is None:
        raise InputError(
            "model.embeddings = 'vectors': the dataset has no word vectors; allowed: uniform"
        )
    vectors = torch.as_tensor(size.vectors)
    if vectors.shape != words.shape:
        raise InputError(
            f"model.decoder.embedding_dim = {words.shape[1]}: the dataset's word vectors are "
            f"{len(vectors)} x {vectors.shape[1]}, its words {len(words)}; allowed: "
            f"{vectors.shape[1]}"
        )
    return vectors
