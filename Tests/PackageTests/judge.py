#!/usr/bin/env python3
"""Checks YAML files with a JSON Schema, by Debian's python3-jsonschema: judge.py SCHEMA FILE ...

Prints a line for each file: FILE ok, or FILE PATH MESSAGE of its first mistake. `--check SCHEMA` checks the schema itself.
"""
import json
import os
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Reads scalars like YAML 1.2: no numbers to base 60, no dates, no yes and no."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("null", "merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
import re  # noqa: E402

Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+\.[0-9]+$"), list("-+0123456789"))


def main():
    schema = json.load(open(sys.argv[2 if sys.argv[1] == "--check" else 1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    if sys.argv[1] == "--check":
        return
    validator = jsonschema.Draft202012Validator(schema)
    for path in sys.argv[2:]:
        with open(path) as file:
            mistakes = sorted(validator.iter_errors(yaml.load(file, Loader)), key=lambda error: list(map(str, error.path)))
        if mistakes:
            place = ".".join(map(str, mistakes[0].path)) or "(top)"
            print(os.path.basename(path), place, mistakes[0].message.split("\n")[0])
        else:
            print(os.path.basename(path), "ok")


main()
