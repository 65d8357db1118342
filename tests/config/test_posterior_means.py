"""What the posterior mean space needs is said before anything is trained."""

from pathlib import Path

import pytest
import yaml

from kl_annealing.config import validate
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES

ROOT = Path(__file__).parents[2]


def problems(**study) -> str:
    """Return what is wrong with the configuration whose study `posterior_mean` is changed."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    datasets = yaml.safe_load((ROOT / "workflow" / "datasets.yaml").read_text())
    config["studies"] = {"posterior_mean": config["studies"]["posterior_mean"] | study}
    with pytest.raises(InputError) as error:
        validate(config, datasets, FIGURES, TABLES, {"posterior_mean"})
    return str(error.value)


def test_posterior_means_need_scalar_z():
    line = "training.posterior_means: needs scalar z; model.latent_dim is 2, allowed: 1"
    assert line in problems(model="lstm_he2019_synthetic")


def test_figures_of_the_posterior_means_need_them():
    said = problems(training="he2019_synthetic")
    assert "training.posterior_means = null: posterior_mean reads the posterior means" in said
    said = problems(grids=[{"training.posterior_means.trajectory_steps": [0]}])
    assert "trajectory_steps = 0: trajectories draws the first steps; allowed: 1 or more" in said


@pytest.mark.parametrize(("step", "points"), [(41, 1), (0.001, 40000)])
def test_a_grid_of_few_or_countless_points_is_refused(step, points):
    said = problems(grids=[{"training.posterior_means.step": [step]}])
    line = f"training.posterior_means.step = {step}: the grid has {points} points of z; allowed: 2"
    assert line in said
