#!/usr/bin/env python3
"""Removes data from ICU that a gateway does not use: languages other than English, encodings other than Unicode's, dictionaries.

    icu.py DATA OUTPUT      both are ICU's packaged data ("CmnD"), as linked into Swift's Foundation

Yams and GRDB need Foundation; our own code uses FoundationEssentials, which needs none of this data. The remaining data is enough for Foundation
to find its root locale and English, numbers, calendars and time zones. (Debian's icupkg 72 does not read data of ICU 76.)
"""
import re
import struct
import sys

# Names of languages with optional parts: `zh`, `zh_Hant_TW`. Other resources have longer names, or are in the next list.
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z][A-Za-z0-9]*)*\.res")
KEPT = re.compile(r"(root|en|en_001|en_US|en_US_POSIX|pool|res_index)\.res")


def is_kept(name):
    folder, _, file = name.partition("/")[2].rpartition("/")
    if KEPT.fullmatch(file):
        return folder != "translit"
    if folder == "translit" or file.endswith((".cnv", ".dict", ".spp")) or file == "unames.icu":
        return False
    return not LANGUAGE.fullmatch(file)


def main():
    data = open(sys.argv[1], "rb").read()
    header = struct.unpack_from("<H", data)[0]
    if data[2:4] != b"\xda\x27" or data[12:16] != b"CmnD":
        sys.exit(f"{sys.argv[1]} is not ICU's packaged data, little-endian: has the toolchain changed?")
    base = data[header:]
    count = struct.unpack_from("<I", base)[0]
    entries = [struct.unpack_from("<II", base, 4 + 8 * number) for number in range(count)]
    kept = []
    for number, (name_offset, begin) in enumerate(entries):
        name = base[name_offset : base.index(b"\0", name_offset)]
        end = entries[number + 1][1] if number + 1 < count else len(base)
        if is_kept(name.decode()):
            kept.append((name, base[begin:end]))
    names, bodies, table = b"", b"", []
    names_begin = 4 + 8 * len(kept)
    bodies_begin = names_begin + sum(len(name) + 1 for name, _ in kept)
    bodies_begin += -bodies_begin % 16
    # Sorted by name, as before, because ICU uses binary search.
    for name, body in kept:
        table.append((names_begin + len(names), bodies_begin + len(bodies)))
        names += name + b"\0"
        bodies += body + b"\0" * (-len(body) % 16)
    result = struct.pack("<I", len(kept)) + b"".join(struct.pack("<II", *entry) for entry in table) + names
    with open(sys.argv[2], "wb") as file:
        file.write(data[:header] + result + b"\0" * (bodies_begin - len(result)) + bodies)
    print(f"icu: {len(kept)} of {count} items, {header + bodies_begin + len(bodies)} of {len(data)} bytes", file=sys.stderr)


main()
