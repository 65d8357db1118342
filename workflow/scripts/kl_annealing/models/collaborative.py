"""The collaborative variational encoder-decoder (Shen, Su, Niu and Demberg 2018, AAAI).

The paper separates two phases that share a code c, the last state of the encoder of a text:

    c = encoder(x)                                                                     (1)
    phase 1, an autoencoder of texts:        minimise E[-log p(x | m)]                 (2)
    phase 2, a VED of the code: minimise KL(q(z|c) || p(z)) + 1/2 |c - G(z)|^2         (3)
        q(z|c) = N(mu(c), sigma^2(c)), perceptrons with two tanh layers                (4)
        G, a perceptron that transforms Gaussian noise z ~ p(z) to codes               (5)
    scheduled training: m = G(z) with probability r, else c, for each sentence;        (6)
        r grows linearly from 0 to 1 while phase 1 goes on, r = 1 in the test.

The second term of (3) is -log N(c; G(z), I) up to a constant; the code is a constant in it. Phase 1
follows the gradient in the encoder and the decoder, phase 2 that in q and G, and they alternate by
epochs (`training.strategies.collaborative`).

What this rests on: the abstract has the two phases and (5). (1) to (4), (6) and the alternation are
those of the authors' program (chin-gyou/improving-variational-encoder-decoders-in-dialogue-
generation, `ws_vhred.py`); the paper's own equations could not be read and are NOT VERIFIED.

What differs, since there are sentences here and no dialogues: the program conditions p(z), q and
the decoder on the dialogue before. Without it a learned Gaussian prior adds nothing to what G can
do, so p(z) = N(0, I). What is learned is the prior over codes: that of G(z). The program's G has no
hidden layer; its variances are 0.1 softplus(.), here exp(.); it adds in phase 1 the KL, where that
is above 5 nats a sentence, for the prior and the encoder, which is left out.

With r = 1 the model is p(z) p(x|G(z)) with the posterior q(z|c(x)): its ELBO, importance-weighted
bound and information are defined as those of any VAE.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy
from kl_annealing.models.gaussian_head import GaussianHead
from kl_annealing.models.interfaces import State
from kl_annealing.models.latent_model import Unconditional
from kl_annealing.models.text_decoder import TextDecoder
from kl_annealing.models.text_parts import make_decoder, make_encoder, start
from kl_annealing.objectives import Terms


def build(run: Mapping[str, Any], vocabulary_size: int) -> "CollaborativeVED":
    """Return the model of a run with fresh weights."""
    settings = run["model"]
    width, code_dim = settings["perceptron_dim"], settings["encoder"]["hidden_dim"]
    gaussian = GaussianHead(
        run["posterior"], width, settings["latent_dim"], settings["encoder"]["head_bias"]
    )
    recogniser = nn.Sequential(*_layer(code_dim, width), *_layer(width, width), gaussian)
    generator = nn.Sequential(*_layer(settings["latent_dim"], width), *_layer(width, code_dim))
    text = make_decoder(run, vocabulary_size, code_dim)
    encoder = make_encoder(run, vocabulary_size, nn.Identity())
    model = CollaborativeVED(encoder, recogniser, CodeDecoder(generator, text))
    start(model, run, text)
    return model


def _layer(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module]:
    return nn.Linear(inputs, outputs), nn.Tanh()


class CodeDecoder(nn.Module):
    """The decoder p(x|z) = p(x|G(z)) as generation and evaluation see it."""

    def __init__(self, generator: nn.Module, text: TextDecoder) -> None:
        super().__init__()
        self.generator = generator
        self.text = text

    def code(self, z: Tensor) -> Tensor:
        """Return G(z) [..., C], in float32 also under autocast."""
        with torch.autocast(z.device.type, enabled=False):
            return self.generator(z)

    @property
    def vocabulary_size(self) -> int:
        """The number of words V that have a probability."""
        return self.text.vocabulary_size

    def start(self, z: Tensor) -> State:
        """Return the state before the first token, for z [B, D]."""
        return self.text.start(self.code(z))

    def step(self, tokens: Tensor, z: Tensor, state: State) -> tuple[Tensor, State]:
        """Return log p(next token) [B, V] after tokens [B], and the state that follows."""
        return self.text.step(tokens, self.code(z), state)


class CollaborativeVED(Unconditional, nn.Module):
    """Encoder x -> c, recogniser c -> q(z|c), and decoder z -> G(z) -> x; sentences [B, L]."""

    def __init__(self, encoder: nn.Module, recogniser: nn.Sequential, decoder: CodeDecoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.recogniser = recogniser
        self.decoder = decoder

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.recogniser[-1].out_features // 2

    @property
    def autoencoder(self) -> list[nn.Parameter]:
        """What phase 1 trains: the encoder of texts and their decoder."""
        return [*self.encoder.parameters(), *self.decoder.text.parameters()]

    @property
    def variational(self) -> list[nn.Parameter]:
        """What phase 2 trains: q(z|c) and G."""
        return [*self.recogniser.parameters(), *self.decoder.generator.parameters()]

    def encode(self, tokens: Tensor) -> DiagonalGaussian:
        """Return the posterior q(z|x), with parameters [B, D]."""
        return self._recognised(self.encoder(tokens))

    def reconstruction(
        self, tokens: Tensor, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|G(z)) [B] in nats; `</s>` is predicted, `<s>` is not."""
        return self.decoder.text.negative_log_likelihood(tokens, self.decoder.code(z), output_loss)

    def terms(self, tokens: Tensor, share: float = 1.0, decoded: bool = True) -> Terms:
        """Return -log p(x|m), KL and `code_error` = 1/2 |c - G(z)|^2 of each sentence.

        `share` is r of (6). Unless `decoded`, the reconstruction has no gradient.
        """
        code = self.encoder(tokens)
        posterior = self._recognised(code)
        draw = posterior.draw()
        made = self.decoder.code(draw.z)
        chosen = torch.rand(len(tokens), 1, device=tokens.device) < share
        with torch.set_grad_enabled(decoded and torch.is_grad_enabled()):
            mixed = torch.where(chosen, made, code)
            rec = self.decoder.text.negative_log_likelihood(tokens, mixed)
        code_error = 0.5 * (code - made).square().sum(-1)
        return Terms(rec, posterior.kl(self.prior_of(tokens), draw), {"code_error": code_error})

    def _recognised(self, code: Tensor) -> DiagonalGaussian:
        with torch.autocast(code.device.type, enabled=False):
            return self.recogniser(code)
