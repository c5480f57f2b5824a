#!/bin/sh
# Writes the files of a folder as a Swift source: one base64 text per file, which compiles fast at any length.
#
#   embed-page.sh FOLDER OUTPUT.swift
set -eu
folder=${1%/}
output=$2

{
    echo "// Made by Plugins/embed-page.sh."
    echo "enum EmbeddedFiles {"
    echo "    static let all: [(path: String, base64: StaticString)] = ["
    (cd "$folder" && find . -type f | LC_ALL=C sort) | while read -r file; do
        printf '        ("%s", "' "${file#./}"
        base64 -w 0 "$folder/${file#./}"
        printf '"),\n'
    done
    echo "    ]"
    echo "}"
} >"$output.new"
mv "$output.new" "$output"
