"""What is each report called, which versions has it, of which chapters? The definition
files of the templates, read.

`<report>/report.yaml` says what one report is; `shared/versions.yaml` and
`shared/imprint.yaml` hold for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ContractError, UserError
from pipeline.project import DEFINITION
from pipeline.system.yaml_files import YamlFile, name_of, read_yaml

VERSIONS, IMPRINT = "versions.yaml", "imprint.yaml"
_TEXT = {"type": "string", "minLength": 1}
_NAMES = {
    "type": "array",
    "uniqueItems": True,
    "items": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
}
_NAMES_OR_ALL = {
    "type": "array",
    "uniqueItems": True,
    "items": {"type": "string", "pattern": "^(_T|[A-Z]+)$", "description": "a crime area, or _T"},
}
_CHAPTERS_OF_VERSIONS = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[a-z]+$"},
    "additionalProperties": {**_NAMES, "minItems": 1},
}
_REPORT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "order", "reference", "colour", "versions"],
    "properties": {
        "title": _TEXT,
        "order": {"type": "integer", "minimum": 1, "maximum": 999},
        "reference": _TEXT,
        "colour": {
            "type": "string",
            "pattern": "^#[0-9a-f]{6}$",
            "description": "a colour in quotes, as '#1c3f6e'",
        },
        "borrowed_cubes": _NAMES,
        "cases": _NAMES_OR_ALL,
        "meeting": {**_NAMES, "minItems": 1},
        "key_findings": _CHAPTERS_OF_VERSIONS,
        "versions": _CHAPTERS_OF_VERSIONS,
    },
}
_VERSIONS_SCHEMA = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z]+$"},
    "additionalProperties": {
        "type": "object",
        "additionalProperties": False,
        "required": ["subtitle", "reference", "marking", "releasability"],
        "properties": {
            "subtitle": _TEXT,
            "reference": _TEXT,
            "marking": _TEXT,
            "open_data": {"type": "boolean"},
            "releasability": {"type": "array", "minItems": 1, "items": _TEXT},
        },
    },
}
_IMPRINT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["contact", "reading"],
    "properties": {
        "contact": {"type": "array", "items": _TEXT},
        "reading": {"type": "array", "minItems": 1, "items": _TEXT},
    },
}


@dataclass(frozen=True)
class ReportFile:
    """A report as its own file defines it; `versions` are the chapters of each,
    `key_findings` those of its short document, where it has one.
    """

    title: str
    reference: str
    colour: str  # of its headings and its cover
    borrowed_cubes: tuple[str, ...]
    cases: tuple[str, ...]  # crime areas of the cases that it tells, _T for all
    meeting: tuple[str, ...]  # chapters of the book for meetings of experts
    key_findings: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, tuple[str, ...]]
    file: YamlFile


@dataclass(frozen=True)
class VersionTexts:
    """What a version is called in every report, how its pages are marked, and who may
    receive it.
    """

    subtitle: str
    reference: str
    marking: str
    releasability: tuple[str, ...]
    # whether the forms for everybody go with it: a page for browsers, data files, a
    # workbook
    open_data: bool


@dataclass(frozen=True)
class Imprint:
    """What stands on the back of the cover of every report."""

    contact: tuple[str, ...]
    reading: tuple[str, ...]


def read_report_file(templates: Path, report: str) -> ReportFile:
    """Read report.yaml of a report. Raises UserError where there is none, ContractError
    with all that is wrong.
    """
    path = templates / report / DEFINITION
    if not path.is_file():
        raise UserError(
            "the report has no definition",
            where=name_of(path),
            do="add report.yaml (see docs/how-to/add-a-report.md)",
        )
    file = _checked(path, _REPORT_SCHEMA)
    own = file.content
    return ReportFile(
        own["title"],
        own["reference"],
        own["colour"],
        tuple(own.get("borrowed_cubes", ())),
        tuple(own.get("cases", ())),
        tuple(own.get("meeting", ())),
        _chapters(own.get("key_findings", {})),
        _chapters(own["versions"]),
        file,
    )


def _chapters(named: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {version: tuple(chapters) for version, chapters in named.items()}


def read_version_texts(templates: Path) -> dict[str, VersionTexts]:
    """Read the shared versions.yaml. Raises ContractError with all that is wrong."""
    file = _checked(templates / "shared" / VERSIONS, _VERSIONS_SCHEMA)
    return {
        name: VersionTexts(
            own["subtitle"],
            own["reference"],
            own["marking"],
            tuple(own["releasability"]),
            own.get("open_data", False),
        )
        for name, own in file.content.items()
    }


def read_imprint(templates: Path) -> Imprint:
    """Read the shared imprint.yaml. Raises ContractError with all that is wrong."""
    own = _checked(templates / "shared" / IMPRINT, _IMPRINT_SCHEMA).content
    return Imprint(tuple(own["contact"]), tuple(own["reading"]))


def _checked(path: Path, schema: dict[str, Any]) -> YamlFile:
    file = read_yaml(path)
    if wrong := file.against(schema):
        raise ContractError(
            "\n  ".join(["the file is wrong:", *wrong]),
            where=name_of(path),
            do="correct the entries",
        )
    return file
