"""`archive_results`: it unpacks elsewhere, and its configuration gives the same runs there."""

import re
from pathlib import Path

import pytest
import yaml

from kl_annealing.data.archives import unpack

ROOT = Path(__file__).parents[2]
RUN = re.compile(r"(results/runs/[a-z_]+/[^/\s]+)/config\.json")


@pytest.fixture(scope="module")
def arguments(tmp_path_factory, tiny, alone):
    """Return the arguments of one run, its table and its figure."""
    toy = {"figures": ["learning_curves"], "tables": ["results"], "generate": []}
    folder = tmp_path_factory.mktemp("overlay")
    return *tiny, alone(folder, {"toy": toy}, data={"mirror": str(folder)})


@pytest.fixture(scope="module")
def packed(snakemake, tmp_path_factory, arguments):
    """Return a folder in which the experiment was archived."""
    folder = tmp_path_factory.mktemp("archived")
    snakemake(folder, "--cores", "2", "archive_results", *arguments)
    return folder


def asked_for(snakemake, folder, *arguments):
    """Return the run folders that would be made in `folder`."""
    return set(RUN.findall(snakemake(folder, "--dry-run", *arguments).stdout))


def test_it_holds_the_results_and_the_small_files_of_the_run(packed, tmp_path):
    unpack(packed / "results/tiny.tar.gz", tmp_path / "there", maximum_size=10**7)
    there = tmp_path / "there"
    found = {str(path.relative_to(there)) for path in there.rglob("*") if path.is_file()}
    (run,) = (str(path.relative_to(packed)) for path in packed.glob("results/runs/toy/*"))
    (metrics,) = (str(path.relative_to(packed)) for path in packed.rglob("metrics.json"))
    assert {name for name in found if name.startswith("results/runs/")} == {
        metrics,
        *(f"{run}/{name}" for name in ("config.json", "history.csv", "timing.json")),
    }
    for name in ("config.yaml", "metrics.csv", "claims.csv", "claims.md", "tables/toy/results.md"):
        assert f"results/tiny/{name}" in found
    assert "results/tiny/figures/toy/learning_curves.pdf" in found
    for name in found:
        assert (tmp_path / "there" / name).read_bytes() == (packed / name).read_bytes()


def test_classifications_are_packed_with_provenance_and_calibration(snakemake, tiny, tmp_path):
    planned = snakemake(tmp_path, "--dry-run", "archive_results", *tiny).stdout
    (inputs,) = re.findall(r"rule archive_results:\n    input: (.*)\n", planned)
    found = [path.rpartition("/") for path in inputs.split(", ") if "/classifications/" in path]
    files = {"scores.csv", "calibration.csv", "metrics.json"}
    assert found and {(f, name) for f, _, name in found} == {
        (f, n) for f, _, _ in found for n in files
    }


def test_its_configuration_gives_the_same_runs_elsewhere(snakemake, packed, tmp_path):
    unpack(packed / "results/tiny.tar.gz", tmp_path / "there", maximum_size=10**7)
    (tmp_path / "empty").mkdir()
    config = tmp_path / "there/results/tiny/config.yaml"
    assert not {"data", "runtime"} & set(yaml.safe_load(config.read_text()))  # of the machine
    runs = asked_for(snakemake, tmp_path / "empty", "--configfile", config)
    assert runs == {str(path.relative_to(packed)) for path in packed.glob("results/runs/*/*")}


@pytest.fixture
def other_checkout(tmp_path):
    """Return a folder whose `config.yaml` has more studies, and other values."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["studies"]["toy"]["seeds"] = [7, 8]
    config["studies"]["added"] = config["studies"]["toy"] | {"seeds": [9], "tables": []}
    config["trainings"]["toy"]["batch_size"] = 5
    config["models"]["lstm_toy"]["latent_dim"] = 3
    config["evaluation"]["importance_samples"] = 7
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


def test_its_configuration_gives_the_same_runs_beside_another_configuration(
    snakemake, packed, other_checkout
):
    config = packed / "results/tiny/config.yaml"
    runs = {str(path.relative_to(packed)) for path in packed.glob("results/runs/*/*")}
    assert asked_for(snakemake, other_checkout, "--configfile", config) == runs
    local = other_checkout / "config.yaml"
    assert asked_for(snakemake, other_checkout, "--configfile", local, config) == runs


@pytest.fixture
def of_this_machine(other_checkout):
    """Return a function that writes settings of the machine into a reader's `config.yaml`."""
    path = other_checkout / "config.yaml"

    def write(**settings):
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | settings))
        return other_checkout

    return write


