# Sourced by ./package for its task `test`: builds three packages from the built files, and tests their life in emulated machines.
# shellcheck shell=bash disable=SC2154

life=$PWD/Tests/PackageLife
# A machine is ended after this number of seconds.
limit=${PACKAGE_LIMIT:-1800}
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
read -r -a continuities <<<"${PACKAGE_CONTINUITY:-preserve disruptive}"
root_size=3G
machine_memory=3072

# The user land: Debian 12 with systemd. Units that only cost time here are masked. The machine id is set, so that systemd does not
# treat the boot as the first one.
finish_life() {
    local tree=$1 unit
    echo 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id"
    echo life >"$tree/etc/hostname"
    printf '127.0.0.1 localhost life\n::1 localhost\n' >"$tree/etc/hosts"
    : >"$tree/etc/fstab"
    mkdir -p "$tree/life" "$tree/etc/systemd/journald.conf.d" "$tree/etc/systemd/system/multi-user.target.wants"
    printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' >"$tree/etc/systemd/journald.conf.d/life.conf"
    for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        getty@tty1.service serial-getty@ttyS0.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
        systemd-random-seed.service systemd-pstore.service systemd-hwdb-update.service systemd-journal-flush.service \
        systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-timesyncd.service systemd-networkd-wait-online.service \
        motd-news.timer man-db.timer logrotate.timer modprobe@drm.service modprobe@fuse.service modprobe@efi_pstore.service \
        sys-fs-fuse-connections.mount sys-kernel-debug.mount dev-hugepages.mount dev-mqueue.mount \
        ssh.service postgresql.service postgresql@15-main.service; do
        ln -sf /dev/null "$tree/etc/systemd/system/$unit"
    done
    ln -sf /lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
    # Services start when they are installed, as on a real machine.
    rm -f "$tree/usr/sbin/policy-rc.d"
    cat >"$tree/etc/systemd/system/life-agent.service" <<'END'
[Unit]
Description=Runs the steps of './package test'
After=basic.target dbus.service
[Service]
Type=exec
ExecStart=/bin/sh -c 'tar -xf /dev/vdc -C /life && exec /life/agent'
Environment=LANG=C.UTF-8 HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
KillMode=process
TasksMax=infinity
LimitNOFILE=65536
END
    ln -sf ../life-agent.service "$tree/etc/systemd/system/multi-user.target.wants/"
    printf "listen_addresses = '*'\nfsync = off\n" >>"$tree/etc/postgresql/15/main/postgresql.conf"
    printf 'host all all all trust\n' >"$tree/etc/postgresql/15/main/pg_hba.conf"
}

# Three packages: the current one, the same with a newer version, and one whose binary can't take over, as with another memory layout.
make_packages() {
    local refusing=$cache/life/refusing
    rm -rf "$cache/life"; mkdir -p "$cache/life/stage"
    make_package "$version" "$cache/life/stage/first.deb" -Znone
    make_package "$version+1" "$cache/life/stage/newer.deb" -Znone
    # A package sluice-api for each of them.
    make_api_package "$version" "$cache/life/stage/first-api.deb" -Znone
    make_api_package "$version+1" "$cache/life/stage/newer-api.deb" -Znone
    make_api_package "$version+2" "$cache/life/stage/refusing-api.deb" -Znone
    cp -a "$tree" "$refusing"
    mv "$refusing/usr/bin/sluice" "$refusing/usr/libexec/sluice/sluice"
    install -m 755 "$life/refusing" "$refusing/usr/bin/sluice"
    (tree=$refusing; make_package "$version+2" "$cache/life/stage/refusing.deb" -Znone)
    rm -rf "$refusing" "$tree/DEBIAN"
    cp "$life/agent" "$life/steps" "$tree/usr/libexec/sluice/lab-endpoint" "$cache/life/stage/"
}

# Checks that a root file system without systemd, as in a container, is the same before the installation and after the purge. In a chroot
# the scripts do not touch the kernel.
try_chroot() {
    local root step before after
    echo "package: testing a root file system without systemd" >&2
    root=$(mktemp -d "$cache/chroot.XXXXXX")
    nice -n 10 mmdebstrap --quiet --mode=root --variant=minbase \
        --include=nftables,iproute2,libbpf1,libsqlite3-0,libstdc++6,zlib1g,systemd-standalone-sysusers bookworm "$root" "$mirror" >&2
    mkdir "$root/life"; cp "$cache/life/stage"/*.deb "$root/life/"
    umount -l "$root/proc" 2>/dev/null || true
    before=$(contents "$root")
    for step in "dpkg -i /life/first.deb /life/first-api.deb" "dpkg -i /life/newer.deb /life/newer-api.deb" \
        "dpkg -i /life/first.deb /life/first-api.deb" "dpkg --remove sluice-api sluice" "dpkg --purge sluice-api sluice"; do
        # shellcheck disable=SC2086
        chroot "$root" $step >>"$cache/life/chroot.out" 2>&1 || failed="$failed chroot:${step%% *}"
    done
    grep -q 'not started: fill in zones' "$cache/life/chroot.out" || failed="$failed chroot:enabled"
    after=$(contents "$root")
    if [ "$before" != "$after" ]; then
        diff <(echo "$before") <(echo "$after") >&2 || true
        failed="$failed chroot:left"
    fi
    # mmdebstrap can leave /proc mounted there if it is busy at that moment.
    umount -l "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
    echo "package: a root file system without systemd: ${failed:-as before} ($cache/life/chroot.out)" >&2
}

# Files, users and groups of a tree, without dpkg's own files and the backup copies of the passwd programs.
contents() {
    (cd "$1" && find . -path ./proc -prune -o -path ./sys -prune -o -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -print | grep -v -e '-$' -e '/\.pwd\.lock$' | sort)
    cat "$1/etc/passwd" "$1/etc/group"
}

prepare_machines
build_root life bookworm systemd,systemd-sysv,dbus,udev,kmod,iproute2,iputils-ping,nftables,procps,util-linux,python3,libbpf1,libelf1,libsqlite3-0,libstdc++6,zlib1g,openssh-server,openssh-client,postgresql \
    finish_life "$(declare -f finish_life)"
for suite in "${suites[@]}"; do build_kernel "$suite"; done
stage
make_packages
failed=
try_chroot
for suite in "${suites[@]}"; do
    for continuity in "${continuities[@]}"; do
        name=$suite-$continuity
        echo "package: booting $(cat "$cache/kernel-$suite/version"), continuity $continuity" >&2
        printf '%s\n' "$continuity" >"$cache/life/stage/continuity"
        boot "$suite" /sbin/init "$cache/life/stage" "$limit" "$cache/life/$name.console" "$cache/life/$name.out" ||
            echo "package: $name: the machine was ended (124: over $limit s)" >&2
        echo
        echo "Linux $(cat "$cache/kernel-$suite/version"), continuity $continuity:"
        echo
        sed -n 's/^ROW //p' "$cache/life/$name.out"
        echo
        sed -n 's/^FIRST /Seconds from dpkg to the first forwarded packet: /p; s/^IDLE /The idle service: /p' "$cache/life/$name.out"
        grep '^FAILED' "$cache/life/$name.out" >&2 || true
        grep -q '^EXIT 0$' "$cache/life/$name.out" || failed="$failed $name"
    done
done
if [ -n "$failed" ]; then
    fail "FAILED:$failed; the output is in $cache/life/NAME.out, the consoles are in $cache/life/NAME.console."
fi
