import json

from kl_annealing.jobs import provenance


def test_block_is_plain_and_names_code_data_packages_and_machine():
    block = provenance.provenance({"name": "ptb"}, seed=3)
    assert json.loads(json.dumps(block)) == block
    assert block["packages"]["torch"].startswith("2.")
    assert block["packages"]["scikit-learn"] and block["packages"]["pillow"]
    assert block["data"] == {"name": "ptb"}
    assert len(block["code"]["digest"]) == 12 and block["seed"] == 3
    assert (provenance.PACKAGE / "annealing.py").exists()  # the whole package counts


def test_the_digest_is_of_every_file(tmp_path, monkeypatch):
    def digest():
        return provenance._digest.__wrapped__()

    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "wheel.py").write_text("radius = 1\n")
    first = digest()
    assert digest() == first
    (tmp_path / "parts" / "wheel.py").write_text("radius = 2\n")
    second = digest()
    (tmp_path / "parts" / "wheel.py").rename(tmp_path / "wheel.py")
    assert len({first, second, digest()}) == 3