def test_the_machine_s_settings_are_the_reader_s(snakemake, packed, of_this_machine):
    folder = of_this_machine(runtime={"device": "cpu", "threads": 2})
    asked = "--dry-run", "--cores", "4", "--configfile", packed / "results/tiny/config.yaml"
    planned = snakemake(folder, *asked).stdout
    assert "threads: 2" in planned and "gpu=1" not in planned
    runs = {str(path.relative_to(packed)) for path in packed.glob("results/runs/*/*")}
    assert set(RUN.findall(planned)) == runs
    planned = snakemake(folder, *asked, "--config", "runtime={device: cuda}").stdout
    assert "threads: 2" in planned and "gpu=1" in planned


def test_the_mirror_is_the_reader_s(snakemake, packed, of_this_machine):
    folder = of_this_machine(data={"mirror": 5})  # told by what is wrong with it
    asked = "--dry-run", "--configfile", packed / "results/tiny/config.yaml"
    refused = snakemake(folder, *asked, check=False)
    assert refused.returncode == 1 and "data.mirror = 5" in refused.stderr + refused.stdout


def test_studies_that_it_lacks_stay_away(snakemake, other_checkout, tmp_path):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["studies"] = {"toy": config["studies"]["toy"]}
    here = tmp_path / "here"
    here.mkdir()
    (here / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    snakemake(here, "--cores", "1", "results/full/config.yaml")
    written = here / "results/full/config.yaml"
    assert yaml.safe_load(written.read_text())["studies"].keys() == {"toy"}
    runs = asked_for(snakemake, here)
    assert runs and asked_for(snakemake, other_checkout, "--configfile", written) == runs


def test_later_files_and_settings_still_change_a_whole_configuration(
    snakemake, packed, other_checkout
):
    overlay = other_checkout / "overlay.yaml"
    overlay.write_text("studies: {toy: {seeds: [3]}}\n")
    config = packed / "results/tiny/config.yaml"
    target = "results/renamed/config.yaml"
    files = "--configfile", config, overlay, "--config", "experiment=renamed"
    snakemake(other_checkout, "--cores", "1", target, *files)
    written = yaml.safe_load((other_checkout / target).read_text())
    first = yaml.safe_load(config.read_text())
    toy = first["studies"]["toy"] | {"seeds": [3]}
    assert written == first | {"experiment": "renamed", "studies": first["studies"] | {"toy": toy}}


def test_a_rerun_packs_nothing_and_a_drawn_report_is_packed_with_it(snakemake, packed, arguments):
    archive, report = packed / "results/tiny.tar.gz", packed / "results/tiny/report.html"
    first = archive.read_bytes()
    again = snakemake(packed, "--cores", "1", "archive_results", *arguments)
    assert "Nothing to be done" in again.stderr + again.stdout
    report.write_text("<p>drawn</p>")
    snakemake(packed, "--cores", "1", "archive_results", *arguments)
    assert archive.read_bytes() != first
    report.unlink()
    snakemake(packed, "--cores", "1", "archive_results", *arguments)
    assert archive.read_bytes() == first


@pytest.mark.parametrize("scale", [None, "small", "demo"])
def test_the_written_configuration_of_every_scale_gives_its_runs(snakemake, tmp_path, scale):
    overlay = [ROOT / "workflow" / "scales" / f"{scale}.yaml"] if scale else []
    here, there = tmp_path / "here", tmp_path / "there"
    files = "--configfile", ROOT / "config.yaml", *overlay
    target = f"results/{scale or 'full'}/config.yaml"
    for folder in (here, there):
        folder.mkdir()
    snakemake(here, "--cores", "1", target, *files)
    runs = asked_for(snakemake, here, *files)
    assert runs and asked_for(snakemake, there, "--configfile", here / target) == runs
