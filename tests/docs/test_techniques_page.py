"""The page of techniques: its lines are runs, and what it calls incompatible is refused."""

import copy
import itertools
import re
from pathlib import Path

import pytest
import yaml

from kl_annealing.config import validate
from kl_annealing.data import read_datasets
from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import FIGURES, TABLES
from kl_annealing.reporting.claims_file import claimed_studies

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "techniques.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
SECTIONS = {
    title.lower().replace(" ", "-"): text
    for title, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}
GRIDS = {
    name: yaml.safe_load(block[1])["grids"][0]
    for name, text in SECTIONS.items()
    if (block := re.search(r"```yaml\n(grids: .*?)```", text, re.DOTALL))
}
PAIRS = [
    pair
    for pair in itertools.combinations(GRIDS, 2)
    if not set.intersection(*map(set, map(GRIDS.get, pair)))
]


def refused(grid):
    """Return whether the study `techniques` does not take a grid."""
    config = copy.deepcopy(CONFIG)
    study = {**config["studies"]["techniques"], "grids": [grid], "figures": [], "tables": []}
    config["studies"] = {"techniques": study}
    try:
        validate(config, read_datasets(), FIGURES, TABLES, claimed_studies())
    except InputError:
        return True
    return False


def not_with(name):
    """Return the sections that a section says it does not go with."""
    line = re.search(r"^- Not with: (.*?)\n\n", SECTIONS[name], re.DOTALL | re.MULTILINE)[1]
    return set(re.findall(r"\(#([\w-]+)\)", line))


def test_links_lead_to_sections():
    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= set(SECTIONS)
    assert len(GRIDS) == 10


@pytest.mark.parametrize("name", GRIDS)
def test_the_lines_of_a_remedy_run_alone(name):
    assert not refused(GRIDS[name])


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_exactly_what_the_page_says_is_refused(one, other):
    assert (other in not_with(one)) == (one in not_with(other))
    assert refused({**GRIDS[one], **GRIDS[other]}) == (other in not_with(one))


def test_every_named_block_and_output_is_there():
    rows = re.findall(
        r"^\| `(\w+)` \|(.*?)\|(.*?)\|$", SECTIONS["which-study-asks-what"], re.MULTILINE
    )
    assert {name for name, *_ in rows} <= set(CONFIG["studies"])
    for name, _, outputs in rows:
        study = CONFIG["studies"][name]
        offered = {*study["figures"], *study["tables"], "mean_slope"}  # the last is a metric
        assert set(re.findall(r"`(\w+)`", outputs)) <= offered, name
