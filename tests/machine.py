"""What a test may need of the machine."""

import pytest
import torch

from kl_annealing.jobs.precision import precision_on

needs_bfloat16 = pytest.mark.skipif(
    precision_on(torch.device("cpu"), "bfloat16") == "float32",
    reason="this processor has no instructions for bfloat16",
)
