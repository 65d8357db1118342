"""Stochastic variational inference: posteriors of their own for each batch, and no encoder."""

from torch import Tensor

from kl_annealing.gaussians import DiagonalGaussian
from kl_annealing.objectives import Terms
from kl_annealing.refinement.descent import refine
from kl_annealing.refinement.inference import prior_parameters
from kl_annealing.training.strategies.refining import Refining


class SVI(Refining):
    """Refines N(0, I) for each batch, then updates the decoder (Kim et al. 2018, section 2.2)."""

    def backward(self, examples: Tensor, step: int, beta: float) -> tuple[Terms, Tensor]:
        """Leave the decoder's gradient at the refined posteriors; return its terms and loss."""
        start = prior_parameters(self.loss.model, examples)
        end = refine(self.bound(examples, start, step, beta), start, self.descent).end
        terms, loss = self.loss(examples, beta, posterior=DiagonalGaussian(*end))
        loss.backward()
        return terms, loss
