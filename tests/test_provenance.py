import json

from kl_annealing import provenance


def test_block_is_plain_and_names_code_data_packages_and_machine():
    block = provenance.provenance({"name": "ptb"}, seed=3)
    assert json.loads(json.dumps(block)) == block
    assert block["packages"]["torch"].startswith("2.")
    assert block["data"] == {"name": "ptb"}
    assert len(block["code"]["digest"]) == 12 and block["seed"] == 3
