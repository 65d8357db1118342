"""Word vectors whose rows are scaled to length 1, one matrix for encoder and decoder or two."""

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize


def share(encoder: nn.Module, decoder: nn.Module) -> None:
    """Let the encoder use the decoder's embedding, normalised before every use.

    As published by Fu et al. (2019) for Yelp. The parameters are the decoder's alone: training
    that takes encoder and decoder apart counts them there.
    """
    parametrize.register_parametrization(decoder.embedding, "weight", UnitRows())
    encoder.embedding = Borrowed(decoder.embedding)


def normalise(encoder: nn.Module, decoder: nn.Module) -> None:
    """Let encoder and decoder each normalise its own embedding before every use."""
    for network in (encoder, decoder):
        parametrize.register_parametrization(network.embedding, "weight", UnitRows())


class UnitRows(nn.Module):
    """A matrix with each row divided by its Euclidean norm."""

    def forward(self, matrix: Tensor) -> Tensor:
        """Return the normalised matrix [V, E]."""
        return functional.normalize(matrix, dim=1)


class Borrowed(nn.Module):
    """The embedding of another network, without its parameters."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self._embedding = (embedding,)  # what is in a tuple is not registered a second time

    @property
    def weight(self) -> Tensor:
        """The word vectors [V, E]."""
        return self._embedding[0].weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors [..., E] of the words."""
        return self._embedding[0](tokens)
