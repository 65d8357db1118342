"""Dialog models: the CVAE and the knowledge-guided CVAE of Zhao, Zhao and Eskenazi (2017, ACL).

Of a response x in the context c, with a latent variable z and, in the kgCVAE, the dialog act y:

    CVAE      log p(x|c)   >= E_q(z|x,c) [log p(x|z,c)] - KL(q(z|x,c) || p(z|c))               (2)
    kgCVAE    log p(x,y|c) >= E_q(z|x,c,y) [log p(x|z,c,y) + log p(y|z,c)]
                              - KL(q(z|x,c,y) || p(z|c))                                       (3)

`Terms` has log p(x|.) as its reconstruction in both, and -log p(y|z,c) as the auxiliary loss
`dialog_act`, whose weight is the objective's. Networks as Fu et al. (2019) run them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from kl_annealing.data.dialog.exchanges import Exchanges
from kl_annealing.examples import Bundle
from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.models.cross_entropy import OutputLoss, linear_cross_entropy
from kl_annealing.models.exchange_encoder import ExchangeEncoder
from kl_annealing.models.response_decoder import ResponseDecoder
from kl_annealing.objectives import Terms


@dataclass(frozen=True, eq=False)
class Conditioned(Bundle):
    """Responses with everything that does not depend on a sample of z."""

    tokens: Tensor  # [B, L], padded with 0
    condition: Tensor  # [B, C]
    mu: Tensor  # [B, D], of the posterior, as logvar
    logvar: Tensor
    prior_mu: Tensor  # [B, D]
    prior_logvar: Tensor
    acts: Tensor  # [B]


class Recognition(nn.Module):
    """q(z|x,c) or q(z|x,c,y): a head on [condition; response; what `of_act` makes of the act]."""

    def __init__(self, head: nn.Module, of_act: nn.Module) -> None:
        super().__init__()
        self.of_act = of_act
        self.head = head

    def forward(self, condition: Tensor, response: Tensor, act: Tensor) -> DiagonalGaussian:
        """Return the posterior, for condition [B, C], response [B, F] and the act's vector."""
        return self.head(torch.cat([condition, response, self.of_act(act)], dim=-1))


class ConditionalVAE(nn.Module):
    """A recognition network (the encoder), a prior network and a decoder over one condition.

    The encoder is q's alone: what reads the utterances serves prior and decoder too. `heads` are
    networks (tokens, [c; z]) -> auxiliary loss [B] by the name of that loss.
    """

    given_acts = False  # whether its bounds are of log p(x|c,y), given the act

    def __init__(
        self,
        conditions: ExchangeEncoder,
        encoder: Recognition,
        prior: nn.Module,
        decoder: ResponseDecoder,
        heads: Mapping[str, nn.Module] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.conditions = conditions
        self.encoder = encoder
        self.prior = prior
        self.decoder = decoder
        self.heads = nn.ModuleDict(heads)

    @property
    def latent_dim(self) -> int:
        """The dimension D of z."""
        return self.encoder.head.out_features // 2

    def conditioned(self, examples: Exchanges) -> Conditioned:
        """Return the responses with condition, posterior and prior, the last two in float32."""
        condition, response = self.conditions(examples)
        act = self.decoder.acts.known(examples.acts)
        with torch.autocast(examples.device.type, enabled=False):
            dtype = self.encoder.head.weight.dtype
            condition, response, act = (part.to(dtype) for part in (condition, response, act))
            posterior = self.encoder(condition, response, act)
            prior = self.prior(condition)
        return Conditioned(examples.tokens, condition, *posterior, *prior, examples.acts)

    def encode(self, examples: Conditioned) -> DiagonalGaussian:
        """Return the posterior of z [B, D] given response and condition."""
        return DiagonalGaussian(examples.mu, examples.logvar)

    def prior_of(self, examples: Conditioned) -> DiagonalGaussian:
        """Return the prior p(z|c)."""
        return DiagonalGaussian(examples.prior_mu, examples.prior_logvar)

    def codes(self, examples: Conditioned, z: Tensor) -> Tensor:
        """Return what the decoder is given as its z: [c; z], [B, C + D]."""
        return torch.cat([examples.condition, z], dim=-1)

    def reconstruction(
        self, examples: Conditioned, z: Tensor, output_loss: OutputLoss = linear_cross_entropy
    ) -> Tensor:
        """Return -log p(x|z,c), given the true act where acts are modelled, [B] in nats."""
        given = examples.tokens, self.codes(examples, z), examples.acts
        return self.decoder.negative_log_likelihood(*given, output_loss)

    def terms(self, examples: Exchanges, noise: Tensor | None = None) -> Terms:
        """Return reconstruction, KL and auxiliary losses of each response, by one sample of z."""
        found = self.conditioned(examples)
        posterior = self.encode(found)
        draw = posterior.draw(noise)
        kl_parts = posterior.kl(self.prior_of(found), draw)
        return Terms(self.reconstruction(found, draw.z), kl_parts, self.losses(found, draw.z))

    def losses(self, examples: Conditioned, z: Tensor) -> dict[str, Tensor]:
        """Return the auxiliary losses [B] in nats by name."""
        code = self.codes(examples, z)
        return {name: head(examples.tokens, code) for name, head in self.heads.items()}


class KnowledgeGuidedVAE(ConditionalVAE):
    """A conditional VAE with the dialog act of the response."""

    given_acts = True

    def acts(self, examples: Conditioned, z: Tensor) -> Tensor:
        """Return log p(y|z,c) [B, A] in nats; minus infinity for act 0, which is unknown."""
        return self.decoder.acts.log_p(self.codes(examples, z))

    def losses(self, examples: Conditioned, z: Tensor) -> dict[str, Tensor]:
        """Return the auxiliary losses [B]; -log p(y|z,c) is 0 where the act is unknown."""
        of_act = self.decoder.acts.loss(self.codes(examples, z), examples.acts)
        return {"dialog_act": of_act, **super().losses(examples, z)}
