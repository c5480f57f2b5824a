#!/usr/bin/env python3
"""Converts CHANGELOG.md to Debian's format: changelog.py VERSION <CHANGELOG.md. Its first section must be that of VERSION."""
import datetime
import re
import sys
import textwrap


def main():
    version = sys.argv[1]
    sections = re.split(r"^## ", sys.stdin.read(), flags=re.M)[1:]
    if not sections:
        sys.exit("CHANGELOG.md has no section '## VERSION (YYYY-MM-DD)'")
    for number, section in enumerate(sections):
        head, _, body = section.partition("\n")
        match = re.fullmatch(r"(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)", head.strip())
        if not match:
            sys.exit(f"CHANGELOG.md: '## {head}' is not '## VERSION (YYYY-MM-DD)'")
        if number == 0 and match[1] != version:
            sys.exit(f"CHANGELOG.md begins with {match[1]}, but the version is {version}: write its section first")
        date = datetime.datetime.fromisoformat(match[2]).replace(hour=12, tzinfo=datetime.timezone.utc)
        print(f"sluice ({match[1]}) unstable; urgency=medium\n")
        for item in re.split(r"^- ", body, flags=re.M)[1:]:
            # An item ends where something else begins.
            text = " ".join(re.split(r"\n\n|\n###", item)[0].split())
            print(textwrap.fill(text, 76, initial_indent="  * ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False))
        print(f"\n -- Sluice authors <sluice@packages.example>  {date:%a, %d %b %Y %H:%M:%S +0000}\n")


main()
