"""How the convolutional sentence VAE of Fu et al. (2019) starts."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from kl_annealing.models.tied_decoder import TiedDecoder


@torch.no_grad()
def initialise(model: nn.Module, settings: Mapping[str, Any]) -> None:
    """Draw matrices from Glorot and Bengio's uniform (2010), biases 0, forget gates' 1.

    Embeddings, and the projection and bias of an output layer tied to them, are uniform within
    plus or minus `embeddings`.
    """
    half_width, tied = settings["embeddings"], []
    for module in model.modules():
        if isinstance(module, nn.LSTM):
            _initialise_lstm(module)
        elif isinstance(module, nn.Linear | nn.Conv1d):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.Embedding):
            module.weight.uniform_(-half_width, half_width)
        elif isinstance(module, TiedDecoder):
            tied += [module.projection.weight, module.output.bias]
    for parameter in tied:
        if parameter is not None:
            parameter.uniform_(-half_width, half_width)


def _initialise_lstm(lstm: nn.LSTM) -> None:
    """Start each layer as one matrix from input and state to all gates, as TensorFlow has it."""
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight"):
            layer = name.rpartition("_l")[2]
            inputs = getattr(lstm, f"weight_ih_l{layer}").shape[1] + lstm.hidden_size
            bound = math.sqrt(6 / (inputs + 4 * lstm.hidden_size))
            parameter.uniform_(-bound, bound)
        else:
            parameter.zero_()
            if name.startswith("bias_ih"):
                parameter[lstm.hidden_size : 2 * lstm.hidden_size] = 1  # the forget gates
