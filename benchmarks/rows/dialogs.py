"""Dialogs: the published CVAE of Switchboard."""

import argparse
from collections.abc import Iterator

from kl_annealing.data import DialogSet
from kl_annealing.evaluation.throughput import measure_evaluation, measure_responses
from kl_annealing.schema import completed
from kl_annealing.training.throughput import measure_throughput
from rows.common import EVALUATION, WORDS, precisions, row, settings


def dialog_rows(dialogs: DialogSet, options: argparse.Namespace) -> Iterator[dict]:
    """Yield responses a second of training and evaluating the published CVAE of Switchboard."""
    answers = completed({"responses": {}}, "evaluation")["responses"]
    for threads in dict.fromkeys(options.threads):
        for precision in precisions():
            run = settings(precision, {"kind": "standard"}, "cvae_switchboard", "switchboard")
            where = f"{precision}, {threads} threads"
            speed = measure_throughput(run, dialogs, options.seconds, "cpu", threads)
            yield row(f"training, CVAE, {where}", speed["examples_per_second"], "responses/s")
            for by, words in WORDS.items():
                measured = EVALUATION | {"precision": precision, "words": words}
                rate = measure_evaluation(run, dialogs, measured, options.seconds, "cpu", threads)
                what = f"importance-weighted nll, CVAE, K=500{by}, {where}"
                yield row(what, rate, "responses/s")
        rate = measure_responses(run, dialogs, answers, options.seconds, "cpu", threads)
        what = f"{answers['samples']} greedy responses, CVAE, {threads} threads"
        yield row(what, rate, "contexts/s")
