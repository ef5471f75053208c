#!/bin/sh
# Copies of the folders in which servers keep their data, and the way back. It knows folders, not servers: each must have
# been stopped while its folder is copied or restored. Written by `vedette build`.
set -eu

usage() {
    cat >&2 <<'END'
sh backup.sh save    BACKUP NAME=FOLDER…   a new backup of these folders, checked
sh backup.sh add     BACKUP NAME=FOLDER…   the same in steps: copy some folders,
sh backup.sh seal    BACKUP                and when all are there, make it one
sh backup.sh verify  BACKUP                is it whole?
sh backup.sh restore BACKUP NAME=FOLDER…   the folders as they were; what is in them now is replaced
sh backup.sh prune   BACKUPS KEEP          remove all but the newest KEEP backups below the folder BACKUPS
END
    exit 2
}

fail() {
    printf 'backup: %s\n  %s\n' "$1" "$2" >&2
    exit 1
}

# The two sides of NAME=FOLDER, in $name and $folder.
split() {
    name=${1%%=*}
    folder=${1#*=}
    case $1 in *=*) ;; *) fail "$1 names no folder" "write NAME=FOLDER, for example prometheus=/var/lib/prometheus" ;; esac
    case $name in '' | *[!a-z0-9-]*) fail "$name is no name of a folder in a backup" "write letters, digits and -" ;; esac
}

kilobytes() { du -sk "$1" | cut -f 1; }

free() { df -Pk "$1" | awk 'NR == 2 { print $4 }'; }

add() {
    backup=$1
    shift
    [ ! -e "$backup" ] || fail "$backup is there already" "a backup is never changed; name another"
    (umask 077 && mkdir -p "$backup.partial")
    for pair in "$@"; do
        split "$pair"
        [ -d "$folder" ] || fail "there is no folder $folder" "write the folder in which $name keeps its data"
        needed=$(kilobytes "$folder")
        [ "$needed" -le "$(free "$backup.partial")" ] ||
            fail "$folder has $needed kB, and there is less free for $backup" "make room, or keep fewer backups"
        (umask 077 && tar -C "$folder" -cf "$backup.partial/$name.tar" .) ||
            fail "$folder could not be copied" "is its server still running? stop it first"
    done
}

seal() {
    (
        cd "$1.partial" || fail "there is no $1.partial" "copy some folders first, with add"
        umask 077
        sha256sum -- *.tar >SHA256SUMS
    )
    check "$1.partial"
    sync
    mv "$1.partial" "$1"
}

# Every archive is listed, has its checksum, and can be read to its end.
check() {
    [ -f "$1/SHA256SUMS" ] || fail "$1 is no backup that was finished" "take another: the newest folder with SHA256SUMS"
    (cd "$1" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
        fail "$1 is damaged: a file is not the one that was saved" "take another backup"
    for archive in "$1"/*.tar; do
        grep -q "  ${archive##*/}\$" "$1/SHA256SUMS" || fail "$archive is not in SHA256SUMS" "take another backup"
        tar -tf "$archive" >/dev/null || fail "$archive cannot be read" "take another backup"
    done
}

restore() {
    backup=$1
    shift
    check "$backup"
    for pair in "$@"; do
        split "$pair"
        [ -f "$backup/$name.tar" ] || fail "$backup has nothing of $name" "it has: $(cd "$backup" && echo *.tar)"
    done
    for pair in "$@"; do
        split "$pair"
        # first everything that is new, then away with the old: what is interrupted can be done again
        if [ -d "$folder" ]; then
            inside=$folder/.restoring
        else
            inside=$folder.restoring
        fi
        rm -rf "$inside"
        mkdir -p "$inside"
        tar -C "$inside" -xpf "$backup/$name.tar" || fail "$name could not be unpacked" "is there room in $folder?"
        if [ -d "$folder" ]; then
            find "$folder" -mindepth 1 -maxdepth 1 ! -name .restoring -exec rm -rf {} +
            find "$inside" -mindepth 1 -maxdepth 1 -exec mv {} "$folder" \;
            rmdir "$inside"
        else
            mv "$inside" "$folder"
        fi
    done
    sync
}

prune() {
    case $2 in '' | 0 | *[!0-9]*) fail "$2 backups cannot be kept" "write how many, at least 1" ;; esac
    rm -rf "$1"/*.partial
    count=0
    for backup in $(cd "$1" && for one in */SHA256SUMS; do [ ! -f "$one" ] || echo "${one%/*}"; done | sort -r); do
        count=$((count + 1))
        [ "$count" -le "$2" ] || rm -rf "${1:?}/$backup"
    done
}

[ $# -ge 2 ] || usage
command=$1
shift
case $command in
    save)
        [ $# -ge 2 ] || usage
        rm -rf "$1.partial" # of a backup that was interrupted
        add "$@"
        seal "$1"
        ;;
    add)
        [ $# -ge 2 ] || usage
        add "$@"
        ;;
    seal) seal "$1" ;;
    verify) check "$1" ;;
    restore)
        [ $# -ge 2 ] || usage
        restore "$@"
        ;;
    prune)
        [ $# -eq 2 ] || usage
        prune "$@"
        ;;
    *) usage ;;
esac
