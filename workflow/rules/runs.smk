"""What the rules of one run ask: its settings, its files, the code that it rests on."""


def run_of(wildcards):
    """Return the resolved settings of a run by its folder."""
    return RUNS[f"results/runs/{wildcards.task}/{wildcards.run}"].settings


# Snakemake compares parameters as they are written: settings that decide whether a file is out of
# date are handed over in their one form, of which an order of keys or a 1.0 for a 1 is no part.
def counted_text_of(wildcards):
    """Return what counts of a run's settings: written-out and new defaults retrain no run."""
    return canonical(RUNS[f"results/runs/{wildcards.task}/{wildcards.run}"].counted)


def modules_of(settings):
    """Return the modules that a run's settings choose, beside those that every run has."""
    return ["kl_annealing.models:build_model", *paths_of_parts(settings)]


def code_of_run(*roots):
    """Return a function of the wildcards: the digest of `roots` and of the run's own modules."""
    return lambda wildcards: code_of(*roots, *modules_of(run_of(wildcards)))


def evaluation_of(wildcards):
    """Return the settings of an evaluation by its name."""
    for study, name in EVALUATION_NAMES.items():
        if name == wildcards.evaluation:
            return EVALUATIONS[study]
    raise WorkflowError(f"{wildcards.evaluation} is no evaluation of this configuration's studies")


def classification_of(wildcards):
    """Return the settings of a classification by its name."""
    for study, name in CLASSIFICATION_NAMES.items():
        if name == wildcards.classification:
            return CLASSIFICATIONS[study]
    raise WorkflowError(
        f"{wildcards.classification} is no classification of this configuration's studies"
    )


def classified(study, file):
    """Return a file of the classification of each run of a study, none where it asks for none."""
    if study not in CLASSIFICATIONS:
        return []
    name = CLASSIFICATION_NAMES[study]
    return [f"{run.folder}/classifications/{name}/{file}" for run in STUDIES[study]]


def corpus_of(wildcards):
    """Return the prepared corpus of a run."""
    return f"data/prepared/{run_of(wildcards)['dataset']['name']}.h5"


def parent_of(wildcards):
    """Return the files of the run from whose weights a run starts, none for fresh weights."""
    run = RUNS[f"results/runs/{wildcards.task}/{wildcards.run}"]
    if run.parent is None:
        return []
    iterate = run.settings["initial"]["iterate"]
    return [
        f"{run.parent.folder}/{name}" for name in (f"{iterate}.pt", "config.json", "timing.json")
    ]


def prepared_corpora(made_here=False):
    """Return the prepared corpora of all runs, or those of them that need no download."""
    names = dict.fromkeys(run.settings["dataset"]["name"] for run in RUNS.values())
    wanted = [name for name in names if not (made_here and downloads(DATASETS[name]))]
    return [f"data/prepared/{name}.h5" for name in wanted]
