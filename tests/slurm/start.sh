#!/bin/bash
# start.sh FOLDER: a Slurm of one node on loopback, all its files below FOLDER, from Debian's packages
# slurm-wlm, slurm-client and munge. As root. What follows it: export SLURM_CONF=FOLDER/etc/slurm.conf
set -eu
folder=$1
here=$(cd "$(dirname "$0")" && pwd)

# A step of a job knows no SLURM_CONF (the executor clears it): the file must be at a default place.
for place in /etc/slurm /run/slurm; do
  [ ! -e "$place/slurm.conf" ] && [ ! -L "$place/conf" ] || {
    echo "$place is in use: this machine has a Slurm of its own, or a fixture that was not stopped" >&2
    exit 1
  }
done

mkdir -p "$folder"/{etc,run,log,state,spool,dev}
chmod 755 "$folder" "$folder/run"  # munge's socket is for everybody
for card in 0 1; do mknod "$folder/dev/nvidia$card" c 1 3; done
(umask 077 && head -c 128 /dev/urandom > "$folder/etc/munge.key")

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
control=$(free_port) node=$(free_port)
for name in slurm.conf gres.conf; do
  sed "s#@FOLDER@#$folder#g; s#@HOST@#$(hostname -s)#g; s#@CONTROL_PORT@#$control#; s#@NODE_PORT@#$node#" \
    "$here/$name.in" > "$folder/etc/$name"
done
mkdir -p /run/slurm
ln -s "$folder/etc" /run/slurm/conf
export SLURM_CONF="$folder/etc/slurm.conf"

munged --key-file="$folder/etc/munge.key" --socket="$folder/run/munge.socket" --pid-file="$folder/run/munged.pid" \
  --log-file="$folder/log/munged.log" --seed-file="$folder/run/munged.seed" --num-threads=2
slurmctld -c
slurmd
# sinfo calls the node idle before it has registered: only a job that ran shows that jobs run.
for _ in $(seq 30); do
  timeout 20 srun --immediate=5 --ntasks=1 true 2>> "$folder/log/first_jobs.log" && exit 0
  sleep 1
done
echo "Slurm did not come up:" >&2
tail -n 20 "$folder"/log/*.log >&2
exit 1
