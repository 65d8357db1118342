"""What the experiment is asked for."""


def schedule_figures():
    """Return the figures of the schedules themselves."""
    return [
        f"results/{experiment}/figures/schedules/{name}.{suffix}"
        for name in DRAWINGS
        for suffix in ("pdf", "svg")
    ]


def study_figures():
    """Return the figures that the studies ask for."""
    return [
        f"results/{experiment}/figures/{study}/{figure}.{suffix}"
        for study in STUDIES
        for figure in config["studies"][study]["figures"]
        for suffix in ("pdf", "svg")
    ]


def study_tables():
    """Return the tables that the studies ask for."""
    return [
        f"results/{experiment}/tables/{study}/{table}.{suffix}"
        for study in STUDIES
        for table in config["studies"][study]["tables"]
        for suffix in ("csv", "md", "tex")
    ]


def generated_texts():
    """Return the generated texts that the studies ask for, of each study's first seed.

    A language model has no latent to reconstruct or interpolate from.
    """
    return [
        f"{run.folder}/generated/{GENERATION_NAME}/{kind}_{decoder}.txt"
        for study in STUDIES
        for run in first_runs(study)
        for kind in config["studies"][study]["generate"]
        if kind == "prior" or has_latent(run.settings["model"])
        for decoder in config["generation"]["decoders"]
    ]


def generated_images(study):
    """Return the images that a study's runs of its first seed draw, where they draw any."""
    return [
        f"{run.folder}/generated/{IMAGES_NAME}/images.h5"
        for run in STUDIES[study]
        if run.task == "images" and run.names["seed"] == config["studies"][study]["seeds"][0]
    ]


def results_of_experiment():
    """Return all that the experiment is asked for."""
    return [
        *schedule_figures(),
        *study_figures(),
        *study_tables(),
        *generated_texts(),
        *small_files_of_runs(),  # Snakemake misses no file that only finished ones were made of
        *(f"results/{experiment}/metrics/{study}.csv" for study in STUDIES),
        f"results/{experiment}/claims.csv",
        f"results/{experiment}/metrics.csv",
        f"results/{experiment}/config.yaml",
    ]


def small_files_of_runs():
    """Return what every number of the results can be traced to, of each run: no weights or arrays."""
    records = [record for study in STUDIES for record in run_records(study)]
    measured = [record["metrics"] for record in records]
    scores = [
        path
        for study in STUDIES
        for file in ("scores.csv", "calibration.csv", "metrics.json")
        for path in classified(study, file)
    ]
    trained = [
        f"{folder}/{name}"
        for folder in RUNS
        for name in ("config.json", "history.csv", "timing.json")
    ]
    return list(dict.fromkeys([*trained, *measured, *scores]))


def drawn_report():
    """Return the report where one was drawn: a command beside the rules makes it."""
    path = f"results/{experiment}/report.html"
    return [path] if os.path.isfile(path) else []
