#!/bin/sh
# Compiles the packet path (Sources/FlowCore and KernelProgram/*.swift) to an eBPF object, and the object to a Swift
# source file that contains it as base64 text.
#
#   compile.sh PACKAGE-ROOT WORK-DIRECTORY OUTPUT.swift
#
# Swift has no standard library for BPF. The embedded one for riscv64 has exactly BPF's data layout. So the code is
# compiled to LLVM IR for that target, and the triple is changed. The C file with the maps and sections links in only
# what it uses. This needs the Swift 6.3 toolchain: its clang has the BPF target.
set -eu
root=$1
work=$2
output=$3

swiftc=$(command -v swiftc) || { echo "error: swiftc is not in PATH: install the Swift 6.3 toolchain" >&2; exit 1; }
clang=$(dirname "$(readlink -f "$swiftc")")/clang
[ -x "$clang" ] || clang=clang
layout=$root/Sources/FlowLayout/include
[ -e /usr/include/bpf/bpf_helpers.h ] || { echo "error: <bpf/bpf_helpers.h> is missing: apt-get install libbpf-dev" >&2; exit 1; }
multiarch=/usr/include/$(uname -m)-linux-gnu

"$swiftc" -wmo -Osize -g -parse-as-library -package-name sluice -module-name KernelProgram \
    -swift-version 6 -enable-upcoming-feature InternalImportsByDefault -enable-experimental-feature Embedded -target riscv64-none-none-eabi -warnings-as-errors -Xfrontend -disable-stack-protector \
    -I "$layout" -I "$root/KernelProgram/include" -Xcc -ffreestanding \
    -emit-ir $(find "$root/Sources/FlowCore" "$root/KernelProgram" -name '*.swift' | LC_ALL=C sort) \
    -o "$work/core.ll"

# The triple becomes BPF's. What would keep Swift's runtime linked in is removed. What Swift did not inline is inlined:
# the functions that the verifier must check separately are C functions.
sed -e 's/^target triple = .*/target triple = "bpfel"/' -e '/^@llvm.used/d' -e '/^@_swift1_autolink_entries/d' \
    -e '/^define internal .*@"$e13KernelProgram/s/) \(.*\)#\([0-9][0-9]*\)/) \1 alwaysinline #\2/' \
    "$work/core.ll" >"$work/core.bpf.ll"
"$clang" -target bpfel -x ir -O0 -emit-llvm -c "$work/core.bpf.ll" -o "$work/core.bc" -Wno-override-module
"$clang" -target bpfel -mcpu=v3 -O2 -g -ffreestanding -Wall -Wextra -Werror -mllvm -bpf-disable-trap-unreachable \
    -I "$layout" -I "$root/KernelProgram/include" -I "$multiarch" \
    -c "$root/KernelProgram/datapath.bpf.c" -Xclang -mlink-builtin-bitcode -Xclang "$work/core.bc" \
    -o "$work/datapath.o"

{
    echo "// Made by KernelProgram/compile.sh."
    printf 'enum CompiledKernelProgram {\n    static let base64: StaticString = "'
    base64 -w 0 "$work/datapath.o"
    printf '"\n}\n'
} >"$output.new"
mv "$output.new" "$output"
