"""No pattern of a schema takes a line break at the end of what it allows."""

import re

import pytest

from kl_annealing.schema import read_schema

ALLOWED = ("ab", "last_test_nll", "a" * 40, "a" * 64)


def patterns(node):
    """Yield every pattern that is anchored at its end."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if key == "pattern" and "$" in child:
            yield child
        elif isinstance(child, dict | list):
            yield from patterns(child)


@pytest.mark.parametrize("name", ["claims", "config", "dataset"])
def test_a_line_break_at_the_end_is_no_part_of_a_name(name):
    found = set(patterns(read_schema(name)))
    assert found
    for pattern in found:
        taken = [text for text in ALLOWED if re.search(pattern, text)]
        assert taken, pattern
        assert not [text for text in taken if re.search(pattern, text + "\n")], pattern
