
usage() {
    cat >&2 <<'END'
sh vedette.sh up                      check what it needs, deploy everything, wait until it is well
sh vedette.sh down                    remove everything; the data stays
sh vedette.sh status                  what runs, and how it is
sh vedette.sh logs SERVICE            what it says
sh vedette.sh secrets                 make the secrets of the stack itself, once, and give all to the Swarm
sh vedette.sh backup [FOLDER] [KEEP]  on the node vedette=1: copy its data, each server stopped while its own is copied
sh vedette.sh restore BACKUP          on the node vedette=1: its data as it was; what is there now is replaced
END
    exit 2
}

# The stack file reads its variables from the environment; .env is no file of shell, so it is read line by line.
read_variables() {
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            '' | '#'*) ;;
            *=*)
                name=${line%%=*}
                export "$name=$(value "$name")"
                ;;
        esac
    done <.env
}

check_manager() {
    case $(docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}') in
        'active true') return 0 ;;
        active*) problem "this node is no manager of the Swarm" "do it on one: docker node ls says which they are" ;;
        *) problem "this machine is in no Swarm" "docker swarm init, or docker swarm join" ;;
    esac
    return 1
}

check_nodes() {
    # shellcheck disable=SC2046 # a list
    labels=$(docker node inspect --format '{{.Status.State}} {{index .Spec.Labels "vedette"}}' $(docker node ls --quiet))
    for number in 1 2; do
        case $(say "$labels" | grep -c "^ready $number\$" || true) in
            1) ;;
            0) problem "no node that is ready has the label vedette=$number" "docker node update --label-add vedette=$number NODE" ;;
            *) problem "several nodes have the label vedette=$number, and data stays on one" "docker node update --label-rm vedette NODE" ;;
        esac
    done
    ready=$(say "$labels" | grep -c '^ready' || true)
    [ "$ready" -ge 3 ] || problem "the Swarm has $ready nodes, and three Alertmanagers need three" "docker swarm join on another machine"
}

secret_name() { say "$PROJECT-$1${SECRETS_VERSION:-}"; }

check_swarm_secrets() {
    for name in $SECRETS; do
        docker secret inspect "$(secret_name "$name")" >/dev/null 2>&1 ||
            problem "the Swarm has no secret $(secret_name "$name")" "sh vedette.sh secrets gives it all of VEDETTE_SECRETS"
    done
}

secrets() {
    make_own_secrets
    check_secrets
    read_variables
    if check_engine; then check_manager || true; fi
    stop_if_problems
    folder=$(secrets_folder)
    for name in $SECRETS; do
        if docker secret inspect "$(secret_name "$name")" >/dev/null 2>&1; then
            say "$(secret_name "$name") is there, and stays; a new one needs a new SECRETS_VERSION in .env"
        else
            docker secret create "$(secret_name "$name")" "$folder/$name" >/dev/null
            say "$(secret_name "$name") made"
        fi
    done
}

up() {
    # shellcheck disable=SC2086 # a list
    check_variables $DEMANDED
    if check_engine && check_manager; then
        check_nodes
        if [ -f .env ]; then
            read_variables
            check_swarm_secrets
        fi
    fi
    stop_if_problems
    # the second Prometheus apart and later, so that one of them always runs
    deploy --compose-file stack.yml
    wait_until_well
    deploy --prune --compose-file stack.yml --compose-file second.yml
    wait_until_well
    # configs of earlier builds; one in use is refused
    for config in $(docker config ls --quiet --filter "label=com.docker.stack.namespace=$PROJECT"); do
        docker config rm "$config" >/dev/null 2>&1 || true
    done
    say "everything is well"
}

# Docker before 26 does not wait, and has no word for it.
deploy() {
    if docker stack deploy --help | grep -q -- --detach; then
        docker stack deploy --detach=false "$@" "$PROJECT"
    else
        docker stack deploy "$@" "$PROJECT"
    fi
}

# Services that have fewer tasks than they should.
lacking() {
    docker stack services --format '{{.Name}} {{.Replicas}}' "$PROJECT" |
        awk '{ split($2, tasks, "/"); if (tasks[1] != tasks[2]) print $1 " " $2 }'
}

wait_until_well() {
    waited=0
    while [ -n "$(lacking)" ]; do
        if [ "$waited" -ge 900 ]; then
            docker stack ps --no-trunc --filter desired-state=running "$PROJECT"
            fail "after 15 minutes not everything is well: $(lacking | tr '\n' ' ')" "sh vedette.sh logs SERVICE says why"
        fi
        sleep 5
        waited=$((waited + 5))
    done
}

need_manager() {
    if ! check_engine || ! check_manager; then stop_if_problems; fi
}

status() {
    need_manager
    docker stack services "$PROJECT"
    [ -z "$(lacking)" ] || fail "not everything is well: $(lacking | tr '\n' ' ')" "sh vedette.sh logs SERVICE says why"
}

on_the_node_of_the_data() {
    need_manager
    [ "$(docker node inspect --format '{{index .Spec.Labels "vedette"}}' self)" = 1 ] ||
        fail "this node has not the label vedette=1, and volumes do not travel" "do it on the node that has it, a manager"
}

# With none left, wait until the last container is gone: it writes to its folder until then.
scale() {
    docker service scale --detach=false "${PROJECT}_$1=$2" >/dev/null
    [ "$2" -eq 0 ] || return 0
    while [ -n "$(docker ps --quiet --filter "label=com.docker.swarm.service.name=${PROJECT}_$1")" ]; do
        sleep 1
    done
}

backup() {
    find_backups "${1:-backups}"
    on_the_node_of_the_data
    backup=$(date -u +%Y%m%dT%H%M%SZ)
    stopped=''
    # whatever happens, what was stopped is started again
    trap '[ -z "$stopped" ] || scale "$stopped" 1' EXIT
    for name in $DATA; do
        stopped=$name
        scale "$name" 0
        in_volume "${PROJECT}_$name:/data:ro" add "/backups/$backup" "$name=/data"
        scale "$name" 1
        stopped=''
    done
    # every Alertmanager has every silence, and replaces its files whole: one is copied as it runs, if it is here
    if docker volume inspect "${PROJECT}_alertmanager" >/dev/null 2>&1; then
        in_volume "${PROJECT}_alertmanager:/data:ro" add "/backups/$backup" alertmanager=/data
    fi
    in_volume "$PWD:/project:ro" seal "/backups/$backup"
    in_volume "$PWD:/project:ro" prune /backups "${2:-7}"
    say "$backups/$backup is whole"
}

restore() {
    find_backup "$1"
    on_the_node_of_the_data
    in_volume "$PWD:/project:ro" verify "/backups/$backup"
    for name in $DATA; do
        scale "$name" 0
        in_volume "${PROJECT}_$name:/data" restore "/backups/$backup" "$name=/data"
        scale "$name" 1
    done
    if [ -f "$backups/$backup/alertmanager.tar" ]; then
        scale alertmanager 0
        in_volume "${PROJECT}_alertmanager:/data" restore "/backups/$backup" alertmanager=/data
        scale alertmanager 3
    fi
}

case ${1:-} in
    up) up ;;
    down)
        check_engine || stop_if_problems
        docker stack rm "$PROJECT"
        ;;
    status) status ;;
    logs)
        [ $# -eq 2 ] || usage
        check_engine || stop_if_problems
        docker service logs --follow --tail 100 "${PROJECT}_$2"
        ;;
    secrets) secrets ;;
    backup) backup "${2:-backups}" "${3:-7}" ;;
    restore)
        [ $# -eq 2 ] || usage
        restore "$2"
        ;;
    *) usage ;;
esac
