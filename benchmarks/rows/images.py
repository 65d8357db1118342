"""Images: the published ResNet encoder and PixelCNN decoder of Omniglot."""

import argparse
from collections.abc import Iterator

from kl_annealing.data import ImageSet
from kl_annealing.evaluation.throughput import measure_evaluation
from kl_annealing.schema import completed
from kl_annealing.training.throughput import measure_throughput
from rows.common import CONFIG, EVALUATION, precisions, row, settings

UNIT = "images/s"
PUBLISHED = "resnet_pixelcnn", "omniglot"  # model and training


def image_rows(images: ImageSet, options: argparse.Namespace) -> Iterator[dict]:
    """Yield images a second of training and evaluating the published model of Omniglot."""
    for threads in dict.fromkeys(options.threads):
        for precision in precisions():
            where = f"{precision}, {threads} threads"
            run = settings(precision, {"kind": "standard"}, *PUBLISHED)
            speed = measure_throughput(run, images, options.seconds, "cpu", threads)
            yield row(f"training, resnet_pixelcnn, {where}", speed["examples_per_second"], UNIT)
            rate = aggressive_rate(images, precision, options.seconds, threads)
            what = f"training, resnet_pixelcnn, aggressive, either network's steps, {where}"
            yield row(what, rate, UNIT)
            measured = EVALUATION | {"precision": precision}
            rate = measure_evaluation(run, images, measured, options.seconds, "cpu", threads)
            yield row(f"importance-weighted nll, resnet_pixelcnn, K=500, {where}", rate, UNIT)


def aggressive_rate(images: ImageSet, precision: str, seconds: float, threads: int) -> float:
    """Return images a second of the steps of both networks, in turns of one step each.

    A whole turn, of 20 to 99 steps of the encoder, takes minutes.
    """
    strategy = completed(
        CONFIG["strategies"]["aggressive_image"] | {"maximum_steps": 1}, "strategy"
    )
    run = settings(precision, strategy, *PUBLISHED)
    return 2 * measure_throughput(run, images, seconds, "cpu", threads)["examples_per_second"]
