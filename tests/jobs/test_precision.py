"""bfloat16 is an allowance: without instructions for it, products are made in float32."""

import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.precision import precision_on

CPU = torch.device("cpu")


@pytest.mark.parametrize(("native", "made_in"), [(True, "bfloat16"), (False, "float32")])
def test_a_processor_multiplies_in_16_bits_where_it_can(with_bfloat16, native, made_in):
    with_bfloat16(native)
    assert precision_on(CPU, "bfloat16") == made_in
    assert precision_on(CPU, "float32") == "float32"


@pytest.mark.parametrize("native", [True, False])
def test_a_gpu_counts_only_without_emulation(monkeypatch, native):
    def supported(including_emulation=True):
        return including_emulation or native

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    expected = "bfloat16" if native else "float32"
    assert precision_on(torch.device("cuda"), "bfloat16") == expected


def test_a_processor_without_onednn_has_no_kernels_for_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert precision_on(CPU, "bfloat16") == "float32"


def test_an_unknown_precision_is_refused():
    with pytest.raises(InputError, match="'float16' is not in float32, bfloat16"):
        precision_on(CPU, "float16")
