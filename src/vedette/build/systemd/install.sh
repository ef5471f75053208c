#!/bin/sh
# Installs what `vedette build` made for this host: sh install.sh [--embedded | --servers]
# It looks at everything first and changes nothing while something is missing. Run it again after each build.
# --embedded: `vedette up` in place of Prometheus and Alertmanager; without a word it stays as it was, at first --servers.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(dirname "$here")
config=/etc/vedette
variables=$config/vedette.env
installed=$config/.installed
secrets=$(sed -n 's/^d \([^ ]*\) .*/\1/p' "$here/tmpfiles.d/vedette.conf")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

engine=servers
if grep -q '^vedette|' "$config/parts" 2> /dev/null; then engine=embedded; fi
case ${1-} in
'') ;;
--embedded | --servers) engine=${1#--} ;;
*)
    echo "usage: sh $0 [--embedded | --servers]" >&2
    exit 2
    ;;
esac

missing=0
miss() { echo "missing: $1" >&2; missing=1; }
parts() { grep -v '^#' "$here/parts"; }

# What is here of the parts: all that are needed, and of the others those that somebody has installed.
choose() {
    parts | while IFS='|' read -r name needed programs rest; do
        case $needed in
        yes | "$engine") echo "$name|$needed|$programs|$rest" ;;
        no)
            if [ -x "$programs" ]; then
                echo "$name|$needed|$programs|$rest"
            else
                echo "left out: $name, there is no $programs" >&2
            fi
            ;;
        esac
    done > "$work/parts"
}

look() {
    [ "$(id -u)" = 0 ] || miss "the rights of root: sudo sh $0"
    if command -v systemctl > /dev/null; then
        version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
        [ "$version" -ge 252 ] || miss "systemd 252 or newer; this is $version"
    else
        miss "systemd"
    fi
    command -v curl > /dev/null || miss "curl: apt-get install curl"
    while IFS='|' read -r name needed programs package _ wanted demanded theirs _; do
        for program in $programs; do
            [ -x "$program" ] || miss "$program: $package"
        done
        for secret in $wanted; do
            [ -s "$secrets/$secret" ] || miss "the secret $secrets/$secret, for $name"
        done
        for variable in $demanded; do
            grep -q "^$variable=." "$variables" 2> /dev/null || miss "$variable in $variables, for $name (see $here/vedette.env.example)"
        done
        for file in $theirs; do
            [ -s "$file" ] || miss "$file, for $name"
        done
    done < "$work/parts"
}

# The files as they will be on the host.
gather() {
    mkdir -p "$work/root$config" "$work/root/etc/systemd/system" "$work/root/etc/sysusers.d" "$work/root/etc/tmpfiles.d"
    cd "$build"
    for folder in prometheus alertmanager blackbox runbooks vedette.json; do
        [ ! -e "$folder" ] || cp -R "$folder" "$work/root$config/"
    done
    mkdir -p "$work/root$config/grafana"
    cp -R grafana/dashboards "$work/root$config/grafana/"
    cd "$here"
    cp -R grafana loki jaeger alloy vedette.sh backup.sh "$work/root$config/"
    cp "$work/parts" "$work/root$config/parts"
    cp sysusers.d/vedette.conf "$work/root/etc/sysusers.d/"
    cp tmpfiles.d/vedette.conf "$work/root/etc/tmpfiles.d/"
    # a unit that Debian's package brings is not what the target means
    parts | while IFS='|' read -r name needed _; do
        case $needed in servers | embedded) [ "$needed" = "$engine" ] || echo "Wants=$name.service" ;; esac
    done > "$work/others"
    grep -vxF -f "$work/others" units/vedette.target > "$work/root/etc/systemd/system/vedette.target"
    while IFS='|' read -r name _; do
        cp -R units/"$name".service* "$work/root/etc/systemd/system/"
    done < "$work/parts"
    cd "$work/root"
    find . -type f | sed 's/^\.//' | sort > "$work/files"
}

# What the programs themselves and systemd say of the files, before any of them is where it counts.
judge() {
    if [ "$engine" = servers ]; then
        well /usr/bin/promtool check config "$work/root$config/prometheus/prometheus.yml"
        well /usr/bin/amtool check-config "$work/root$config/alertmanager/alertmanager.yml"
    fi
    if command -v systemd-analyze > /dev/null; then
        well systemd-analyze verify --man=no --recursive-errors=no "$work"/root/etc/systemd/system/*.service
    fi
}

well() {
    "$@" > "$work/said" 2>&1 || { cat "$work/said" >&2; echo "nothing was changed" >&2; exit 1; }
}

put() {
    while read -r file; do
        cmp -s "$work/root$file" "$file" || { install -D -m 0644 "$work/root$file" "$file"; echo "$file"; }
    done < "$work/files" > "$work/changed"
    # what an earlier build brought and this one does not; a unit that goes is stopped
    : > "$work/gone"
    [ ! -f "$installed" ] || comm -23 "$installed" "$work/files" > "$work/gone"
    while read -r file; do
        case $file in
        /etc/systemd/system/*.service)
            systemctl disable --now --quiet "${file##*/}"
            echo "stopped $(basename "$file" .service)"
            ;;
        esac
        rm -f "$file"
    done < "$work/gone"
    install -m 0644 "$work/files" "$installed"
    echo "$(wc -l < "$work/files") files, $(wc -l < "$work/changed") changed, $(wc -l < "$work/gone") removed"
}

# What runs learns what is new, by whichever unit it was started: a changed unit is started again, a changed
# configuration read anew.
tell() {
    while IFS='|' read -r name _ _ _ _ _ _ _ own reloads _; do
        systemctl is-active --quiet "$name.service" || continue
        if grep -q "^/etc/systemd/system/$name\.service" "$work/changed"; then
            systemctl restart "$name.service" && echo "restarted $name"
        elif [ -n "$own" ] && grep -q "^$own" "$work/changed"; then
            if [ "$reloads" = yes ]; then
                systemctl reload "$name.service" && echo "reloaded $name"
            else
                systemctl restart "$name.service" && echo "restarted $name"
            fi
        fi
    done < "$work/parts"
}

choose
look
[ "$missing" = 0 ] || { echo "nothing was changed" >&2; exit 1; }
gather
judge
put
systemd-sysusers /etc/sysusers.d/vedette.conf
systemd-tmpfiles --create /etc/tmpfiles.d/vedette.conf
systemctl daemon-reload
systemctl enable --quiet vedette.target
tell
if systemctl is-active --quiet vedette.target; then
    systemctl start vedette.target
else
    echo "next: sh $config/vedette.sh up"
fi
