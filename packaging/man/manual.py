#!/usr/bin/env python3
"""Generates the manual pages, in mdoc(7): one for each command, from the argument parser's help, and sluice.yaml(5), from the schema.

    manual.py --help-dump FILE --schema FILE --version TEXT --date YYYY-MM-DD --output FOLDER [PAGE.in ...]

The FILEs are the output of 'sluice --experimental-dump-help' and 'sluice config schema'. Each PAGE.in is a page, or a part of one, that is written
by hand: 'sluice.8.in' is inserted into sluice(8); the others become separate pages, with @DATE@ and @VERSION@ filled in.
(ArgumentParser's own plugin generates one page for all commands and loses the order of groups, and mandoc reports errors in it.)
"""
import argparse
import datetime
import json
import os
import re
import textwrap

SECTION = 8


def escaped(text):
    """Escapes a text for roff, so that it contains no requests or escapes."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    text = text.replace("'", "\\(aq").replace('"', "\\(dq")
    return re.sub(r"[^\x00-\x7f]", lambda match: "\\[u%04X]" % ord(match.group()), text)


def word(text):
    """A macro's argument, quoted if it would otherwise be split, or taken for a macro or punctuation."""
    text = escaped(text)
    if re.search(r"[\s]", text) or re.fullmatch(r"[A-Z][a-z]|[.,:;()\[\]?!|]", text):
        return f'"{text}"'
    return text


def line_of(text):
    """A line of text that is never taken for a request."""
    text = escaped(text)
    return "\\&" + text if text[:1] in ("", ".") else text


def prose(text):
    """One sentence on each line, as mandoc requires. A text with several lines keeps them."""
    lines = []
    for paragraph in text.strip().split("\n\n"):
        if lines:
            lines.append(".Pp")
        parts = paragraph.split("\n")
        # Wrapped prose, not an example or a drawing.
        if len(parts) > 1 and all(len(part) > 60 for part in parts[:-1]) and not re.search(r"^ |  ", paragraph, re.M):
            paragraph = " ".join(parts)
        if "\n" in paragraph:
            lines += [".Bd -literal -offset indent", *[line_of(line) for line in paragraph.split("\n")], ".Ed"]
            continue
        for sentence in re.split(r"(?<=[.:;?!])\s+", paragraph):
            lines += [line_of(line) for line in textwrap.wrap(sentence, 78, break_on_hyphens=False, break_long_words=False)]
    return lines


def mdoc_date(date):
    return date.strftime("%B ") + str(date.day) + date.strftime(", %Y")


def shown(arguments):
    return [a for a in arguments if a.get("shouldDisplay", True) and not (a["kind"] == "flag" and a["valueName"] in ("help", "version"))]


def flag_name(argument):
    name = argument["preferredName"]
    return ("-" if name["kind"] != "long" else "--") + name["name"]


def macro_of(argument):
    """The macros of an argument: `Fl -limit Ar limit`, `Ar id ...`."""
    repeats = " ..." if argument.get("isRepeating") else ""
    if argument["kind"] == "positional":
        return f"Ar {word(argument['valueName'])}{repeats}"
    # .Fl adds one dash.
    text = f"Fl {escaped(flag_name(argument)[1:])}"
    if argument["kind"] == "option":
        text += f" Ar {word(argument['valueName'])}"
    return text


def page_name(path):
    return "-".join(path)


def options(arguments):
    lines = [".Bl -tag -width Ds"]
    for argument in arguments:
        lines.append(".It " + macro_of(argument))
        text = argument.get("abstract", "")
        if argument.get("discussion"):
            text += " " + argument["discussion"]
        values = argument.get("allValues") or []
        if argument.get("defaultValue"):
            text = text.rstrip() + f" Default: {argument['defaultValue']}."
        elif values and not any(value in text for value in values):
            text = text.rstrip() + " One of: " + ", ".join(values) + "."
        lines += prose(text) or ["\\&"]
        if argument.get("isRepeating") and argument["kind"] == "option" and "several times" not in text:
            lines.append("May be given several times.")
    return lines + [".El"]


def synopsis(path, command):
    arguments = shown(command.get("arguments", []))
    children = subcommands(command, path)
    lines = [".Nm " + " ".join(word(part) for part in path)]
    for argument in arguments:
        macros = macro_of(argument)
        lines.append(f".Op {macros}" if argument.get("isOptional") else f".{macros}")
    if children:
        lines += [".Ar command", ".Op Ar argument ..."]
    return lines


