"""In which precision a device makes matrix products."""

import torch

from kl_annealing.errors import InputError

PRECISIONS = ("float32", "bfloat16")
# Either is enough. ARM has some of its own, by which no training was tried.
INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def precision_on(device: torch.device, asked: str, key: str = "precision") -> str:
    """Return the precision of the products on `device` for work that asks for `asked`.

    Without instructions for bfloat16 it is float32, whose error is smaller: a processor with AVX2
    imitates products in bfloat16, 70 times slower than those in float32, and has no LSTM in it.
    Raises InputError for a precision that is not known, with the configuration's `key`.
    """
    if asked not in PRECISIONS:
        raise InputError(f"{key}: {asked!r} is not in {', '.join(PRECISIONS)}")
    return asked if asked == "float32" or _has_bfloat16(device) else "float32"


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    has = torch.cpu.get_capabilities()
    return torch.backends.mkldnn.is_available() and any(has.get(name) for name in INSTRUCTIONS)
