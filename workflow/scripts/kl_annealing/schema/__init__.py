"""The JSON schemas of `workflow/schemas`: types, bounds and defaults of every key, read once."""

from kl_annealing.schema.branches import keys_of
from kl_annealing.schema.defaults import completed, fill_defaults, without_defaults
from kl_annealing.schema.files import definition, read_schema, rivals
from kl_annealing.schema.problems import Problem, schema_problems
from kl_annealing.schema.words import spelled, suggestion

__all__ = [
    "Problem",
    "completed",
    "definition",
    "fill_defaults",
    "keys_of",
    "read_schema",
    "rivals",
    "schema_problems",
    "spelled",
    "suggestion",
    "without_defaults",
]
