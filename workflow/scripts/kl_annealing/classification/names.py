"""How the accuracy of a classifier is called in metrics; no torch, so that tables can import it."""


def metric_name(iterate: str, classifier: str, sampling: str, fraction: float) -> str:
    """Return `best_test_published_accuracy_0p1_percent`; `_balanced` follows where labels are."""
    percent = f"{100 * fraction:g}".replace(".", "p")
    ending = "" if sampling == "uniform" else f"_{sampling}"
    return f"{iterate}_test_{classifier}_accuracy_{percent}_percent{ending}"
