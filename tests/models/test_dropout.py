import pytest
import torch
from tiny import model_of

from kl_annealing.data import START, UNK
from kl_annealing.models.dropout import Dropout, WordDropout


@pytest.mark.parametrize("p", [0.2, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_share_of_zeros_and_scale_of_the_rest(p, dtype):
    found = Dropout(p)(torch.ones(400, 500, dtype=dtype))
    zeros = (found == 0).double().mean().item()
    assert abs(zeros - p) < 5 * (p * (1 - p) / found.numel()) ** 0.5
    assert found.dtype == dtype
    rest = found[found != 0].float()
    assert ((rest - 1 / (1 - p)).abs() < 0.01).all()


def test_gradient_passes_where_values_do():
    values = torch.ones(50, 50, requires_grad=True)
    found = Dropout(0.5)(values)
    found.sum().backward()
    assert torch.equal(values.grad, found.detach())


def test_nothing_is_dropped_in_evaluation_or_at_zero():
    values = torch.randn(20, 20)
    assert torch.equal(Dropout(0.5).eval()(values), values)
    assert torch.equal(Dropout(0.0)(values), values)
    assert torch.equal(Dropout(1.0)(values), torch.zeros(20, 20))


def test_the_mask_does_not_depend_on_the_layout_in_memory():
    def drawn(values):
        torch.manual_seed(5)
        return Dropout(0.5)(values)

    assert torch.equal(drawn(torch.ones(7, 9).t()), drawn(torch.ones(9, 7)))


def test_same_seed_same_mask():
    def draw():
        torch.manual_seed(5)
        return Dropout(0.5)(torch.ones(100))

    assert torch.equal(draw(), draw())


def test_words_are_hidden_in_training_only_and_the_start_never():
    tokens = torch.full((400, 50), 7)
    tokens[:, 0] = START
    layer = WordDropout(0.3)
    found = layer(tokens)
    assert (found[:, 0] == START).all()
    assert set(found[:, 1:].unique().tolist()) == {UNK, 7}
    assert (found[:, 1:] == UNK).float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert torch.equal(layer.eval()(tokens), tokens)


def test_the_ends_of_word_dropout_need_no_luck():
    tokens = torch.tensor([[START, 7, 8]])
    assert WordDropout(1)(tokens).tolist() == [[START, UNK, UNK]]
    before = torch.get_rng_state()
    assert torch.equal(WordDropout(0)(tokens), tokens)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_decoder_with_all_words_hidden_sees_their_number_alone(settings_of, tokens, noise):
    still = {"decoder__input_dropout": 0, "decoder__output_dropout": 0}
    model = model_of(settings_of(decoder__word_dropout=1, **still), 20)
    outputs = model.decoder.outputs(tokens[:, :-1], noise)
    blank = torch.full_like(tokens[:, :-1], UNK)
    blank[:, 0] = START
    torch.testing.assert_close(outputs, model.decoder.eval().outputs(blank, noise))
    assert not torch.allclose(outputs, model.decoder.outputs(tokens[:, :-1], noise))
