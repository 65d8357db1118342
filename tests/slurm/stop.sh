#!/bin/bash
# stop.sh FOLDER: end the daemons that start.sh started there, by their pid files, and nothing else.
folder=$1
export SLURM_CONF="$folder/etc/slurm.conf"

if [ -s "$folder/run/slurmctld.pid" ]; then
  timeout 10 scancel --quiet --user="$(id -un)"
  for _ in $(seq 50); do
    [ -n "$(timeout 5 squeue --noheader --states=running,completing)" ] || break
    sleep 0.2
  done
fi

# Is the number still the daemon's? Soon after its end it may be another's.
still_there() { [ "$(cat "/proc/$process/comm" 2> /dev/null)" = "$daemon" ]; }

for daemon in slurmd slurmctld munged; do
  file="$folder/run/$daemon.pid"
  [ -s "$file" ] || continue
  process=$(cat "$file")
  still_there || continue
  kill "$process"
  for _ in $(seq 100); do still_there || break; sleep 0.1; done
  ! still_there || kill -9 "$process" 2> /dev/null
done
[ "$(readlink /run/slurm/conf)" != "$folder/etc" ] || rm /run/slurm/conf
