"""Which edition is this, and which figures of the one before does it correct?

The answer lies beside the store of a version, as a note that the renderer prints from
and the inspections read: the number of the edition, the one before, and each figure of
that one which is another now. A note holds nothing that the version may not show: of a
figure that is withheld now it keeps no value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from pipeline.system.kept import damaged, is_there, parse_json, read_bytes

CORRIGENDUM = "corrigendum"  # the annex that lists what was corrected, and its anchor
SHOWN = "shown"  # stands for a figure of the edition before that is withheld now
HIDDEN = "hidden"  # the status of such a figure in the note
WITHHELD = "S"  # the status of a figure that the edition before withheld
# From the page for browsers of an edition: the list of all editions of the version, which lies
# beside them and is written anew with each. What was released is never changed.
LIST_OF_EDITIONS = "../../index.html"


@dataclass(frozen=True)
class Replaced:
    """The edition that another one replaces, and the day on which it was released."""

    name: str
    number: int
    day: date

    def __str__(self) -> str:
        return f"edition {self.number} of {self.day.day} {self.day:%B %Y}"


@dataclass(frozen=True)
class Correction:
    """A figure of the edition before that is another one now: its key, what the data file
    of that edition said of it, and why it changed.
    """

    key: str
    value: str
    unit: str
    obs_status: str
    conf_status: str
    why: str

    @property
    def is_hidden_now(self) -> bool:
        """Whether the figure was shown and is withheld now: the note keeps no value."""
        return self.obs_status == HIDDEN


@dataclass(frozen=True)
class Edition:
    """The edition that a build would be, by its number within report, round and version.
    Corrections are in the order of their keys; a first edition has none.
    """

    number: int = 1
    replaces: Replaced | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def told(self) -> str:
        """What it replaces, on one line: `Replaces edition 1 of 3 June 2024; 5 figures
        corrected`. Empty for a first edition.
        """
        return f"Replaces {self.replaces}; {self.counted}" if self.replaces else ""

    @property
    def counted(self) -> str:
        """How many figures are corrected, in words."""
        match len(self.corrections):
            case 0:
                return "no figure corrected"
            case 1:
                return "1 figure corrected"
            case many:
                return f"{many:,} figures corrected"

    def as_json(self) -> bytes:
        replaces = self.replaces and {**asdict(self.replaces), "day": str(self.replaces.day)}
        content = {
            "number": self.number,
            "replaces": replaces,
            "corrections": [asdict(c) for c in self.corrections],
        }
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def note_path(store: Path) -> Path:
    """Where the note on the edition lies, beside the store of its version."""
    return store.with_suffix(".edition.json")


def read_edition(store: Path) -> Edition:
    """The edition that a version is printed as; the first one where there is no note.
    Raises DamagedFileError.
    """
    path = note_path(store)
    return parse_edition(read_bytes(path), path) if is_there(path) else Edition()


def parse_edition(content: bytes, path: Path) -> Edition:
    """The edition in the bytes of a note that lies at `path`. Raises DamagedFileError
    where it does not say what a note must.
    """
    found = parse_json(content, path)
    try:
        replaces, corrections = found["replaces"], found["corrections"]
        return Edition(
            int(found["number"]),
            None if replaces is None else _replaced(replaces),
            tuple(Correction(**{name: str(c[name]) for name in _CORRECTION}) for c in corrections),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise damaged(path, "it does not say which edition this is") from problem


def _replaced(found: Mapping[str, object]) -> Replaced:
    return Replaced(
        str(found["name"]), int(str(found["number"])), date.fromisoformat(str(found["day"]))
    )


_CORRECTION = tuple(f.name for f in fields(Correction))
