"""What is wrong with the files that a user asks for by name: Snakemake tells no allowed names."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from kl_annealing.schema import suggestion

FOLDERS = ("figures", "tables", "metrics", "planes")  # of an experiment
Names = Mapping[str, Collection[str]]


def target_problems(arguments: Sequence[str], experiment: str, known: Names) -> Iterator[str]:
    """Return a line for each result among a command's arguments that the configuration has not.

    `known` are the names of `figures`, `tables`, `studies`, `drawings` (the figures of the
    schedules), the `runs` (their folders) and the generated `texts` (without suffix).
    """
    for argument in arguments:
        match argument.removeprefix("./").split("/"):
            case ["results", "runs", task, run, *rest] if rest:
                yield from _run_problems(argument, f"results/runs/{task}/{run}", rest, known)
            case ["results", name, "figures" | "tables", *_] if name != experiment:
                yield (
                    f"{argument}: belongs to experiment {name!r}, and this configuration's is "
                    f"{experiment!r}; give the --configfile of {name} (of a scale that comes with "
                    f"the workflow: --configfile workflow/scales/{name}.yaml)"
                )
            case ["results", name, kind, _, *_] if kind not in FOLDERS and name == experiment:
                yield from _unknown(argument, "folder", kind, FOLDERS)
            case ["results", _, "figures" | "tables" as kind, study, file]:
                names = known["drawings"] if study == "schedules" else known[kind]
                studies = [*known["studies"], *(["schedules"] if kind == "figures" else [])]
                wrong = list(_unknown(argument, "study", study, studies))
                yield from wrong or _unknown(argument, kind[:-1], _stem(file), names)


def _run_problems(target: str, folder: str, rest: Sequence[str], known: Names) -> Iterator[str]:
    if folder not in known["runs"]:
        hint = suggestion(folder, known["runs"])
        yield (
            f"{target}: no run of this configuration{hint}; allowed: the runs of its studies, "
            "listed by `snakemake --cores 1 plan`"
        )
    elif rest[0] == "generated":
        yield from _unknown(target, "text", _stem(rest[-1]), known["texts"])


def _unknown(target: str, what: str, name: str, known: Collection[str]) -> Iterator[str]:
    if name not in known:
        hint = suggestion(name, known)
        yield f"{target}: unknown {what} {name!r}{hint}; allowed: {', '.join(sorted(known))}"


def _stem(file: str) -> str:
    return file.partition(".")[0]
