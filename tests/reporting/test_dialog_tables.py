"""The tables of a study of dialogs, from results made by hand."""

import csv
import io
from dataclasses import replace

import h5py
import pytest

from kl_annealing.errors import InputError
from kl_annealing.reporting.catalogue import TABLES
from kl_annealing.reporting.dialog_notes import AVERAGES
from kl_annealing.reporting.tables import responses
from kl_annealing.reporting.tables.table import csv as csv_of
from kl_annealing.reporting.tables.table import html, latex, markdown


def build(name, study):
    return TABLES[name].load()(study)


def row_of(table, method, **names):
    found = [
        row
        for row in table.rows
        if row["method"] == method and all(row[key] == value for key, value in names.items())
    ]
    assert len(found) == 1
    return found[0]


def test_what_is_published_is_explained_where_it_is_shown(make_study):
    study = make_study("switchboard")
    assert AVERAGES in build("dialog_bounds", study).notes
    shown = [name for name in study.metrics if "published" in name]
    few = replace(study, metrics=study.metrics.drop(columns=shown))
    assert AVERAGES not in build("dialog_bounds", few).notes


def test_bounds_are_those_of_all_windows_and_of_the_published_ones(make_study):
    study = make_study("switchboard")
    row = row_of(build("dialog_bounds", study), "cyclical", iterate="best validation")
    runs = study.table()
    runs = runs[runs["method"] == "cyclical"]
    assert row["rec_ppl"].mean == pytest.approx(runs["best_test_rec_ppl"].mean())
    assert row["published_rec_ppl"].mean == pytest.approx(
        runs["best_test_published_rec_ppl"].mean()
    )


def test_only_a_kgcvae_has_scores_of_acts_and_a_note_about_them(make_study):
    table = build("dialog_bounds", make_study("switchboard"))
    for column, number in (("", "0.700"), (", prior", "0.400")):
        texts = table.texts().set_index("Method")[f"Dialog-act accuracy{column}"]
        assert set(texts["cyclical"]) == {"-"} and set(texts["kgcvae"]) == {f"{number} ± 0.000"}
    assert "act_nll" in table.numbers() and "Dialog-act NLL" not in table.texts()
    assert "given the true dialog act" in " ".join(table.notes)


def test_scores_are_three_rows_a_method(make_study):
    study = make_study("switchboard")
    table = build("dialog_overlap", study)
    runs = study.table()
    runs = runs[runs["method"] == "bag_of_words"]
    for part, said in (("precision", "precision"), ("recall", "recall"), ("f1", "F1")):
        row = row_of(table, "bag of words", of=said)
        for score in ("bleu4", "published_bleu4", "greedy"):
            assert row[score].mean == pytest.approx(runs[f"last_test_{score}_{part}"].mean())
    assert {"BLEU-4", "BLEU-4, as published", "A-bow", "Greedy matching"} <= set(table.texts())


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({}, "training contexts that are most alike"),
        ({"references": "single"}, "References of talk: the true response alone."),
        (
            {"references": "file", "references_entries": 9, "references_used": 7},
            "7 of its 9 entries belong to a window).",
        ),
        (
            {
                "references": "file",
                "references_entries": 9,
                "references_used": 7,
                "references_unmatched": 2,
                "references_ambiguous": 0,
            },  # fmt: skip
            "7 of its 9 entries belong to a window, 2 to none, 0 to several).",
        ),
        (
            {"references_mean": 10.244, "references_alone": 3, "references_contexts": 5481},
            "; 10.24 a context in the mean, and 3 of 5481 contexts have the true response alone.",
        ),
    ],
)
def test_every_table_of_scores_says_what_the_references_are(data, line, make_study):
    study = make_study("switchboard", **data)
    for name in ("dialog_overlap", "dialog_diversity", "published_comparison"):
        assert line in " ".join(build(name, study).notes)


def test_how_responses_were_made_and_words_compared_is_said(make_study):
    beam = {"samples": 5, "decoder": {"method": "beam", "width": 4}}
    notes = " ".join(build("dialog_overlap", make_study("switchboard", responses=beam)).notes)
    assert "Responses: 5 to each context" in notes and "decoding beam of width 4." in notes
    assert (
        "words of talk by vectors made from the training text, not GloVe." in notes
        and "which 1 does not bound" in notes
    )


def test_what_the_files_have_that_is_cut_or_unknown_is_said_in_every_table(make_study):
    data = {"stand_in_for": "switchboard", "floor_nll": 4.0, "floor_nll_test": 4.0}
    study = make_study("switchboard", **data, test_repeated_dialogs=1)
    notes = build("results", study).notes
    assert "Dataset talk, repeated dialogs: 0 of train, 0 of valid, 1 of test." in notes
    assert "Dataset talk, cut utterances: 7 of train, 0 of valid, 0 of test." in notes
    assert "Dataset talk, unknown acts: 0 of train, 0 of valid, 2 of test." in notes
    assert "topics" not in " ".join(notes) and "talk is a stand-in" in " ".join(notes)
    assert "The NLL of the reported responses under the true model is 4.000 nats." in notes


