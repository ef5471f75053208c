#!/bin/sh
# What watches this host; without an argument it says what it can do.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# beside it before it is installed, where `secure` makes what `install.sh` asks for
folders=$here/tmpfiles.d/vedette.conf
[ -e "$folders" ] || folders=/etc/tmpfiles.d/vedette.conf
secrets=$(sed -n 's/^d \([^ ]*\) .*/\1/p' "$folders")
patience=60

# What `install.sh` has found for this host.
parts() { grep -v '^#' "$here/parts"; }

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

# All have stopped when this returns; to stop the target alone would only tell them to.
halt() {
    set -- vedette.target
    for name in $(parts | cut -d '|' -f 1); do set -- "$@" "$name.service"; done
    systemctl stop "$@"
}

# A configuration is read anew; a secret is read at the start alone.
reload() {
    parts | while IFS='|' read -r name _ _ _ _ _ _ _ _ reloads _; do
        if [ "$reloads" = yes ]; then systemctl reload "$name.service"; fi
    done
}

# Each server is stopped while its own data is copied, and no longer.
backup() {
    [ $# -gt 0 ] || { echo "sh $0 backup FOLDER [KEEP]" >&2; exit 2; }
    into=$1/$(date -u +%Y%m%dT%H%M%SZ)
    parts | while IFS='|' read -r name _ _ _ _ _ _ _ _ _ data; do
        if [ -z "$data" ] || [ ! -d "$data" ]; then continue; fi
        runs=$(systemctl is-active "$name.service" || true)
        [ "$runs" != active ] || systemctl stop "$name.service"
        copied=yes
        sh "$here/backup.sh" add "$into" "$name=$data" || copied=no
        [ "$runs" != active ] || systemctl start "$name.service"
        [ "$copied" = yes ] || exit 1
    done
    sh "$here/backup.sh" seal "$into"
    sh "$here/backup.sh" prune "$1" "${2:-7}"
    echo "$into"
}

# What a backup has of the servers of this host; it is looked at before anything is stopped.
restore() {
    [ $# -gt 0 ] || { echo "sh $0 restore BACKUP" >&2; exit 2; }
    sh "$here/backup.sh" verify "$1"
    halt
    parts | while IFS='|' read -r name _ _ _ _ _ _ _ _ _ data; do
        if [ -n "$data" ] && [ -f "$1/$name.tar" ]; then
            sh "$here/backup.sh" restore "$1" "$name=$data"
            echo "restored $name"
        fi
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
    halt
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
secure | backup | restore)
    do=$1
    shift
    "$do" "$@"
    ;;
*)
    cat >&2 << END
sh $0 up                     start all of it, and wait until it is well
sh $0 down                   stop all of it
sh $0 status                 what runs, and is it well?
sh $0 reload                 read the configurations anew
sh $0 logs [UNIT]            what all have said last, or one says now
sh $0 secure NAME…           a certificate and a password, for what others can reach
sh $0 backup FOLDER [KEEP]   copy all data, and keep the newest KEEP copies (7)
sh $0 restore BACKUP         put one of them back; then: up
END
    exit 2
    ;;
esac
