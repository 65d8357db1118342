"""In which precision a device makes matrix products."""

import torch

from kl_annealing.errors import InputError

PRECISIONS = ("float32", "bfloat16")
# A processor has one of these: AVX512-BF16 or AMX of x86, or the extension of ARM.
INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")


def precision_on(device: torch.device, asked: str) -> str:
    """Return the precision of the products on `device` for work that asks for `asked`.

    Without instructions for bfloat16 a device imitates them, on a processor with AVX2 70 times
    slower than float32; it multiplies in float32 then, whose error is smaller. Raises InputError
    for a precision that is not known.
    """
    if asked not in PRECISIONS:
        raise InputError(f"precision: {asked!r} is not in {', '.join(PRECISIONS)}")
    return asked if asked == "float32" or _has_bfloat16(device) else "float32"


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    has = torch.cpu.get_capabilities()
    return torch.backends.mkldnn.is_available() and any(has.get(name) for name in INSTRUCTIONS)
