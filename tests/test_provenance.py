import json

from kl_annealing import provenance


def test_digest_sees_code_and_not_comments(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)

    def digest(text):
        (tmp_path / "module.py").write_text(text)
        provenance.code_of.cache_clear()
        return provenance.code_of("module")

    original = digest("x = 1\n")
    assert digest("x  =  1  # a comment\n") == original
    assert digest("x = 2\n") != original


def test_a_folder_stands_for_its_modules(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a.py").write_text("x = 1\n")
    provenance.code_of.cache_clear()
    before = provenance.code_of("part")
    (tmp_path / "part" / "b.py").write_text("y = 1\n")
    provenance.code_of.cache_clear()
    assert provenance.code_of("part") != before
    provenance.code_of.cache_clear()


def test_block_is_plain_and_names_code_data_packages_and_machine():
    block = provenance.provenance({"name": "ptb"}, seed=3)
    assert json.loads(json.dumps(block)) == block
    assert block["packages"]["torch"].startswith("2.")
    assert block["data"] == {"name": "ptb"}
    assert len(block["code"]["digest"]) == 12 and block["seed"] == 3
