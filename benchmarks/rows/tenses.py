"""Verbs: the published models of tenses."""

import argparse
from collections.abc import Iterator

from kl_annealing.data import TenseSet
from kl_annealing.evaluation.throughput import measure_evaluation
from kl_annealing.training.throughput import measure_throughput
from rows.common import EVALUATION, precisions, row, settings


def tense_rows(tenses: TenseSet, options: argparse.Namespace) -> Iterator[dict]:
    """Yield words a second of training and evaluating the published models of tenses."""
    for threads in dict.fromkeys(options.threads):
        for model in ("lstm_tense", "gru_tense"):
            for precision in precisions():
                run = settings(precision, {"kind": "standard"}, model, "tense")
                where = f"{model}, {precision}, {threads} threads"
                speed = measure_throughput(run, tenses, options.seconds, "cpu", threads)
                yield row(f"training, {where}", speed["examples_per_second"], "words/s")
                measured = EVALUATION | {"precision": precision}
                rate = measure_evaluation(run, tenses, measured, options.seconds, "cpu", threads)
                yield row(f"importance-weighted nll, K=500, {where}", rate, "words/s")
