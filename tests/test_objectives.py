import pytest
import torch

from kl_annealing.objectives import Objective, Terms, perplexity

REC = torch.tensor([3.0, 5.0])
KL = torch.tensor([[0.25, 0.75], [1.5, 0.5]])  # by dimension: 1 and 2
loss = Objective().loss


@pytest.mark.parametrize(("beta", "expected"), [(0.0, 4.0), (0.5, 4.75), (1.0, 5.5), (2.0, 7.0)])
def test_loss_is_the_mean_of_reconstruction_plus_beta_kl(beta, expected):
    assert loss(Terms(REC, KL), beta).item() == expected


def test_beta_weighs_the_kl_alone():
    terms = Terms(REC, KL, {"bag_of_words": torch.tensor([10.0, 20.0])})
    weighed = Objective({"bag_of_words": 0.5}).loss
    assert loss(terms, 0.0).item() == 4.0
    assert weighed(terms, 0.0).item() == 4.0 + 7.5
    slope = weighed(terms, 1.0) - weighed(terms, 0.0)
    assert slope.item() == terms.kl.mean().item()


def test_perplexity_is_that_of_a_predicted_token():
    assert perplexity(6.0, 4) == pytest.approx(4.481689070338065)
    assert perplexity(1e6, 1) == float("inf")


def test_terms_share_no_extras_that_could_be_changed():
    with pytest.raises(TypeError):
        Terms(REC, KL).extras["x"] = REC