def page(path, command, date, pages, extra):
    name = page_name(path)
    children = subcommands(command, path)
    lines = [f".Dd {mdoc_date(date)}", f".Dt {name.upper()} {SECTION}", ".Os Sluice", ".Sh NAME", f".Nm {name}"]
    abstract = command.get("abstract", "").strip().rstrip(".")
    lines.append(".Nd " + escaped(abstract[:1].lower() + abstract[1:]))
    lines += [".Sh SYNOPSIS"] + synopsis(path, command) + [".Sh DESCRIPTION"]
    lines += prose(command.get("abstract", ""))
    if command.get("discussion"):
        lines += [".Pp"] + prose(command["discussion"])
    arguments = shown(command.get("arguments", []))
    if arguments:
        lines += [".Pp", "The options and arguments are:"] + options(arguments)
    if children:
        lines += [".Pp", "The commands are:", ".Bl -tag -width Ds"]
        for child in children:
            lines.append(f".It Xr {page_name(path + [child['commandName']])} {SECTION}")
            lines += prose(child.get("abstract", ""))
        lines.append(".El")
    lines += extra
    if not any(line.startswith(".Sh EXIT STATUS") for line in lines):
        lines += [".Sh EXIT STATUS"] + exit_status(path)
    related = [page_name(path[:-1])] if len(path) > 1 else []
    lines += [".Sh SEE ALSO"]
    references = sorted([f"{other} {SECTION}" for other in related], key=lambda text: (text.split()[1], text))
    references = ["sluice.yaml 5"] + references if name == "sluice" or not related else references
    if name == "sluice":
        references.append("sluice.service 8")
    lines += [f".Xr {reference}{' ,' if index + 1 < len(references) else ''}" for index, reference in enumerate(references)]
    # A display is already a paragraph.
    lines = [line for line, following in zip(lines, lines[1:] + [""]) if not (line == ".Pp" and following.startswith(".Bd"))]
    return "\n".join(lines) + "\n"


def exit_status(path):
    if path == ["sluice", "status"]:
        return ["0: the gateway is healthy;", "1: degraded;", "2: down."]
    return ["0: done;", "1: it failed, and standard error says why;", "64: the command line is wrong."]


def subcommands(command, path):
    """The subcommands of a command, without hidden ones and without the parser's own help."""
    shown = [child for child in command.get("subcommands", []) if child.get("shouldDisplay", True)]
    return [child for child in shown if len(path) > 1 or child["commandName"] != "help"]


def commands(command, path):
    own = path + [command["commandName"]]
    yield own, command
    for child in subcommands(command, own):
        yield from commands(child, own)


# --- sluice.yaml(5) -----------------------------------------------------------------------------------------------------------------


def keys(schema, path=""):
    """The keys of a mapping, each followed by the keys of the mapping that it contains."""
    required = set(schema.get("required", []))
    for name, value in schema.get("properties", {}).items():
        full = f"{path}.{name}" if path else name
        yield full, value, name in required
        if value.get("type") == "array" and "properties" in value.get("items", {}):
            yield from keys(value["items"], full + "[]")
        elif "properties" in value:
            yield from keys(value, full)


def configuration(schema, date, extra):
    lines = [f".Dd {mdoc_date(date)}", ".Dt SLUICE.YAML 5", ".Os Sluice", ".Sh NAME", ".Nm sluice.yaml", ".Nd configuration of a Sluice gateway"]
    lines += [".Sh DESCRIPTION"] + extra
    lines += [".Sh KEYS", ".Bl -tag -width Ds"]
    for name, value, required in keys(schema):
        lines.append(f".It Cm {word(name)} : Ar {word(value.get('x-value', 'value'))}")
        lines += prose(value.get("description", ""))
        usual = value.get("x-default", "")
        if required:
            lines.append("Required.")
        elif usual:
            lines += [line for line in prose(f"Default: {usual}.")]
    lines.append(".El")
    lines += [".Sh FILES", ".Bl -tag -width Ds", ".It Pa /etc/sluice/sluice.yaml", "The configuration of the packaged service.",
              ".It Pa /usr/share/sluice/sluice.schema.json", "Its JSON Schema, for editors.", ".El"]
    lines += [".Sh SEE ALSO", ".Xr sluice 8 ,", ".Xr sluice-config-check 8 ,", ".Xr sluice.service 8"]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    for option in ("--help-dump", "--schema", "--version", "--date", "--output"):
        parser.add_argument(option, required=True)
    parser.add_argument("pages", nargs="*")
    options_given = parser.parse_args()
    date = datetime.date.fromisoformat(options_given.date)
    with open(options_given.help_dump) as file:
        root = json.load(file)["command"]
    with open(options_given.schema) as file:
        schema = json.load(file)
    os.makedirs(options_given.output, exist_ok=True)
    pieces = {}
    for source in options_given.pages:
        with open(source) as file:
            text = file.read().replace("@DATE@", mdoc_date(date)).replace("@VERSION@", options_given.version)
        pieces[os.path.basename(source)[: -len(".in")]] = text
    made = {}
    pages = [page_name(path) for path, _ in commands(root, [])]
    for path, command in commands(root, []):
        extra = pieces.get("sluice.8", "").strip().split("\n") if path == ["sluice"] and "sluice.8" in pieces else []
        made[f"{page_name(path)}.{SECTION}"] = page(path, command, date, pages, extra)
    made["sluice.yaml.5"] = configuration(schema, date, pieces.get("sluice.yaml.5", "").strip().split("\n"))
    for name, text in pieces.items():
        if name not in ("sluice.8", "sluice.yaml.5"):
            made[name] = text
    for name, text in made.items():
        with open(os.path.join(options_given.output, name), "w") as file:
            file.write(text)


main()
