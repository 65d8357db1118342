import pytest
import torch

from kl_annealing.errors import InputError
from kl_annealing.jobs.memory_shortage import memory_advice

SETTINGS = {"training.batch_size": 32, "training.precision": "float32"}
SHORTAGES = {
    "allocator": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "start of CUDA": RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be"),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
}


def advice(error, runs_per_gpu=4, settings=SETTINGS):
    """Return what a job says that ends with an error."""
    with pytest.raises(InputError) as told, memory_advice("a_run", runs(runs_per_gpu), settings):
        raise error
    return str(told.value)


def runs(count):
    return {"runs_per_gpu": count}


@pytest.fixture(autouse=True)
def native(with_bfloat16, monkeypatch):
    """A processor and a GPU that multiply in bfloat16."""
    with_bfloat16(True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)


@pytest.mark.parametrize("error", SHORTAGES.values(), ids=SHORTAGES)
def test_a_shortage_is_one_line_that_says_what_to_change(error, capsys):
    assert advice(error) == (
        "a_run: out of memory on the GPU: lower runtime.runs_per_gpu (now 4), or lower "
        "training.batch_size (now 32), or set training.precision to bfloat16, or take a larger GPU"
    )
    assert str(error) in capsys.readouterr().out


@pytest.mark.parametrize("error", [None, MemoryError("Unable to allocate 8.00 PiB")], ids=str)
def test_a_shortage_of_the_machine_is_told_apart(error):
    with pytest.raises(InputError) as told, memory_advice("a_run", runs(4), SETTINGS):
        if error:
            raise error
        torch.empty(2**55)
    assert str(told.value) == (
        "a_run: out of memory of the machine: make the model smaller, or lower training.batch_size "
        "(now 32), or set training.precision to bfloat16, or take a larger machine"
    )


def test_what_cannot_be_less_is_no_advice():
    settings = {"training.batch_size": 1, "training.precision": "bfloat16"}
    line = advice(SHORTAGES["allocator"], 1, settings)
    assert line == "a_run: out of memory on the GPU: take a larger GPU"


@pytest.mark.parametrize("error", [SHORTAGES["allocator"], MemoryError()], ids=["GPU", "machine"])
def test_bfloat16_is_no_advice_where_nothing_multiplies_in_it(error, with_bfloat16, monkeypatch):
    with_bfloat16(False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    line = advice(error)
    assert "training.batch_size" in line and "precision" not in line


def test_a_gpu_that_cannot_be_asked_is_taken_to_multiply_in_it(monkeypatch):
    def fail(including_emulation):
        raise SHORTAGES["start of CUDA"]

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", fail)
    assert "or set training.precision to bfloat16" in advice(SHORTAGES["start of CUDA"])


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes"), memory_advice("a_run", runs(1), SETTINGS):
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_real_shortage():
    message = "a_run: out of memory on the GPU"
    with pytest.raises(InputError, match=message), memory_advice("a_run", runs(1), SETTINGS):
        torch.empty(2**50, device="cuda")
