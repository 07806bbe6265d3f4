"""What may a contract say beside the words of the standard? The project's own
properties, and what each may hold.

They stand under `customProperties` as pairs of `property` and `value`: of the contract,
of a table, of a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.findings import SEVERITIES
from pipeline.system.yaml_files import YamlFile, faults

_TEXT = {"type": "string", "minLength": 1}
_SEVERITY = {"enum": list(SEVERITIES)}
_ROUND = {"type": "integer", "minimum": 2000, "maximum": 2999}
_NAMES = {"type": "array", "uniqueItems": True, "items": _TEXT}
# Neither Excel nor LibreOffice opens a sheet of another name, and "History" is Excel's
# own.
_SHEET = {
    "type": "string",
    "minLength": 1,
    "maxLength": 31,
    "pattern": r"^(?!['\s])[^\[\]:*?/\\\x00-\x1f]*(?<!['\s])$",
    "description": "a name of a sheet has 31 characters at most, and none of / \\ : * ? [ ]",
}

OF_CONTRACT: Mapping[str, Any] = {
    "report": {"type": "string", "pattern": "^[a-z]+$", "description": "small letters"},
    "windowYears": {"type": "integer", "minimum": 1, "maximum": 20},
}
OF_TABLE: Mapping[str, Any] = {
    "crimeArea": _TEXT,
    "unit": _TEXT,
    "iccs": {
        "type": "string",
        "pattern": "^[0-9][0-9, -]*$",
        "description": "numbers of the classification",
    },
    "respondent": {"enum": ["states", "center"]},
    "layout": {
        "type": "object",
        "additionalProperties": False,
        "required": ["sheet", "rows", "columns"],
        "properties": {
            "sheet": _SHEET,
            "rows": _NAMES,
            "columns": {**_NAMES, "minItems": 1},
            "openRows": {"type": "integer", "minimum": 1, "maximum": 500},
        },
    },
    "records": {
        "type": "object",
        "additionalProperties": False,
        "required": ["one"],
        "properties": {
            "one": {"type": "string", "pattern": r"\S", "description": "what one row is, in words"},
            "count": {"const": "rows"},
            "sum": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9_]*$",
                "description": "the name of a column: small letters, digits and low lines",
            },
        },
        "oneOf": [{"required": ["count"]}, {"required": ["sum"]}],
        "description": "one of 'count: rows' and 'sum: <column>'",
    },
    "identities": {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["severity"],
            "properties": {
                "severity": _SEVERITY,
                "dimension": _TEXT,
                "parts": {"enum": ["equal", "at_most"]},
                "sameTotalAs": _TEXT,
                "rounding": {"type": "integer", "minimum": 0, "maximum": 1000},
                "at": {"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
            },
            "dependentRequired": {
                "dimension": ["parts"],
                "parts": ["dimension"],
                "at": ["sameTotalAs"],
            },
        },
    },
    "plausibility": {
        "type": "object",
        "additionalProperties": False,
        "required": ["changePercent", "changeAbsolute", "severity"],
        "properties": {
            "changePercent": {"type": "number", "minimum": 0, "maximum": 100_000},
            "changeAbsolute": {"type": "number", "minimum": 0, "maximum": 1e12},
            "severity": _SEVERITY,
        },
    },
    "severalFigures": _TEXT,
    "firstRound": _ROUND,
    "lastRound": _ROUND,
}
OF_COLUMN: Mapping[str, Any] = {
    "role": {"enum": ["dimension", "measure", "attribute"]},
    "codelist": _TEXT,
}
_NEEDED = {
    "contract": ("report", "windowYears"),
    "table": ("crimeArea", "unit", "layout", "plausibility"),
    "column": ("role",),
}

Fault = tuple[tuple[Any, ...], str]


def own_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The own properties of a contract, a table or a column, by name."""
    return {p["property"]: p.get("value") for p in content.get("customProperties", ())}


def own_faults(file: YamlFile) -> Iterator[Fault]:
    """What is wrong with the own properties of a contract that follows the standard:
    where, and the sentence.
    """
    content = file.content
    yield from _faults_of("contract", OF_CONTRACT, content=content, at=())
    for number, table in enumerate(content["schema"]):
        at = ("schema", number)
        yield from _faults_of("table", OF_TABLE, content=table, at=at)
        for column_number, column in enumerate(table.get("properties", ())):
            yield from _faults_of(
                "column", OF_COLUMN, content=column, at=(*at, "properties", column_number)
            )


def _faults_of(
    kind: str, known: Mapping[str, Any], *, content: Mapping[str, Any], at: tuple[Any, ...]
) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, pair in enumerate(content.get("customProperties", ())):
        name = pair["property"]
        place = (*at, "customProperties", number)
        if name in seen:
            yield place, f"the property '{name}' stands twice"
        elif name not in known:
            yield place, f"nobody reads the property '{name}'; known are {', '.join(known)}"
        else:
            for path, what in faults(pair.get("value"), known[name]):
                told = ".".join(str(step + 1) if isinstance(step, int) else step for step in path)
                yield (*place, "value", *path), f"{name}{f', {told}' if told else ''}: {what}"
        seen.add(name)
    for name in _NEEDED[kind]:
        if name not in seen:
            yield at, f"the {kind} lacks the property '{name}'"
