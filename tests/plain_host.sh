# shellcheck shell=sh
# The root of a machine of its own, of this one's programs and Debian's beside them; then systemd as its first process.
# $1: an empty folder; $2: folders of unpacked packages, for /usr, parted by colons; then pairs: a folder, and where it is
set -eu
root=$1
packages=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir -p usr etc/systemd/system var/log run tmp proc sys dev root opt old
for link in bin sbin lib lib64; do ln -s "usr/$link" "$link"; done
mount -t overlay overlay -o "ro,lowerdir=$packages:/usr" usr
while [ $# -gt 0 ]; do
    mkdir -p ".$2"
    mount --bind "$1" ".$2"
    shift 2
done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n' > etc/passwd
printf 'root:x:0:\nnogroup:x:65534:\n' > etc/group
printf '127.0.0.1 localhost\n' > etc/hosts
tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id
for known in ld.so.cache nsswitch.conf ssl alternatives; do [ ! -e "/etc/$known" ] || cp -R "/etc/$known" etc/; done
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    : > "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
# nothing of the kernel, which is this machine's, too
for unit in modprobe@.service systemd-modules-load.service systemd-sysctl.service systemd-udevd.service \
    systemd-udev-trigger.service sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount systemd-logind.service getty.target \
    systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-journal-flush.service \
    systemd-remount-fs.service systemd-update-utmp.service systemd-random-seed.service systemd-tmpfiles-clean.timer; do
    ln -s /dev/null "etc/systemd/system/$unit"
done
ln -s /usr/lib/systemd/system/multi-user.target etc/systemd/system/default.target
pivot_root . old
umount -l old
rmdir old
mount --make-rshared / # as on any machine: how systemd hands secrets to units rests on it
exec env -i container=vedette PATH=/usr/sbin:/usr/bin /usr/lib/systemd/systemd --log-target=console --show-status=false
