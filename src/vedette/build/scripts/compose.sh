
usage() {
    cat >&2 <<'END'
sh vedette.sh up [production|dev]     check what it needs, start everything, wait until it is well
sh vedette.sh down                    stop everything; the data stays
sh vedette.sh status                  what runs, and how it is
sh vedette.sh logs [SERVICE…]         what they say
sh vedette.sh secrets                 make the secrets of the project itself, once
sh vedette.sh backup [FOLDER] [KEEP]  copy all data, each server stopped while its own is copied; the newest 7 are kept
sh vedette.sh restore BACKUP          all data as it was; what is there now is replaced
END
    exit 2
}

# what reads its files anew when it is told
RELOADS='@reloads@'

compose() { docker compose "$@"; }

check_compose() {
    command -v docker >/dev/null 2>&1 || return 0
    version=$(docker compose version --short 2>/dev/null | sed 's/^v//')
    case $version in
        '') problem "docker has no compose" "install the package docker-compose-plugin" ;;
        0.* | 1.* | 2.[0-9].* | 2.1[0-9].*) problem "docker compose is $version, and 2.20 is needed" "upgrade it" ;;
    esac
}

# Listening sockets of the kernel have the state 0A and their port in hexadecimal.
check_ports() {
    [ -z "$(compose ps --quiet 2>/dev/null)" ] || return 0
    for port in $PORTS; do
        hex=$(printf '%04X' "$port")
        if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A "; then
            problem "something listens on port $port already" "stop it: ss -ltnp 'sport = :$port' says what it is"
        fi
    done
}

# A file that is mounted may have changed. It is judged first: a server that is told of a broken one keeps what it had.
# Docker's own `kill` is not for this: what it has sent a signal to, it does not start again when it ends,
# https://github.com/moby/moby/issues/41302.
reload() {
    for name in $RELOADS; do
        case $name in
            prometheus) set -- promtool check config /etc/prometheus/prometheus.yml ;;
            alertmanager) set -- amtool check-config /etc/alertmanager/alertmanager.yml ;;
            *) set -- blackbox_exporter --config.check --config.file=/etc/blackbox/blackbox.yml ;;
        esac
        if said=$(compose exec -T "$name" "$@" 2>&1); then
            compose exec -T "$name" kill -HUP 1
        else
            problem "$name goes on with the files that it had: $(say "$said" | tail -n 1)" "build again"
        fi
    done
    stop_if_problems
}

up() {
    overlay=${1:-production}
    [ -f "docker-compose.$overlay.yml" ] || usage
    wanted=$DEMANDED
    [ "$overlay" = production ] || wanted=$(say "$wanted" | sed 's/GRAFANA_URL//')
    # shellcheck disable=SC2086 # a list
    check_variables $wanted
    check_secrets
    check_ports
    if check_engine; then check_disk; fi
    check_compose
    stop_if_problems
    if ! compose -f docker-compose.yml -f "docker-compose.$overlay.yml" up --detach --remove-orphans --wait --wait-timeout 600; then
        compose ps --all
        fail "not everything is well" "sh vedette.sh logs SERVICE says why"
    fi
    reload
    status
    say "Grafana: http://127.0.0.1:3000, user admin, password in $(secrets_folder)/grafana_admin_password"
}

# What every command needs that speaks to the engine.
look() {
    check_engine || true
    check_compose
    stop_if_problems
}

# Ends with 1 if one is not well, so that a cron job may ask.
status() {
    look
    compose ps --all
    for name in $(compose config --services); do
        state=$(compose ps --all --format '{{.State}} {{.Health}}' "$name")
        # what has no check of health is well when it runs
        case $state in 'running healthy' | 'running ' | running) continue ;; esac
        problem "$name is ${state:-not there}" "sh vedette.sh logs $name"
    done
    [ "$problems" -eq 0 ]
}

backup() {
    find_backups "${1:-backups}"
    keep=${2:-7}
    look
    backup=$(date -u +%Y%m%dT%H%M%SZ)
    running=" $(compose ps --services --status running | tr '\n' ' ') "
    stopped=''
    # whatever happens, what was stopped is started again
    trap '[ -z "$stopped" ] || compose start "$stopped"' EXIT
    for name in $DATA; do
        case $running in *" $name "*)
            stopped=$name
            compose stop "$name"
            ;;
        esac
        in_volume "${PROJECT}_$name:/data:ro" add "/backups/$backup" "$name=/data"
        [ -z "$stopped" ] || compose start "$stopped"
        stopped=''
    done
    in_volume "$PWD:/project:ro" seal "/backups/$backup"
    in_volume "$PWD:/project:ro" prune /backups "$keep"
    say "$backups/$backup is whole"
}

restore() {
    find_backup "$1"
    look
    in_volume "$PWD:/project:ro" verify "/backups/$backup"
    compose create
    for name in $DATA; do
        compose stop "$name"
        in_volume "${PROJECT}_$name:/data" restore "/backups/$backup" "$name=/data"
    done
    say "restored; start it: sh vedette.sh up"
}

case ${1:-} in
    up) up "${2:-production}" ;;
    down)
        look
        compose down --remove-orphans
        ;;
    status) status ;;
    logs)
        shift
        look
        compose logs --follow --tail 100 "$@"
        ;;
    secrets) make_own_secrets ;;
    backup) backup "${2:-backups}" "${3:-7}" ;;
    restore)
        [ $# -eq 2 ] || usage
        restore "$2"
        ;;
    *) usage ;;
esac
