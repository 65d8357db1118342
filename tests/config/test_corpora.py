import pytest

from kl_annealing.config.corpora import file_problems, sentence_bounds

GRAMMAR = {"kind": "dialog_grammar", "dialog_grammar": {"sizes": {"train": 10}, "turns": [2, 5]}}


def test_generated_dialogs_have_as_many_responses_as_utterances():
    assert sentence_bounds(GRAMMAR, "train") == (20, 50)
    assert sentence_bounds(GRAMMAR | {"windows": "published"}, "train") is None


@pytest.mark.parametrize("kind", ["corpus", "dialog_corpus"])
def test_own_files_that_are_missing_are_named(tmp_path, kind):
    (tmp_path / "a").write_text("")
    paths = {"train": str(tmp_path / "a"), "valid": "none", "test": str(tmp_path / "a")}
    lines = [str(problem) for problem in file_problems("mine", {"kind": kind, **paths})]
    said = "no such file; give a path relative to the working directory"
    assert lines == [f"datasets.mine.valid = 'none': {said}"]


def test_a_path_that_snakemake_would_read_as_a_pattern_is_refused(tmp_path):
    path = tmp_path / "{run}.txt"
    path.write_text("a")
    paths = dict.fromkeys(("train", "valid", "test"), str(path))
    (line, *_) = [str(problem) for problem in file_problems("mine", paths)]
    assert "Snakemake reads braces as wildcards; rename the file" in line


def test_files_that_options_name_are_the_users_unless_they_are_downloaded():
    vectors = {"kind": "glove", "file": "glove.zip"}
    definition = {"kind": "dialogs", "files": {"glove.zip": {}}, "vectors": vectors}
    assert list(file_problems("mine", definition)) == []
    (problem,) = file_problems("mine", definition | {"files": {}})
    assert problem.path == "datasets.mine.vectors.file"
