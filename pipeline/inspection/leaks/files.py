"""Do the data file and the manifest say what was released, and nothing else? Nothing of
who built them, or from what, may stand there.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.inspection.readback.report import ScanReport
from pipeline.inspection.readback.values import Register

COLUMNS = ("key", "value", "unit", "obs_status", "conf_status", "coverage")
STATES = "states"  # a column of the list of all released cells
MARKS = "marks"
MANIFEST = {
    "report",
    "version",
    "round",
    "reference",
    "edition",
    "replaces",
    "data_cutoff",
    "git_commit",
    "libraries",
    "inputs",
    "outputs",
    "build",
}
_INPUT = re.compile(r"(?:templates|data_contracts)/[\w./-]+|store|exhibits placed|register")
_HASH = re.compile(r"[0-9a-f]{64}")
_FOLDERS = "home|root|tmp|work|Users|usr|var|opt|mnt|etc"
_PATHS = re.compile(rf"(?<![\w.:/])/(?:{_FOLDERS})/[\w.-]+|\b[A-Za-z]:\\\w|file://", re.I)


def check_cells(where: str, data: bytes, *, register: Register, report: ScanReport) -> None:
    """Every line of the data annex is a line of the register, and a withheld one says
    nothing but that it is.
    """
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as problem:
        report.add(where, f"cannot be read: {problem}", "nobody can say what it holds")
        return
    head = tuple(lines[0] if lines else ())
    if tuple(h for h in head if h not in (STATES, MARKS)) != COLUMNS:
        report.add(
            where,
            f"columns {', '.join(head)}",
            f"allowed are {', '.join((*COLUMNS, STATES, MARKS))}",
        )
        return
    if not lines[1:]:
        report.add(where, "no line below the head", "what was not read was not judged")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(head):
            report.add(f"{where} line {number}", ",".join(line), f"a line has {len(head)} fields")
            continue
        if why := _wrong_cell(dict(zip(head, line, strict=True)), register):
            report.add(f"{where} line {number}", ",".join(line), why)
        elif line[1]:
            report.counts["cell in data file"] += 1


def _wrong_cell(row: dict[str, str], register: Register) -> str:
    cell = register.cells.get(row["key"])
    if row["unit"] and not re.fullmatch(r"[a-zA-Z_ ]+", row["unit"]):
        return "the unit is no unit"
    if not re.fullmatch(r"[A-Z]?", row["obs_status"]) or not re.fullmatch(
        r"[A-Z]?", row["conf_status"]
    ):
        return "a status is one letter"
    marks = row.get(MARKS, "")
    if marks != (cell.marks if cell and MARKS in row else ""):
        return f"released are the marks '{cell.marks if cell else ''}'"
    if cell is None:
        return "the cell is not among the released ones" if row["value"] or row["coverage"] else ""
    states = row.get(STATES, "")
    if cell.withheld:
        told = (
            row["value"]
            or row["coverage"]
            or states
            or (row["obs_status"], row["conf_status"]) != ("Q", "S")
        )
        return "the cell is withheld and must say nothing else" if told else ""
    try:
        value = Decimal(row["value"]) if row["value"] else None
    except InvalidOperation:
        return "the value is no number"
    if value != cell.value or row["coverage"].replace("/", " of ") != cell.coverage:
        return f"released is {cell.value} {cell.coverage}".rstrip()
    if STATES in row and tuple(states.split()) != cell.states:
        return f"released is the sum over {' '.join(cell.states) or 'no states'}"
    return "" if row["obs_status"] == cell.obs_status else f"released is status {cell.obs_status}"


def check_manifest(where: str, data: bytes, *, report: ScanReport) -> dict[str, Any]:
    """The manifest has its known entries only: hashes of public inputs, no folder, no
    return, no machine.
    """
    try:
        content: dict[str, Any] = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        report.add(where, f"cannot be read: {problem}", "nobody can say what it holds")
        return {}
    for name in sorted(set(content) - MANIFEST):
        report.add(where, f"the entry '{name}'", f"allowed are {', '.join(sorted(MANIFEST))}")
    for name, value in content.get("inputs", {}).items():
        if not _INPUT.fullmatch(name) or not _HASH.fullmatch(str(value)):
            why = "only templates, contracts and the version's own store are public"
            report.add(where, f"the input '{name}': {value}", why)
    for name, value in content.get("outputs", {}).items():
        if set(value) != {"sha256", "bytes"} or not _HASH.fullmatch(str(value["sha256"])):
            report.add(where, f"the output '{name}': {value}", "an output has a hash and a size")
    if not isinstance(content.get("edition", 0), int) or not re.fullmatch(
        r"(?:(?:REHEARSAL-)?[a-z]+-\d{4}(?:-[a-z]+)?-\d+)?", str(content.get("replaces", ""))
    ):
        told = f"edition {content.get('edition')}, replaces {content.get('replaces')}"
        report.add(where, told, "an edition has a number, and the one before a name")
    for name, value in leaves("build", content.get("build", {})):
        if not isinstance(value, (int, float)):
            report.add(where, f"'{name}' is '{value}'", "figures of a build are numbers")
    for name, value in content.get("libraries", {}).items():
        if not re.fullmatch(r"[\w.+-]+", str(value)):
            report.add(where, f"library '{name}' is '{value}'", "a library has a version")
    if not re.fullmatch(r"[0-9a-f]{40}\+?|unknown", str(content.get("git_commit", "unknown"))):
        report.add(where, f"commit '{content['git_commit']}'", "a commit is a hash")
    report.counts["number in manifest"] += sum(
        1 for _ in leaves("", content) if isinstance(_[1], (int, float))
    )
    return content


def leaves(name: str, content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from leaves(f"{name}.{key}", value)
    elif isinstance(content, list):
        for value in content:
            yield from leaves(name, value)
    else:
        yield name, content


def machine_words(text: str, names: set[str]) -> list[str]:
    """Folders of a machine, and the given names of machine and user, that stand in a
    text.
    """
    found = [m[0] for m in _PATHS.finditer(text)]
    found += [n for n in sorted(names) if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text, re.I)]
    return found
