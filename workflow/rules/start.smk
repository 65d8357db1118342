"""Before any job: one Snakemake at a time in this folder, with room and leave to write."""

import logging

from kl_annealing.jobs.scheduling import lift_default_rate
from kl_annealing.jobs.storage import closed_folder, require_space, storage_problem
from kl_annealing.jobs.working_folder import (
    changes_unasked,
    claim,
    forget_the_dead,
    goes_unlocked,
)


def told_in_a_line(action):
    """Return what `action` does; what stops it becomes one line of Snakemake's."""
    try:
        return action()
    except InputError as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        line = storage_problem(error, os.path.abspath(".snakemake/log"))
        raise WorkflowError(line or str(error)) from None


if workflow.is_main_process:
    logging.raiseExceptions = False  # Snakemake's log on a full disk would be pages of tracebacks
    if goes_unlocked(sys.argv[1:]):
        raise WorkflowError(
            "--no-hooks: the folder is locked by a hook of this workflow; leave it out"
        )
    told_in_a_line(lambda: require_space(os.path.abspath("."), minimum=2**20))
    occupied = told_in_a_line(forget_the_dead)
    if occupied and changes_unasked(sys.argv[1:]):
        raise WorkflowError(occupied)
    if occupied:
        print(f"kl-annealing: {occupied}", file=sys.stderr)


onstart:
    # Prepared data may be shared and closed; only what is still to be prepared is written there.
    written = ["results"] + ([] if all(map(os.path.exists, prepared_corpora())) else ["data"])
    if closed := closed_folder(written):
        raise WorkflowError(closed)
    for folder in filter(os.path.isdir, (".", "results", "data")):
        told_in_a_line(lambda: require_space(os.path.abspath(folder)))
    if workflow.execution_settings.lock:
        told_in_a_line(claim)
    lift_default_rate(workflow.scheduler)
