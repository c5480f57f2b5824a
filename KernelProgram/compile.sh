#!/bin/sh
# Compiles a program for the kernel, its Swift sources and the one C file beside them, to an eBPF object, and the object
# to a Swift source file that contains it as base64 text.
#
#   compile.sh PACKAGE-ROOT WORK-DIRECTORY OUTPUT.swift PROGRAM LAYOUT [SWIFT-FOLDER...]
#
# PROGRAM is the folder: KernelProgram, the packet path, or SocketProgram. LAYOUT is the folder of the headers that it
# shares with the processes. Each SWIFT-FOLDER is compiled into it.
#
# Swift has no standard library for BPF. The embedded one for riscv64 has exactly BPF's data layout. So the code is
# compiled to LLVM IR for that target, and the triple is changed. The C file with the maps and sections links in only
# what it uses. This needs the Swift 6.3 toolchain: its clang has the BPF target.
set -eu
root=$1
work=$2
output=$3
program=$4
layout=$root/$5/include
shift 5

swiftc=$(command -v swiftc) || { echo "error: swiftc is not in PATH: install the Swift 6.3 toolchain" >&2; exit 1; }
clang=$(dirname "$(readlink -f "$swiftc")")/clang
[ -x "$clang" ] || clang=clang
[ -e /usr/include/bpf/bpf_helpers.h ] || { echo "error: <bpf/bpf_helpers.h> is missing: apt-get install libbpf-dev" >&2; exit 1; }
multiarch=/usr/include/$(uname -m)-linux-gnu
own=$root/$program
name=$work/$program

folders=$own
for folder in "$@"; do folders="$folders $root/$folder"; done
# shellcheck disable=SC2086
"$swiftc" -wmo -Osize -g -parse-as-library -package-name sluice -module-name "$program" \
    -swift-version 6 -enable-upcoming-feature InternalImportsByDefault -enable-experimental-feature Embedded -target riscv64-none-none-eabi -warnings-as-errors -Xfrontend -disable-stack-protector \
    -I "$layout" -I "$own/include" -Xcc -ffreestanding \
    -emit-ir $(find $folders -name '*.swift' | LC_ALL=C sort) \
    -o "$name.ll"

# The triple becomes BPF's. What would keep Swift's runtime linked in is removed. What Swift did not inline is inlined:
# the functions that the verifier must check separately are C functions.
sed -e 's/^target triple = .*/target triple = "bpfel"/' -e '/^@llvm.used/d' -e '/^@_swift1_autolink_entries/d' \
    -e '/^define internal .*@"$e'"${#program}$program"'/s/) \(.*\)#\([0-9][0-9]*\)/) \1 alwaysinline #\2/' \
    "$name.ll" >"$name.bpf.ll"
"$clang" -target bpfel -x ir -O0 -emit-llvm -c "$name.bpf.ll" -o "$name.bc" -Wno-override-module
"$clang" -target bpfel -mcpu=v3 -O2 -g -ffreestanding -Wall -Wextra -Werror -mllvm -bpf-disable-trap-unreachable \
    -I "$layout" -I "$own/include" -I "$multiarch" \
    -c "$own"/*.bpf.c -Xclang -mlink-builtin-bitcode -Xclang "$name.bc" \
    -o "$name.o"

{
    echo "// Made by KernelProgram/compile.sh."
    printf 'enum Compiled%s {\n    static let base64: StaticString = "' "$program"
    base64 -w 0 "$name.o"
    printf '"\n}\n'
} >"$output.new"
mv "$output.new" "$output"
