#!/bin/sh
# Writes a Swift file with the commit of a package's files, unless the file has that commit already.
#
#   stamp-commit.sh PACKAGE-ROOT OUTPUT.swift
#
# Reads from git and changes nothing there, not even its index. Works without a repository: then the commit is unknown.
set -eu
root=$1
output=$2

# A repository that belongs to another user is read too: nothing in it is executed.
ask() { GIT_OPTIONAL_LOCKS=0 git -c "safe.directory=*" -C "$root" "$@" 2>/dev/null; }

commit=unknown
# A repository around the package is not the package's, for example if a release is unpacked in another checkout.
top=$(ask rev-parse --show-toplevel) || top=
if [ -n "$top" ] && [ "$(cd "$top" && pwd -P)" = "$(cd "$root" && pwd -P)" ]; then
    commit=$(ask rev-parse --short=12 HEAD) || commit=unknown
    if [ "$commit" != unknown ] && ! ask diff --quiet HEAD --; then commit=$commit-modified; fi
fi

text="// Made by Plugins/stamp-commit.sh.
/// Twelve digits, with -modified behind where files were changed since; unknown: built outside of a git repository.
enum BuildCommit { static let text = \"$commit\" }"
[ "$(cat "$output" 2>/dev/null)" = "$text" ] || printf '%s\n' "$text" >"$output"
