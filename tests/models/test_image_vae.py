"""The image models: sizes as published, causality by autograd, the density by enumeration."""

import itertools

import pytest
import torch
from tiny import model_of
from torch.nn import functional

from kl_annealing.evaluation.likelihood import bounds
from kl_annealing.models.masked_convolution import MaskedConvolution
from kl_annealing.schema import completed

torch.set_num_threads(1)  # tiny tensors
TINY = {
    "kind": "image_vae",
    "latent_dim": 3,
    "encoder": {"channels": [4, 4, 4], "features": 6},
    "decoder": {"channels": 4, "kernels": [5, 3, 3, 3], "latent_maps": 2},
}
ALONE = {"kind": "pixelcnn", "decoder": TINY["decoder"]}


def model(settings=TINY, size=(8, 8)):
    torch.manual_seed(0)
    return model_of(settings, size).eval()


def binary(*shape):
    return torch.randint(2, shape, generator=torch.Generator().manual_seed(1)).float()


def test_published_sizes_are_the_defaults():
    published = model(completed({"kind": "image_vae"}, "model"), (28, 28))
    decoder = published.decoder
    kernels = [module.weight.shape[3] for module in decoder.modules() if is_masked(module)]
    assert kernels[:13] == [7] * 5 + [5] * 4 + [3] * 4  # the layers, then their connections
    assert kernels[13:] == [7] * 4 + [5] * 4 + [3] * 3
    assert decoder.latent.weight.shape == (4 * 28 * 28, 32)
    assert decoder.from_latent.weight.shape == (64, 4, 7, 7)
    left = [module for module in published.encoder.network if isinstance(module, torch.nn.Conv2d)]
    assert [tuple(module.weight.shape) for module in left] == [(512, 64, 4, 4)]
    assert published.encoder.head.weight.shape == (64, 512)


def is_masked(module):
    return isinstance(module, MaskedConvolution)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_masked_convolution_is_the_square_one_with_zeros_ahead(own, kernel):
    layer = MaskedConvolution(2, 3, kernel, own)
    torch.nn.init.normal_(layer.weight)
    square = torch.zeros(3, 2, kernel, kernel)
    square[:, :, : kernel // 2 + 1] = layer.weight.detach()
    square.flatten(2)[:, :, kernel**2 // 2 + own :] = 0
    maps = torch.randn(2, 2, 6, 5)
    torch.testing.assert_close(layer(maps), functional.conv2d(maps, square, padding=kernel // 2))


@pytest.mark.parametrize("size", [(8, 8), (5, 6)])
def test_no_pixel_sees_itself_or_what_comes_after(size):
    decoder = model(size=size).decoder.double()
    images, z = torch.rand(1, *size).double(), torch.randn(1, 3).double()
    jacobian = torch.autograd.functional.jacobian(lambda x: decoder.logits(x, z), images)
    jacobian = jacobian.reshape(size[0] * size[1], -1)  # [logit, pixel]
    assert (jacobian.triu() == 0).all()
    assert (jacobian.tril(-1).abs().sum(1)[1:] > 0).all()  # each logit but the first sees some


def test_every_logit_sees_the_latent():
    decoder = model().decoder
    z = torch.randn(1, 3, requires_grad=True)
    images = binary(1, 8, 8)
    jacobian = torch.autograd.functional.jacobian(lambda z: decoder.logits(images, z), z)
    assert (jacobian.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("settings", [TINY, ALONE])
def test_the_density_sums_to_one(settings):
    small = model(settings, (2, 3)).double()
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6))).view(-1, 2, 3).double()
    z = torch.randn(1, small.latent_dim).double().expand(len(images), -1)
    nll = small.reconstruction(images, z)
    assert (-nll).logsumexp(0).item() == pytest.approx(0, abs=1e-9)


def test_reconstruction_is_the_published_formula():
    images, z = binary(4, 8, 8), torch.randn(4, 3)
    vae = model()
    p = torch.sigmoid(vae.decoder.logits(images, z))
    expected = -(images * (p + 1e-12).log() + (1 - images) * (1 - p + 1e-12).log()).sum((1, 2))
    torch.testing.assert_close(vae.reconstruction(images, z), expected)


def test_samples_have_the_probabilities_of_a_whole_pass():
    decoder = model().decoder
    z, noise = torch.randn(5, 3), torch.rand(5, 8, 8)
    images, probabilities = decoder.sample(z, noise)
    torch.testing.assert_close(probabilities, torch.sigmoid(decoder.logits(images, z)))
    assert torch.equal(images, (noise < probabilities).float())


def test_the_baseline_has_no_latent():
    alone = model(ALONE)
    images = binary(4, 8, 8)
    terms = alone.terms(images)
    assert alone.latent_dim == 0 and terms.kl_parts.shape == (4, 0)
    assert not terms.kl.any()


def test_pixels_have_no_words_to_draw():
    vae, images = model(), binary(4, 8, 8)
    noise = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        all_words, some = (bounds(vae, images, noise, 2, 5, words=words) for words in (None, 64))
    assert set(some) == set(all_words)
    assert all(torch.equal(some[name], all_words[name]) for name in some)


def test_initialisation():
    wide = {**TINY, "decoder": {"channels": 64, "kernels": [7, 5, 3], "latent_maps": 4}}
    decoder = model(wide).decoder
    weight = decoder.layers[0].body[3].weight  # 5 x 5, 32 channels
    assert weight.std().item() == pytest.approx((2 / (25 * 32)) ** 0.5, rel=0.05)
    assert not decoder.latent.bias.any()


def test_training_lowers_the_bound():
    vae = model().train()
    images = binary(1, 8, 8).expand(16, 8, 8)
    optimiser = torch.optim.Adam(vae.parameters(), 1e-2)
    losses = []
    for _ in range(30):
        terms = vae.terms(images)
        loss = (terms.reconstruction + terms.kl).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
