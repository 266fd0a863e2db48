# Shared by the shell scripts of this project; sourced, never run.
# shellcheck shell=bash disable=SC2034

# Where Pawl's own scripts keep things: what can be made again, and what belongs to something running.
cache_dir="${XDG_CACHE_HOME:-$HOME/.cache}/pawl"
state_dir="${XDG_STATE_HOME:-$HOME/.local/state}/pawl"
# There while an Engine runs that a command of scripts/with-docker has started.
started_for_commands=$state_dir/docker.for-commands

# Says something to whoever watches, a line for each argument; standard output is kept for results.
say() { printf '%s\n' "$@" >&2; }

die() {
    say "$(basename "$0"): $*"
    exit 1
}

# Prints the script's own leading comment as its usage text.
usage() { sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$0"; }

# Runs a command as root: as it is for root, through sudo otherwise.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        die "root is needed for: $* (no sudo here)"
    fi
}

# wait_until SECONDS COMMAND…: polls until the command succeeds; fails when the bound is reached.
wait_until() {
    local bound=$1 end
    shift
    end=$((SECONDS + bound))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

# Succeeds when a Docker Engine answers at the address; an empty one stands for the client's default.
engine_answers() {
    timeout 10 env ${1:+"DOCKER_HOST=$1"} docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# Docker mounts cgroups but does not mount their file system where no init system did.
mount_cgroups() {
    mountpoint -q /sys/fs/cgroup && return
    as_root mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || as_root mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
}

# What scripts/cluster-setup makes ready, and where a cluster is that scripts/cluster-up has started.
kubernetes_version=1.20.2
helm_version=4.3.1
helm3_version=3.17.3
kubectl_version=1.37.1
cluster_cache=$cache_dir/cluster
cluster_kubectl=$cluster_cache/kubectl-$kubectl_version/kubectl
cluster_dir=$state_dir/cluster
cluster_bridge=pawl-cluster
cluster_image=pawl-cluster/busybox:2
# There while a cluster runs that a command of scripts/with-cluster has started.
cluster_for_commands=$state_dir/cluster.for-commands

# Succeeds while a part of the cluster runs. A pid may have been given to another program since: each of ours names the
# cluster's folder.
cluster_part_runs() {
    local pid
    pid=$(cat "$cluster_dir/$1.pid" 2>/dev/null) && [[ -n $pid && -r /proc/$pid/cmdline ]] &&
        tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF "$cluster_dir/"
}
