# Sourced by ./run and ./test: checks the machine, and installs the Debian packages that are missing.

# Administration tools are in directories that ordinary logins do not have in PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

require_linux_and_root() {
    [ "$(uname -s)" = Linux ] || fail "Sluice needs Linux: this is $(uname -s)."
    [ "$(id -u)" = 0 ] || fail "needs root, for network namespaces and eBPF: run 'sudo $0'."
}

require_swift() {
    if ! command -v swift >/dev/null; then
        for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin "${SUDO_USER:+$(getent passwd "$SUDO_USER" | cut -d: -f6)/.local/share/swiftly/bin}"; do
            [ -x "$folder/swift" ] && PATH=$PATH:$folder && break
        done
    fi
    command -v swift >/dev/null || fail "'swift' is not in PATH: install the Swift 6.3 toolchain (swift.org/install/linux), and keep PATH with 'sudo env PATH=\"\$PATH\" $0'."
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case $version in
    6.3) ;;
    *) fail "the packet path is built with the Swift 6.3 toolchain; 'swift' here is ${version:-unknown}: install 6.3." ;;
    esac
}

# What is needed (a program, or a file with its path), and the Debian package that contains it. also_needed: one more
# line.
needed_packages() {
    cat <<'END'
/usr/include/bpf/bpf_helpers.h libbpf-dev
gcc gcc
/usr/lib/gcc/*/*/libstdc++.so libstdc++-12-dev
/usr/include/stdio.h libc6-dev
/usr/include/sqlite3.h libsqlite3-dev
git git
nft nftables
ip iproute2
nsenter util-linux
tcpdump tcpdump
tshark tshark
iperf3 iperf3
ethtool ethtool
sshd openssh-server
ssh openssh-client
psql postgresql-client
/usr/lib/postgresql/*/bin/initdb postgresql
curl curl
ping iputils-ping
tracepath iputils-tracepath
traceroute traceroute
socat socat
chromium chromium
python3 python3
/usr/lib/python3/dist-packages/jsonschema/__init__.py python3-jsonschema
/usr/lib/python3/dist-packages/yaml/__init__.py python3-yaml
mandoc mandoc
shellcheck shellcheck
zsh zsh
fish fish
promtool prometheus
ps procps
systemd-analyze systemd
END
    [ -z "${also_needed-}" ] || echo "$also_needed"
}

is_there() {
    case $1 in
    /*) for file in $1; do [ -e "$file" ] && return 0; done; return 1 ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing_packages() {
    needed_packages | while read -r what package; do
        is_there "$what" || echo "$package"
    done | sort -u | tr '\n' ' '
}

install_missing_packages() {
    packages=$(missing_packages)
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null || fail "missing: $packages(Debian's names). Install them; 'apt-get' is not here."
    echo "$(basename "$0"): installing $packages" >&2
    # Servers in the packages must not be started: tests start their own. An existing policy of the machine is kept.
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e "$policy" ]; then
        ours=yes
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    # Also no PostgreSQL cluster.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    # shellcheck disable=SC2086
    {
        apt-get update -q >&2 || fail "'apt-get update' failed: the packages $packages are missing."
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            -o Dpkg::Options::=--force-confold $packages >&2 || fail "'apt-get install $packages' failed."
    }
    if [ -n "$ours" ]; then
        rm -f "$policy"
        trap - EXIT
    fi
    packages=$(missing_packages)
    [ -z "$packages" ] || fail "missing even after the installation: $packages"
}

# One line for each reason why this machine can't run the tests on real kernel objects. No output if it can.
kernel_problems() {
    [ "$(uname -s)" = Linux ] || { echo "this is $(uname -s), not Linux"; return; }
    [ "$(id -u)" = 0 ] || { echo "not root: network namespaces and eBPF need it (run 'sudo $0')"; return; }
    name=sluice-check-$$
    if ip netns add "$name" 2>/dev/null; then
        ip -n "$name" link add a0 type veth peer name a1 2>/dev/null || echo "no veth devices (kernel module 'veth')"
        tc -n "$name" qdisc add dev a0 clsact 2>/dev/null || echo "no clsact queueing discipline (kernel module 'sch_ingress')"
        nsenter --net="/run/netns/$name" nft add table inet check 2>/dev/null || echo "no nftables (kernel module 'nf_tables')"
        ip netns delete "$name"
    else
        echo "network namespaces can't be created (CAP_SYS_ADMIN is missing, or the kernel lacks CONFIG_NET_NS)"
    fi
    if ! grep -q '^nodev[[:space:]]*bpf$' /proc/filesystems; then
        echo "the kernel has no bpf file system (CONFIG_BPF_SYSCALL)"
    elif ! grep -q ' /sys/fs/bpf bpf ' /proc/mounts; then
        mount -t bpf bpf /sys/fs/bpf 2>/dev/null || echo "the bpf file system can't be mounted on /sys/fs/bpf"
    fi
    [ -e /sys/kernel/btf/vmlinux ] || echo "the kernel has no type information (CONFIG_DEBUG_INFO_BTF)"
}
