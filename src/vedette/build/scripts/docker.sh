#!/bin/sh
# Starts, stops and looks after what was built beside it; `sh vedette.sh` says how. Written by `vedette build`.
# shellcheck disable=SC2034 # of what is common to Compose and Swarm, neither needs all
set -eu

PROJECT='@project@'
# what it reads from files, and what of that is nobody else's: made here, once
SECRETS='@secrets@'
OWN='grafana_admin_password grafana_secret_key'
# what has data, each in a volume of its name
DATA='@data@'
PORTS='@ports@'
DEMANDED='@demanded@'
IMAGE='@image@'

cd "$(dirname "$0")"
problems=0

say() { printf '%s\n' "$*"; }

fail() {
    printf 'vedette: %s\n  %s\n' "$1" "$2" >&2
    exit 1
}

# What is wrong, and the way out. All that is wrong is said at once.
problem() {
    printf '✗ %s\n  %s\n' "$1" "$2" >&2
    problems=$((problems + 1))
}

stop_if_problems() {
    [ "$problems" -eq 0 ] || fail "not done: $problems to put right first" "then do the same again"
}

# The value of a variable in .env, as Compose reads it: the last one, without quotes around it.
value() {
    sed -n "s/^$1=//p" .env | tail -n 1 | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}

check_variables() {
    if [ ! -f .env ]; then
        problem "there is no .env" "cp .env.example .env, and fill it in"
        return
    fi
    for name in "$@"; do
        [ -n "$(value "$name")" ] || problem "$name is empty in .env" "fill it in; .env.example says what it is"
    done
}

secrets_folder() {
    [ ! -f .env ] || value VEDETTE_SECRETS
}

check_secrets() {
    folder=$(secrets_folder)
    [ -n "$folder" ] || return 0
    if [ ! -d "$folder" ]; then
        problem "there is no folder $folder, which VEDETTE_SECRETS names" "install -d -m 0700 $folder"
        return
    fi
    for name in $SECRETS; do
        if [ ! -e "$folder/$name" ]; then
            case " $OWN " in
                *" $name "*) problem "the secret $name is missing" "sh vedette.sh secrets makes it" ;;
                *) problem "the secret $name is missing" "write it into $folder/$name, without a line's end" ;;
            esac
        elif [ ! -s "$folder/$name" ]; then
            problem "the secret $name is empty" "write it into $folder/$name"
        elif [ -z "$(find "$folder/$name" -perm -o=r)" ]; then
            problem "the servers, who are not root, cannot read $folder/$name" "chmod o+r $folder/$name; close the folder"
        fi
    done
}

# Those of the project itself, of 256 bits; one that is there is never written again.
make_own_secrets() {
    check_variables VEDETTE_SECRETS
    stop_if_problems
    folder=$(secrets_folder)
    [ -d "$folder" ] || (umask 077 && mkdir -p "$folder")
    for name in $OWN; do
        if [ -e "$folder/$name" ]; then
            say "$folder/$name is there, and stays"
        else
            # first beside it: what is interrupted leaves no half secret
            (umask 022 && od -An -N 32 -tx1 /dev/urandom | tr -d ' \n' >"$folder/.$name" && mv "$folder/.$name" "$folder/$name")
            say "$folder/$name made"
        fi
    done
}

check_engine() {
    if ! command -v docker >/dev/null 2>&1; then
        problem "there is no docker on this machine" "install it: https://docs.docker.com/engine/install/"
        return 1
    fi
    if ! answer=$(docker info --format '{{.ServerVersion}}' 2>&1); then
        problem "Docker's engine does not answer: $(say "$answer" | tail -n 1)" \
            "start it (systemctl start docker), or join those who may ask it (usermod -aG docker $(id -un))"
        return 1
    fi
}

# Room where Docker keeps images and volumes, in kB.
check_disk() {
    root=$(docker info --format '{{.DockerRootDir}}')
    room=$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { print $4 }')
    [ -z "$room" ] || [ "$room" -ge 4000000 ] ||
        problem "$root has $((room / 1000)) MB free, and images alone take 3 GB" "make room, or move Docker's data-root"
}

# `backup.sh` in a container that sees one volume and the backups, and nothing else.
in_volume() {
    volume=$1
    shift
    docker run --rm --network none --user 0:0 --entrypoint /bin/sh \
        --volume "$volume" --volume "$PWD/backup.sh:/backup.sh:ro" --volume "$backups:/backups" \
        "$IMAGE" /backup.sh "$@"
}

# The folder of backups, absolute, in $backups.
find_backups() {
    (umask 077 && mkdir -p "$1")
    backups=$(cd "$1" && pwd)
}

# Of one backup: the folder of all in $backups, and its name.
find_backup() {
    [ -d "$1" ] || fail "there is no backup $1" "write the folder of one, for example backups/20260101T000000Z"
    backups=$(cd "$1/.." && pwd)
    backup=$(basename "$1")
}
