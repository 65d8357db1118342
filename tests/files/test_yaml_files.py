import pytest
import yaml

from kl_annealing.files.yaml_files import read_yaml


def test_content_is_of_plain_types(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1, 2.5, é, null, true]\nb: &x {c: d}\ne: *x\n", "utf-8")
    expected = {"a": [1, 2.5, "é", None, True], "b": {"c": "d"}, "e": {"c": "d"}}
    assert read_yaml(tmp_path / "a.yaml") == expected


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.getcwd []", "a: [1"])
def test_what_runs_code_or_is_not_yaml_is_refused(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(yaml.YAMLError):
        read_yaml(tmp_path / "a.yaml")
