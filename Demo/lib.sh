# Shared by the demo's shell scripts; sourced, never run.
# shellcheck shell=bash

# Compose as a plugin of docker where it is there, or else by itself.
compose() {
    if docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    else
        docker-compose "$@"
    fi
}

need_engine() { engine_answers '' || die "no Docker Engine answers; see scripts/docker-up --help"; }

# containers PROJECT [SERVICE]: the ids of a project's containers, stopped and one-off ones included.
containers() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$1" \
        ${2:+--filter "label=com.docker.compose.service=$2"}
}

# psql_as_owner PROJECT DATABASE: runs the SQL on standard input inside of the database's container, as the
# database's owner. No password is needed there. Without a project, it is that of $release in $namespace of a cluster.
psql_as_owner() {
    local container psql=(psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1
        --dbname "$2" --command 'SET ROLE demo' --file -)
    if [[ -z $1 ]]; then
        kube --namespace "$namespace" exec --stdin "$release-database-0" --container database -- "${psql[@]}"
        return
    fi
    container=$(docker ps --quiet --filter "label=com.docker.compose.project=$1" \
        --filter label=com.docker.compose.service=database)
    [[ -n $container ]] || die "no database of project $1 is running"
    docker exec --interactive --user postgres "$container" "${psql[@]}"
}

kube() { "${PAWL_KUBECTL:-kubectl}" "$@"; }

random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# value FILE NAME: what an environment file gives a variable.
value() { sed -n "s/^$2=//p" "$1" | tail -n 1; }
