"""How does an edition describe itself to machines? The public part of its record, as
RO-Crate 1.1.

`ro-crate-metadata.json` lies in the folder of an edition. It names the edition, the day
of its release, every file with size and SHA-256, the edition that it replaces, and that
it was approved, by how many people in which roles. People and findings stand in the
record, which is not public; the crate bears the hash of its last line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from pipeline.release.manifest import sha256
from pipeline.report.edition import Edition

CRATE = "ro-crate-metadata.json"
_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_PROFILE = "https://w3id.org/ro/crate/1.1"
_PUBLISHER = "#publisher"
_KINDS = {
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".json": "application/json",
    ".html": "text/html",
    ".css": "text/css",
    ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".woff": "font/woff",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class Described:
    """What a crate says of an edition beside its files: its name, titles and marking, the
    day of its release, the commit that built it, the roles of those who approved it, the
    hash of the last line of its record, and what a trial of a release is worth.
    """

    name: str
    title: str
    subject: str
    marking: str
    reference: str
    edition: Edition
    day: date
    commit: str
    roles: tuple[str, ...]
    record: str
    trial: str = ""


def crate_json(about: Described, files: Mapping[str, bytes]) -> bytes:
    """The metadata of an edition with these files, by their path in its folder."""
    parts = [_file(name, data) for name, data in sorted(files.items())]
    graph: list[dict[str, Any]] = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _PROFILE},
            "about": {"@id": "./"},
        },
        _root(about, [part["@id"] for part in parts]),
        {
            "@id": _PUBLISHER,
            "@type": "Organization",
            "name": "Southeast European Law Enforcement Center (SELEC)",
        },
        {"@id": "#licence", "@type": "CreativeWork", "name": about.marking},
        {
            "@id": "#pipeline",
            "@type": "SoftwareApplication",
            "name": "SELEC reporting pipeline",
            "version": about.commit,
        },
        {
            "@id": "#build",
            "@type": "CreateAction",
            "name": "Build",
            "instrument": {"@id": "#pipeline"},
            "agent": {"@id": _PUBLISHER},
            "result": {"@id": "./"},
        },
        {
            "@id": "#release",
            "@type": "Action",
            "name": f"Release of edition {about.edition.number}",
            "agent": {"@id": _PUBLISHER},
            "object": {"@id": "./"},
            "endTime": about.day.isoformat(),
            "description": _approved(about),
        },
        *_replaced(about.edition),
        *parts,
    ]
    content = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _root(about: Described, parts: list[str]) -> dict[str, Any]:
    edition = about.edition
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "identifier": about.name,
        "name": f"{about.title}, edition {edition.number}",
        "alternateName": about.reference,
        "description": ". ".join(filter(None, (about.subject, edition.told))) + ".",
        "version": str(edition.number),
        "datePublished": about.day.isoformat(),
        "publisher": {"@id": _PUBLISHER},
        "license": {"@id": "#licence"},
        "hasPart": [{"@id": part} for part in parts],
        "mentions": [{"@id": "#build"}, {"@id": "#release"}],
    }
    if edition.replaces:
        root["isBasedOn"] = {"@id": f"#{edition.replaces.name}"}
    if about.trial:
        root["creativeWorkStatus"] = about.trial
    return root


def _replaced(edition: Edition) -> list[dict[str, Any]]:
    replaced = edition.replaces
    if replaced is None:
        return []
    return [
        {
            "@id": f"#{replaced.name}",
            "@type": "CreativeWork",
            "identifier": replaced.name,
            "name": f"Edition {replaced.number}, which this one replaces",
            "version": str(replaced.number),
            "datePublished": replaced.day.isoformat(),
        }
    ]


def _approved(about: Described) -> str:
    return (
        f"Approved by {len(about.roles)} people other than the one who handed it in"
        f" ({', '.join(about.roles)}). The last line of the record of sign-off has the SHA-256"
        f" {about.record}."
    )


def _file(name: str, data: bytes) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": "File",
        "name": PurePosixPath(name).name,
        "contentSize": str(len(data)),
        "encodingFormat": _KINDS.get(PurePosixPath(name).suffix, "application/octet-stream"),
        "sha256": sha256(data),
    }
