"""An archived configuration is whole: what stands before it, `config.yaml` included, is replaced.

But not what is of the machine, which no archive has.
"""

from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

OF_THE_MACHINE = ("data", "runtime")

# Snakemake has merged them all by now; a merge takes no study of `config.yaml` away.
given = [load_configfile(path) for path in workflow.overwrite_configfiles]
whole = [place for place, part in enumerate(given) if part.get("whole") is True]
if whole:
    of_the_machine = {key: config[key] for key in OF_THE_MACHINE if key in config}
    config.clear()
    for part in (*given[whole[-1] :], workflow.config_settings.config, of_the_machine):
        update_config(config, part)
