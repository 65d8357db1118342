"""What the rules of a study ask: the records of its runs, and which of them a figure shows."""


def record_of(study, run, evaluation):
    """Return a run as plain values, for scripts; `evaluation` is None where nothing measures it.

    `classification` is the folder of its classification, None where nothing classifies.
    """
    metrics = evaluation and f"{run.folder}/evaluations/{evaluation}/metrics.json"
    name = CLASSIFICATION_NAMES.get(study)
    return {
        "study": study,
        "folder": run.folder,
        "task": run.task,
        "names": run.names,
        "evaluation": evaluation,
        "metrics": metrics,
        "classification": name and f"{run.folder}/classifications/{name}",
    }


def run_records(study):
    """Return the records of a study's runs."""
    return [record_of(study, run, EVALUATION_NAMES[study]) for run in STUDIES[study]]


def parent_records(study):
    """Return the records of the runs that are trained only because others of the study need them."""
    asked = {run.folder for runs in STUDIES.values() for run in runs}
    parents = {parent.folder: parent for run in STUDIES[study] for parent in run.lineage[:-1]}
    return [
        record_of(f"{study} (parents)", run, None)
        for run in parents.values()
        if run.folder not in asked
    ]


def reported_split_of(settings):
    """Return the split that figures and tables are about, of an evaluation's settings."""
    return "test" if "test" in settings["splits"] else "valid"


def first_runs(study):
    """Return the runs of a study's first seed."""
    first = config["studies"][study]["seeds"][0]
    return [run for run in STUDIES[study] if run.names["seed"] == first]


def latent_runs(study):
    """Return the runs of a study's first seed that have a latent variable."""
    return [run for run in first_runs(study) if has_latent(run.settings["model"])]


def arrays_of_study(study):
    """Return the values of every sentence of each run of a study's first seed."""
    evaluation = EVALUATION_NAMES[study]
    return [f"{run.folder}/evaluations/{evaluation}/evaluation.h5" for run in first_runs(study)]


def schedule_uses():
    """Return the schedules and trainings that runs combine."""
    names = ("schedule", "learning_rate", "training")
    return sorted(
        {
            tuple(run.names[name] for name in names)
            for runs in STUDIES.values()
            for each in runs
            for run in each.lineage
        }
    )