@pytest.mark.parametrize(
    ("skipped", "lines"), [(0, ""), (3, "; 3 lines of the file were no vectors")]
)
def test_how_many_words_of_glove_are_compared_is_said(skipped, lines, make_study):
    data = {"vectors": "glove", "vectors_known": 9000, "vectors_skipped": skipped}
    notes = build("dialog_overlap", make_study("switchboard", **data)).notes
    said = f"by GloVe (9000 words have one, others are left out{lines})."
    assert any(note.endswith(said) for note in notes)


def test_other_studies_have_no_notes_about_dialogs(make_study):
    notes = " ".join(build("results", make_study("ptb")).notes)
    assert "act" not in notes.split() and "References" not in notes


def test_published_columns_are_those_of_the_published_numbers(make_study):
    texts = build("published_comparison", make_study("switchboard")).texts()
    assert "Reconstruction PPL, as published" in texts and "PPL" not in texts
    published = texts[texts["Status"] == "unverified"]
    assert list(published["BLEU-4, as published, recall"])[:4] == [
        "0.122",
        "0.220",
        "0.210",
        "0.219",
    ]
    assert list(published["KL, as published"])[:2] == ["0.265", "4.104"]
    ours = texts[texts["Status"] == "measured"]
    assert (ours["KL, as published"] != "-").all()


def responses_of(study, **names):
    return [row for row in build("responses", study).rows if row.items() >= names.items()]


def test_all_methods_respond_to_the_same_ten_contexts(make_study):
    rows = responses_of(make_study("switchboard"))
    assert [row["context"] for row in rows] == [str(n) for n in range(1, 11) for _ in range(6)]
    truths = [row["text"] for row in rows if row["who"] == "true response"]
    assert truths == [f"truth {(2 * part + 1) * 23 // 20}" for part in range(10)]
    assert [row["who"] for row in rows[2:6]] == ["constant", "cyclical", "bag of words", "kgcvae"]


def test_few_contexts_are_all_shown():
    assert responses.evenly_spaced(3) == [0, 1, 2]
    assert len(set(responses.evenly_spaced(5419))) == 10


def test_the_last_utterances_of_a_context_without_its_opening():
    assert responses.last_utterances("A: <d>\nB: hi") == "B: hi"
    assert responses.last_utterances("A: <d>\n" + "\n".join("ABCDE")) == "…\nB\nC\nD\nE"
    assert responses.last_utterances("A: <d>\n" + "\n".join("ABCD")) == "A\nB\nC\nD"


def test_equal_samples_stand_once():
    assert responses.told(["b", "a", "b", ""]) == "b (×2)\na\n(nothing)"


def test_the_page_reads_in_every_form(make_study):
    table = build("responses", make_study("switchboard"))
    text = markdown(table)
    assert r"| kgcvae | a\|b_3 (×2)<br>\<unk> 50 % |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 60 and all(len(line) < 120 for line in rows)
    source = latex(table)
    assert r"a|b\_3 ($\times$2)\newline $<$unk$>$ 50 \%" in source
    assert source.count(r"\begin{") == source.count(r"\end{") == 1 and r"p{0.7\linewidth}" in source


def test_on_the_page_the_methods_stand_side_by_side_under_each_context(make_study):
    page = html(build("responses", make_study("switchboard")))
    assert page.count("<h2>") == page.count('<div class="beside">') == 10
    assert "<div><h3>kgcvae</h3><p>a|b_3 (×2)<br>&lt;unk&gt; 50 %</p></div>" in page
    first = page.split("<h2>")[1]
    assert first.index("line 0") < first.index("true response") < first.index("<h3>kgcvae")


def test_long_text_is_never_cut(make_study):
    study = make_study("switchboard")
    table = build("responses", study)
    long = replace(table, rows=[{**row, "text": "zebra " * 90} for row in table.rows])
    assert html(long).count("zebra") == 60 * 90


def test_the_csv_has_a_row_a_sample(make_study):
    study = make_study("switchboard")
    rows = list(csv.DictReader(io.StringIO(csv_of(build("responses", study)))))
    assert len(rows) == 10 * 4 * 3
    assert rows[0]["said_before"] == "A: <d>\nA: line 0" and rows[0]["index"] == "2"
    assert [row["sample"] for row in rows[:3]] == ["1", "2", "3"]
    assert rows[2]["response"] == "<unk> 50 %" and rows[0]["run"] == "0-s0"


def test_runs_without_responses_or_of_other_contexts_are_refused(make_study):
    study = make_study("switchboard", seeds=1)
    whole = make_study("ptb", seeds=1)
    with h5py.File(whole.runs[0].folder / "evaluation.h5", "w"):
        pass
    with pytest.raises(InputError, match="no responses; the study needs evaluation.responses"):
        build("responses", replace(study, runs=whole.runs[:1]))
    with h5py.File(study.runs[1].folder / "evaluation.h5", "a") as file:
        file["last/test/responses/index"][0] = 99
    with pytest.raises(InputError, match="0: responses to other contexts than"):
        build("responses", study)
