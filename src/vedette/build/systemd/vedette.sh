#!/bin/sh
# What watches this host: sh vedette.sh up|down|status|reload|logs [UNIT]|secure NAME…
set -eu

here=$(cd "$(dirname "$0")" && pwd)
config=/etc/vedette
secrets=$(sed -n 's/^d \([^ ]*\) .*/\1/p' /etc/tmpfiles.d/vedette.conf)
patience=60

# The units that are on this host.
parts() {
    grep -v '^#' "$here/parts" | while IFS='|' read -r name rest; do
        for path in "/etc/systemd/system/$name.service" "/etc/systemd/system/$name.service.d/vedette.conf"; do
            [ ! -e "$path" ] || { echo "$name|$rest"; break; }
        done
    done
}

# Whether a server says that it is well; one that others can reach wants the password, which is not shown to `ps`.
healthy() {
    case $1 in
    https:*) printf 'user = "watch:%s"\n' "$(cat "$secrets/web_password")" |
        curl --silent --fail --max-time 5 --output /dev/null --cacert "$secrets/web.crt" --config - "$1" ;;
    *) curl --silent --fail --max-time 5 --output /dev/null "$1" ;;
    esac
}

status() {
    well=0
    list=$(mktemp)
    parts > "$list"
    while IFS='|' read -r name _ _ _ url _; do
        state=$(systemctl is-active "$name.service" || true)
        if [ "$state" = active ] && healthy "$url"; then health=well; else health=unwell well=1; fi
        printf '%-32s %-10s %s\n' "$name" "$state" "$health"
    done < "$list"
    rm -f "$list"
    return "$well"
}

up() {
    systemctl start vedette.target
    end=$(($(date +%s) + patience))
    until said=$(status); do
        if [ "$(date +%s)" -ge "$end" ]; then
            echo "$said"
            echo "not everything is well after $patience s: sh $0 logs UNIT" >&2
            return 1
        fi
        sleep 0.5
    done
    echo "$said"
}

# A configuration is read anew; a secret is read at the start alone.
reload() {
    parts | while IFS='|' read -r name _ _ _ _ _ _ _ _ reloads; do
        if [ "$reloads" = yes ]; then systemctl reload "$name.service"; fi
    done
}

# The certificate of this host by these names, and a password for what asks from here; what is there stays.
secure() {
    [ $# -gt 0 ] || { echo "sh $0 secure NAME…: the names by which this host is reached" >&2; exit 2; }
    umask 077
    mkdir -p "$secrets"
    cd "$secrets"
    if [ ! -e web.key ]; then
        also=IP:127.0.0.1
        for name in "$@"; do
            case $name in
            *[!0-9.]*) also="$also,DNS:$name" ;;
            *) also="$also,IP:$name" ;;
            esac
        done
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "/CN=$1" \
            -addext "subjectAltName=$also" -keyout web.key -out web.crt 2> /dev/null
    fi
    if [ ! -e web.yml ]; then
        openssl rand -hex 24 | tr -d '\n' > web_password
        salt=$(openssl rand -base64 30 | tr -d '+/=\n' | cut -c 1-21)
        # bcrypt, which is the only hash that these servers know; perl is part of every Debian
        hash=$(perl -e 'print crypt(<STDIN>, "\$2b\$10\$$ARGV[0]u")' "$salt" < web_password)
        printf 'tls_server_config:\n  cert_file: web.crt\n  key_file: web.key\nbasic_auth_users:\n  watch: "%s"\n' "$hash" > web.yml
    fi
    echo "in $secrets: web.crt, web.key, web.yml with the hash of the password in web_password"
}

case ${1-} in
up) up ;;
down)
    systemctl stop vedette.target
    parts | while IFS='|' read -r name _; do
        printf '%-32s %s\n' "$name" "$(systemctl is-active "$name.service" || true)"
    done
    ;;
status) status ;;
reload) reload ;;
logs)
    if [ $# -gt 1 ]; then exec journalctl --unit "$2" --follow; fi
    set --
    for name in $(parts | cut -d '|' -f 1); do set -- "$@" --unit "$name"; done
    exec journalctl "$@" --lines 100 --no-pager
    ;;
secure)
    shift
    secure "$@"
    ;;
*)
    echo "sh $0 up|down|status|reload|logs [UNIT]|secure NAME…   (files: $config, secrets: $secrets)" >&2
    exit 2
    ;;
esac
