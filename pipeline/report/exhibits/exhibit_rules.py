"""What may stand in exhibits.yaml? The fields that each kind of exhibit reads, and what
each of them may hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pipeline.cells import REGIONS
from pipeline.contracts.scored import PILLARS
from pipeline.report.views import Kind
from pipeline.system.yaml_files import YamlFile, faults, visible

# what may stand by itself: small lines belong to a row of large figures, or to strips of
# states
OUTLOOK = "outlook"  # drawn as stacked bars of states
JUDGED_STATES = "judged_states"  # drawn as a heat map of words
CHARTS: tuple[str, ...] = (
    *(kind for kind in get_args(Kind) if kind not in ("sparkline", "state_lines")),
    OUTLOOK,
    JUDGED_STATES,
)
OF_TEN = "of_ten"
GRIDS = ("table", *CHARTS)
JUDGEMENT, JUDGED_AREAS, THREAT_MATRIX = "judgement", "judged_areas", "threat_matrix"
PRIORITIES = "priorities"
ANSWERS, APART = "answers", "apart"  # in the book of a meeting
LEVELS, OUTLOOK_WORDS, ENABLERS, GAPS, SINCE = (
    "threat_levels",
    "outlook_words",
    "judged_enablers",
    "information_gaps",
    "since_last",
)
OF_EXPERTS = (
    JUDGEMENT,
    JUDGED_AREAS,
    THREAT_MATRIX,
    PRIORITIES,
    ANSWERS,
    APART,
    LEVELS,
    OUTLOOK_WORDS,
    ENABLERS,
    GAPS,
    SINCE,
)
INDICATORS, MIRROR, OUTSIDE_SCORES = "indicators", "mirror", "outside_scores"
ANNEXES = (
    "headline",
    INDICATORS,
    "coverage",
    "unreported",
    "revisions",
    "corrections",
    "findings",
    MIRROR,
    *OF_EXPERTS,
    "questions",
    "sources",
    "dictionary",
    "statuses",
    "dashboard",
    "overview",
    "strips",
    "provenance",
    "quality",
    OUTSIDE_SCORES,
)
_SIDES = 2  # of a pyramid
_TEXT = {"type": "string", "minLength": 1}
_KEY = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*:", "description": "a key of a cell"}
_CODE = {"type": ["string", "integer"]}
_AXIS = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["axis"],
            "properties": {
                "axis": {
                    "anyOf": [
                        _TEXT,
                        {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
                    ]
                },
                "codes": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"anyOf": [_CODE, {"type": "array", "minItems": 1, "items": _CODE}]},
                },
                "top": {"type": "integer", "minimum": 1, "maximum": 1000},
                "region": {
                    "anyOf": [
                        {"enum": list(REGIONS)},
                        {
                            "type": "array",
                            "minItems": 1,
                            "uniqueItems": True,
                            "items": {"enum": list(REGIONS)},
                        },
                    ]
                },
                "leaves": {"type": "boolean"},
                "labels": {"type": "object", "additionalProperties": _TEXT},
            },
        },
    ]
}
_FIELDS: dict[str, Any] = {
    "kind": {"enum": [*GRIDS, *ANNEXES]},
    "title": _TEXT,
    "notes": {"type": "array", "items": _TEXT},
    "cube": _TEXT,
    "rows": _AXIS,
    "columns": _AXIS,
    "at": {"type": "object", "additionalProperties": _CODE},
    "add": {
        "type": "array",
        "uniqueItems": True,
        "items": {"enum": ["change", "rate", "share", "coverage"]},
    },
    "measure": {"enum": ["value", "rate"]},
    "indicators": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["key"],
            "properties": {
                "key": _KEY,
                "label": _TEXT,
                "name": _TEXT,
                "show": {"enum": ["value", "rate", "share"]},
            },
        },
    },
    "area": {
        "type": "string",
        "pattern": "^[A-Z]+$",
        "description": "a crime area of the assessment",
    },
    "question": {
        "type": "string",
        "pattern": "^[A-Z_]+$",
        "description": "a question of the assessment",
    },
    "pillars": {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"enum": list(PILLARS)},
    },
    "crime_areas": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
    "wide": {"type": "boolean"},
    "height": {"type": "integer", "minimum": 20, "maximum": 230},  # millimetres of a page
}
_MOST_PARTS = 4  # of ten marks: as many as are told apart in grey
_LINE_OF_TEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["label", "parts"],
    "properties": {
        "label": _TEXT,
        "of": _KEY,
        "parts": {
            "type": "array",
            "minItems": 2,
            "maxItems": _MOST_PARTS,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["key", "label"],
                "properties": {"key": _KEY, "label": _TEXT},
            },
        },
    },
}
_FIELDS["lines"] = {
    "type": "array",
    "minItems": 1,
    "items": {
        **_LINE_OF_TEN,
        "properties": {
            **_LINE_OF_TEN["properties"],
            "or": {"type": "array", "minItems": 1, "items": _LINE_OF_TEN},
        },
    },
}
_GRID = ("cube", "rows", "columns")
# Kinds that say nothing where they have nothing to show, unlike the annexes.
SILENT = (INDICATORS, MIRROR, OUTSIDE_SCORES, *OF_EXPERTS)
# Beside kind, title and notes: the fields that a kind must have, and those that it may
# have.
_OF_KIND: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys(CHARTS, (_GRID, ("at", "measure", "height", "wide"))),
    OF_TEN: (("lines",), ()),
    OUTLOOK: ((), ()),
    JUDGED_STATES: (("question",), ()),
    "table": (_GRID, ("at", "add", "wide")),
    "headline": (("indicators",), ()),
    "indicators": (("indicators",), ("columns", "wide")),
    "overview": (("indicators",), ("wide",)),
    "strips": (("indicators",), ("lines",)),
    OUTSIDE_SCORES: (("cube", "pillars"), ("crime_areas",)),
    "dashboard": ((), ("wide",)),
    JUDGEMENT: (("area",), ()),
    ANSWERS: (("area",), ()),
}
_LABELLED = ("headline", "overview", "strips")  # kinds whose indicators have no label of their own


def exhibit_faults(file: YamlFile) -> Iterator[str]:
    """What is wrong with each exhibit of a file: its line, its name, the field."""
    for id_, raw in file.mapping().items():
        wrong = list(faults({id_: raw}, {"additionalProperties": _schema(raw)}))
        for path, what in dict.fromkeys(wrong):
            place = ".".join(
                str(step + 1) if isinstance(step, int) else str(step) for step in path[1:]
            )
            yield (
                f"line {file.line(path)}, exhibit {visible(id_)}{f', {place}' if place else ''}:"
                f" {what}"
            )
        if not wrong:
            for name, what in _wrong_axes(raw):
                yield f"line {file.line((id_, name))}, exhibit {visible(id_)}, {name}: {what}"


def _wrong_axes(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Axes whose entries do not fit each other, or of which one would not be looked at:
    the field and the sentence.
    """
    sides = raw.get("columns")
    if raw["kind"] == "pyramid" and (
        not isinstance(sides, dict) or len(sides.get("codes", ())) != _SIDES
    ):
        yield "columns", f"a pyramid needs {_SIDES} codes, one for each side"
    for name in ("rows", "columns"):
        axis = raw.get(name)
        if not isinstance(axis, dict):
            continue
        names = axis["axis"] if isinstance(axis["axis"], list) else [axis["axis"]]
        for codes in axis.get("codes", ()):
            given = codes if isinstance(codes, list) else [codes]
            if len(given) != len(names):
                yield (
                    name,
                    f"{', '.join(map(str, given))} is not one code each for {', '.join(names)}",
                )
        unread = [field for field in ("top", "region", "leaves") if field in axis]
        if "codes" in axis and unread:
            yield name, f"{', '.join(unread)} would not be looked at beside codes"
        if "top" in axis and len(names) != 1:
            yield name, "top needs one dimension, whose largest codes are shown"
        if "region" in axis and "state" not in names:
            yield name, "region is for an axis of states"


def _schema(raw: Any) -> dict[str, Any]:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    known = kind if isinstance(kind, str) and kind in (*GRIDS, *ANNEXES) else None
    needed, more = _OF_KIND.get(known or "", ((), ()))
    names = ["kind", "title", "notes", *needed, *more] if known else list(_FIELDS)
    fields = {name: _FIELDS[name] for name in names}
    if kind in _LABELLED:
        fields["indicators"] = _with_label(fields["indicators"])
    if kind == "indicators":
        fields["columns"] = {"const": "year"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", "title", *needed],
        "properties": fields,
    }


def _with_label(indicators: dict[str, Any]) -> dict[str, Any]:
    return {**indicators, "items": {**indicators["items"], "required": ["key", "label"]}}
