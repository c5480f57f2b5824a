# Sourced by ./kernels and ./package, after prepare.sh: emulated machines with Debian's user land and kernels.
#
# Fetched and built files stay in $cache. Kernel packages are downloaded from the mirror of this machine's apt (or SLUICE_MIRROR), and are
# not installed.

cache=$PWD/.build/kernels

also_needed='qemu-system-x86_64 qemu-system-x86
mmdebstrap mmdebstrap
mke2fs e2fsprogs
/bin/busybox busybox-static
cpio cpio
depmod kmod
xz xz-utils
zstd zstd
python3 python3'

prepare_machines() {
    mirror=${SLUICE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(SUITE)' 2>/dev/null | sed -n 's,/* [a-z]*$,,p' | grep '/debian$' | head -n 1)}
    [ -n "$mirror" ] || fail "apt has no Debian source: run 'apt-get update', or set SLUICE_MIRROR."
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$cache"
}

# Builds an image of a user land, unless it exists. Its path is in $root_image.
#
#   build_root NAME SUITE PACKAGES FINISH KEY
#
# FINISH is a function that gets the tree's path. KEY is the text that its work depends on: another key gives another image.
build_root() {
    local name=$1 suite=$2 packages=$3 finish=$4 key=$5 image tree
    image=$cache/$name-$suite-$(printf '%s\n' "$packages" "$key" | cksum | cut -d' ' -f1).ext4
    root_image=$image
    [ ! -e "$image" ] || return 0
    echo "$(basename "$0"): building the user land ($suite)" >&2
    tree=$(mktemp -d "$cache/tree.XXXXXX")
    nice -n 10 mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" "$suite" "$tree" "$mirror" >&2
    mkdir -p "$tree/usr/lib/modules"
    "$finish" "$tree"
    rm -rf "$tree"/var/cache/apt/*.bin "$tree"/var/lib/apt/lists/* "$tree"/usr/share/doc/* "$tree"/usr/share/locale/*
    truncate -s "${root_size:-2G}" "$image.new"
    mke2fs -q -t ext4 -O ^has_journal,^resize_inode -E lazy_itable_init=0,nodiscard -m 0 -L root -d "$tree" "$image.new"
    rm -rf "$tree"
    mv "$image.new" "$image"
}

# Downloads a suite's kernel with a separate apt directory, and unpacks it: vmlinuz, modules.ext4, first-root, version. The suite's index gives
# the current version. It does not keep old ones.
build_kernel() {
    local name=$1 directory=$cache/kernel-$1 apt tree packages version modules initrd module list=
    [ ! -e "$directory/first-root" ] || return 0
    echo "$(basename "$0"): fetching the kernel of $name" >&2
    apt=$cache/apt-$name tree=$cache/tree-$name
    rm -rf "$apt" "$tree"; mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$tree" "$directory"
    : >"$apt/status"
    {
        echo "deb [signed-by=$keyring] $mirror $name main"
        case $name in
        *-backports) echo "deb [signed-by=$keyring] $mirror ${name%-backports} main" ;;
        *) echo "deb [signed-by=$keyring] $mirror-security $name-security main" ;;
        esac
    } >"$apt/sources.list"
    local options=(-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::lists="$apt/lists"
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
    apt-get "${options[@]}" -qq update
    # The cloud flavour has everything that is needed, and boots fastest.
    local target=(linux-image-cloud-amd64)
    case $name in *-backports) target=(-t "$name" linux-image-cloud-amd64) ;; esac
    # From 6.19 on, a kernel has several packages: image, binary, modules.
    packages=$(apt-get "${options[@]}" -qq --print-uris --no-install-recommends install "${target[@]}" |
        sed -n "s/^'[^']*' \(linux-\(image\|binary\|modules\)-[0-9][^_]*\)_.*/\1/p")
    [ -n "$packages" ] || fail "there is no kernel package in $name."
    # shellcheck disable=SC2086
    (cd "$apt" && apt-get "${options[@]}" -qq download $packages)
    for package in "$apt"/*.deb; do dpkg-deb -x "$package" "$tree"; done
    modules=$(dirname "$(find "$tree" -path '*/modules/*/kernel' -prune | head -n 1)")
    version=$(basename "$modules")
    cp "$(find "$tree" -name 'vmlinuz*' -type f | head -n 1)" "$directory/vmlinuz"
    find "$modules" -name '*.ko.xz' -print0 | xargs -0 -r -n 64 nice -n 10 xz -d
    find "$modules" -name '*.ko.zst' -print0 | xargs -0 -r -n 64 nice -n 10 zstd -q -d --rm
    mkdir -p "$tree/out/lib/modules"
    mv "$modules" "$tree/out/lib/modules/"
    depmod -b "$tree/out" "$version"
    truncate -s 1G "$directory/modules.ext4.new"
    mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0,nodiscard -m 0 -d "$tree/out/lib/modules" "$directory/modules.ext4.new"
    mv "$directory/modules.ext4.new" "$directory/modules.ext4"
    # The initial root file system: busybox and the disk drivers.
    initrd=$tree/initrd
    mkdir -p "$initrd"/{bin,proc,sys,dev,root,m}
    cp /bin/busybox "$initrd/bin/busybox"
    for module in virtio_pci virtio_blk ext4 virtio_rng; do
        while read -r kind path _; do
            [ "$kind" = insmod ] || continue
            cp -n "$path" "$initrd/m/"
            case " $list " in *" $(basename "$path") "*) ;; *) list="$list $(basename "$path")" ;; esac
        done < <(modprobe -d "$tree/out" -S "$version" --show-depends "$module" 2>/dev/null || true)
    done
    cat >"$initrd/init" <<END
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
for m in $list; do /bin/busybox insmod /m/\$m; done
init=; for word in \$(/bin/busybox cat /proc/cmdline); do case \$word in init=*) init=\${word#init=} ;; esac; done
n=0; while [ ! -b /dev/vdc ] && [ \$n -lt 200 ]; do n=\$((n+1)); /bin/busybox usleep 50000; done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root && /bin/busybox mount -t ext4 -o ro /dev/vdb /root/usr/lib/modules
/bin/busybox mount --move /dev /root/dev; /bin/busybox umount /proc
exec /bin/busybox switch_root /root \$init
END
    chmod +x "$initrd/init"
    (cd "$initrd" && find . | cpio -o -H newc --quiet) >"$directory/first-root.new"
    echo "$version" >"$directory/version"
    rm -rf "$tree" "$apt"
    mv "$directory/first-root.new" "$directory/first-root"
}

# Drivers that udev would load, and that are not needed here. They take a third of the time to the first step.
unneeded=ata_piix,ata_generic,libata,scsi_mod,kvm_amd,kvm_intel,kvm,aesni_intel,ghash_clmulni_intel,sha512_ssse3,sha256_ssse3,sha1_ssse3,crct10dif_pclmul,crc32_pclmul,polyval_clmulni,cryptd,powernow_k8,acpi_cpufreq,evdev,psmouse,i2c_piix4,dm_mod,loop,configfs,efi_pstore,autofs4

# Boots a machine, and returns when it is off. The exit code is qemu's, or 124 after a timeout.
#
#   boot KERNEL INIT FILES SECONDS CONSOLE OUTPUT [WORD ...]
#
# FILES is a folder. The machine gets it as a tar on /dev/vdc. OUTPUT gets the text that the machine writes to /dev/ttyS1. WORDs are added to
# the kernel's command line.
boot() {
    local kernel=$1 init=$2 files=$3 seconds=$4 console=$5 output=$6 code=0
    shift 6
    local tar=$output.tar
    : >"$output"
    tar -C "$files" -chf "$tar" .
    truncate -s %512 "$tar"
    nice -n 10 timeout -k 5 "$seconds" qemu-system-x86_64 \
        -machine pc,usb=off,vmport=off,hpet=off -accel tcg,thread=multi,tb-size=512 -cpu max,pmu=off,la57=off \
        -smp "${machine_cpus:-1}" -m "${machine_memory:-2048}" -nodefaults -display none -no-reboot -nic none \
        -kernel "$cache/kernel-$kernel/vmlinuz" -initrd "$cache/kernel-$kernel/first-root" \
        -append "console=ttyS0 panic=-1 quiet root=/dev/vda rw init=$init mitigations=off tsc=reliable nokaslr audit=0 no_timer_check clearcpuid=141 modprobe.blacklist=$unneeded $*" \
        -serial file:"$console" -serial file:"$output" \
        -drive file="$root_image",format=raw,if=virtio,snapshot=on,cache=unsafe,index=0 \
        -drive file="$cache/kernel-$kernel/modules.ext4",format=raw,if=virtio,readonly=on,index=1 \
        -drive file="$tar",format=raw,if=virtio,readonly=on,index=2 \
        -device virtio-rng-pci </dev/null || code=$?
    rm -f "$tar"
    sed -i 's/\r$//' "$output"
    return "$code"
}
