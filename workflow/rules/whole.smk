"""An archived configuration is whole: what stands before it, `config.yaml` included, is replaced."""

from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

# Snakemake has merged them all by now; a merge takes no study of `config.yaml` away.
given = [load_configfile(path) for path in workflow.overwrite_configfiles]
whole = [place for place, part in enumerate(given) if part.get("whole") is True]
if whole:
    config.clear()
    for part in (*given[whole[-1] :], workflow.config_settings.config):
        update_config(config, part)
