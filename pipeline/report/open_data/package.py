"""How do the data files describe themselves? A Frictionless data package: columns,
keys, codes, licence, hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.open_data.flows import Component, Flow, List, lists
from pipeline.report.open_data.sdmx import COLUMNS
from pipeline.system.files import csv_bytes

_PROFILES = "https://datapackage.org/profiles/2.0"
CODE_COLUMNS = ("code", "label", "parent", "valid_from", "valid_to", "note")
_FIXED = {
    "STRUCTURE": "What STRUCTURE_ID names: a dataflow.",
    "STRUCTURE_ID": "The dataflow as agency, name and version; structure.xml defines it.",
    "ACTION": "I: information.",
}


def codes_csv(one: List) -> bytes:
    """A code list as CSV: codes with their labels, what they are a part of, the years in
    which they hold, and what else the list says of them.
    """
    lines = (
        (
            i.code,
            i.label,
            i.parent,
            "" if i.valid_from == 0 else i.valid_from,
            "" if i.valid_to == 9999 else i.valid_to,
            i.note,
            *i.more,
        )
        for i in one.items
    )
    return csv_bytes((*CODE_COLUMNS, *one.more), lines)


def codes_path(one: List) -> str:
    return f"codes/{one.id}.csv"


def package_json(
    found: Sequence[Flow],
    files: Mapping[str, bytes],
    *,
    name: str,
    title: str,
    description: str,
    version: str,
    created: str,
    licence: str,
    sources: Sequence[str],
) -> bytes:
    """`datapackage.json` over data files (by path). `created` is a time, `licence` the
    marking of the version.
    """
    content = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": name,
        "title": title,
        "description": description,
        "version": version,
        "created": created,
        "licenses": [{"name": "other-at", "title": licence}],
        "sources": [{"title": s} for s in sources],
        "contributors": [
            {"title": "Southeast European Law Enforcement Center (SELEC)", "roles": ["publisher"]}
        ],
        "resources": (
            [_data(f, files[f"{f.id}.csv"]) for f in found]
            + [_codes(one, files[codes_path(one)]) for one in lists(found)]
        ),
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _resource(name: str, path: str, *, title: str, description: str, data: bytes) -> dict[str, Any]:
    return {
        "$schema": f"{_PROFILES}/dataresource.json",
        "name": name,
        "type": "table",
        "path": path,
        "title": title,
        "description": description,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
    }


def _data(flow: Flow, data: bytes) -> dict[str, Any]:
    fixed = [{"name": c, "type": "string", "description": _FIXED[c]} for c in COLUMNS]
    schema = {
        "fields": fixed + [_field(c) for c in flow.components],
        "missingValues": [""],
        "primaryKey": [c.id for c in flow.dimensions],
        "foreignKeys": [
            {"fields": [c.id], "reference": {"resource": c.codes.id.lower(), "fields": ["code"]}}
            for c in flow.components
            if c.codes
        ],
    }
    described = f"{flow.description} Unit: {flow.unit}."
    return {
        **_resource(
            flow.id.lower(), f"{flow.id}.csv", title=flow.title, description=described, data=data
        ),
        "schema": schema,
    }


def _codes(one: List, data: bytes) -> dict[str, Any]:
    kinds = {"valid_from": "integer", "valid_to": "integer"}
    schema = {
        "fields": [{"name": c, "type": kinds.get(c, "string")} for c in (*CODE_COLUMNS, *one.more)],
        "missingValues": [""],
        "primaryKey": ["code"],
    }
    what = (
        f"Code list of {one.name.lower()}: codes, labels, what they are a part of, years in which"
        " they hold"
        + (f"; {' and '.join(c.replace('_', ' ') for c in one.more)}." if one.more else ".")
    )
    return {
        **_resource(one.id.lower(), codes_path(one), title=one.name, description=what, data=data),
        "schema": schema,
    }


def _field(component: Component) -> dict[str, Any]:
    field: dict[str, Any] = {"name": component.id, "type": component.kind, "title": component.name}
    if component.description:
        field["description"] = component.description
    if component.required:
        field["constraints"] = {"required": True}
    return field
