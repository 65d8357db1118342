import base64
import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from kl_annealing.reporting import style

CONFIGURED = ["constant", "monotonic", "mine", "cyclical", "cyclical_ptb", "other"]


def test_published_methods_have_their_colour_in_every_company():
    for size in range(1, 5):
        for names in itertools.combinations(CONFIGURED, size):
            chosen = style.colours(names, CONFIGURED)
            for name in {"constant", "monotonic", "cyclical"} & set(names):
                assert chosen[name] == style.FAMILY_COLOURS[name]


def test_own_schedule_has_the_same_colour_in_every_figure():
    company = (["mine"], ["mine", "other"], ["other", "mine", "constant"])
    seen = {style.colours(names, CONFIGURED)["mine"] for names in company}
    assert len(seen) == 1


def test_methods_of_one_figure_never_share_a_colour():
    names = [*CONFIGURED, "monotonic_ptb", "language_model", *"abcdefgh"]
    chosen = style.colours(names)
    assert list(chosen) == names
    assert len(set(chosen.values())) == len(names)


def test_a_schedule_of_the_configuration_has_one_colour_in_every_company():
    chosen = style.colours(CONFIGURED)
    for size in range(1, 4):
        for names in itertools.combinations(CONFIGURED, size):
            assert style.colours(names, CONFIGURED).items() <= chosen.items()


def test_many_methods_of_one_family_do_not_share_a_colour():
    names = [f"{family}_{number}" for family in style.FAMILY_COLOURS for number in range(16)]
    assert len(set(style.colours(names).values())) == len(names)


def test_appending_a_schedule_changes_no_other():
    before, after = style.colours(CONFIGURED), style.colours([*CONFIGURED, "newest"])
    assert before.items() <= after.items()


def test_word_of_the_name_settles_the_family():
    assert style.family("cyclical_ptb") == "cyclical"
    assert style.family("language_model_fu2019") == "language"
    assert style.family("bicyclical") is None
    assert style.colour("fu2019_cyclical") == style.colour("cyclical")


def simulated(colour, weights):
    """Return the colour as seen by a dichromat, by a linear map in sRGB (Machado et al. 2009)."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.clip(np.array(weights) @ rgb, 0, 1)


DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]


@pytest.mark.parametrize("weights", [DEUTERANOPIA, PROTANOPIA])
def test_family_colours_stay_apart_without_red_or_green_cones(weights):
    seen = [simulated(colour, weights) for colour in style.FAMILY_COLOURS.values()]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) > 0.3


def test_a_remedy_settles_the_colour_whatever_schedule_goes_with_it():
    assert style.family("aggressive, cyclical_ptb") == "aggressive"
    assert style.family("free_bits") == "bits"
    assert style.colour("sa_vae") == style.REMEDY_COLOURS["sa"]


def test_every_family_has_a_colour_and_a_mark_of_its_own():
    hues = {**style.FAMILY_COLOURS, **style.REMEDY_COLOURS}
    assert hues.keys() == style.FAMILY_MARKERS.keys()
    assert len(set(style.FAMILY_MARKERS.values())) == len(hues)
    seen = [simulated(colour, np.eye(3)) for colour in hues.values()]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) >= 0.25


def luminance(colour):
    """Relative luminance of sRGB (WCAG 2.1)."""
    rgb = simulated(colour, np.eye(3))
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_every_family_can_be_seen_on_white():
    for colour in {**style.FAMILY_COLOURS, **style.REMEDY_COLOURS}.values():
        assert 1.05 / (luminance(colour) + 0.05) > 2.2


CROSSED = (
    "constant", "monotonic", "cyclical", "bag_of_words, constant", "bag_of_words, monotonic",
    "bag_of_words, cyclical", "kgcvae, bag_of_words_and_act, monotonic",
    "kgcvae, bag_of_words_and_act, cyclical",
)  # fmt: skip


def test_a_remedy_that_is_crossed_with_schedules_tells_them_apart():
    assert (
        style.family(CROSSED[5]) == "bag cyclical"
        and style.family(CROSSED[6]) == "kgcvae monotonic"
    )
    assert style.marker(CROSSED[3]) == style.marker(CROSSED[5]) == style.marker("bag_of_words")
    seen = [simulated(colour, np.eye(3)) for colour in style.colours(CROSSED).values()]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) >= 0.19


def test_files_are_the_same_bytes_each_time_and_left_whole(tmp_path):
    paths = []
    for number in range(2):
        with style.look():
            figure = style.new_figure()
            axes = figure.subplots()
            axes.plot([0, 1], [1, 3], label="a")
            axes.fill_between([0, 1], [0, 1], [2, 3], alpha=0.2)
            axes.legend()
        pdf, svg = tmp_path / f"{number}.pdf", tmp_path / f"{number}.svg"
        style.save(figure, pdf, svg)
        paths.append((pdf, svg))
    for first, second in zip(*paths, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.pdf", "0.svg", "1.pdf", "1.svg"]
    assert paths[0][0].read_bytes().startswith(b"%PDF")


def test_rasters_have_the_resolution_of_the_look(tmp_path):
    with style.look():
        figure = style.new_figure(2, 2)
        figure.subplots().scatter([0, 1], [0, 1], rasterized=True)
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.svg")
    size = 2 * style.LOOK["savefig.dpi"]
    svg = (tmp_path / "a.svg").read_text()
    image = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,\s*([^\"]+)", svg)[1])))
    (pdf_width,) = set(re.findall(rb"/Width (\d+)", (tmp_path / "a.pdf").read_bytes()))
    for width in (image.width, int(pdf_width)):
        assert 0.6 * size < width <= size


def test_look_leaves_no_trace():
    import matplotlib

    before = dict(matplotlib.rcParams)
    with style.look():
        assert matplotlib.rcParams["font.size"] == 8
    assert dict(matplotlib.rcParams) == before
