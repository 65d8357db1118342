"""What a test may need of the machine."""

import pytest
import torch

from kl_annealing.jobs.precision import precision_on

HAS_BFLOAT16 = precision_on(torch.device("cpu"), "bfloat16") == "bfloat16"
needs_bfloat16 = pytest.mark.skipif(
    not HAS_BFLOAT16, reason="this processor has no instructions for bfloat16"
)
