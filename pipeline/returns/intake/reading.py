"""What is known of a round once it was read? Files with their covers, findings,
accounts. JSON of a file in and out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, get_args

from pipeline.findings import Finding
from pipeline.returns.intake.account import FileAccount

# records: a file about one table, beside the return
Outcome = Literal["read", "refused", "records"]


@dataclass(frozen=True)
class FileReading:
    """One file of a round. `file` is relative to the folder of the returns; `received`
    is the date on its cover.

    `number` is 1 for the return of a state, more for files sent after it. `kind` is
    what the file is (`xlsx`, `csv.gz` ...), empty for one that was not read. `office` is
    whose part of the return it is, empty for the whole of it.
    """

    round: int
    report: str
    state: str
    file: str
    sha256: str
    received: str
    contract_version: str
    outcome: Outcome
    cover: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    number: int = 1
    kind: str = ""
    office: str = ""

    def as_json(self) -> dict[str, Any]:
        """The file as records in JSON hold it, its cover in the order of names."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        if not self.office:  # a whole return, as it always was
            del found["office"]
        return {**found, "cover": dict(sorted(self.cover.items()))}

    @classmethod
    def from_json(cls, found: object) -> FileReading:
        """A file of a record in JSON. One of an earlier version of the pipeline may lack
        what has a default. Raises ValueError where it is none.
        """
        if not isinstance(found, dict):
            raise ValueError(f"no file: {json.dumps(found)[:80]}")
        kinds: dict[str, type] = {"round": int, "number": int, "cover": dict}
        names = [f.name for f in fields(cls)]
        known = {name: kinds.get(name, str) for name in names}
        needed = {f.name for f in fields(cls) if f.default is f.default_factory is MISSING}
        cover = found.get("cover", {})
        wrong = {name for name, said in found.items() if not isinstance(said, known.get(name, ()))}
        if found.get("outcome") not in get_args(Outcome):
            wrong.add("outcome")
        if isinstance(cover, dict) and not all(isinstance(text, str) for text in cover.values()):
            wrong.add("cover")
        wrong |= needed - found.keys()
        if wrong:
            raise ValueError(f"a file that is wrong in {', '.join(sorted(wrong))}")
        return cls(**{**found, "cover": MappingProxyType(cover)})


@dataclass(frozen=True)
class RoundReading:
    """All that was read of a round. `findings` are sorted; accounts stand in the order
    of the files.

    `cells_of` says of a figure, by file and key, in how many cells it stands, where its
    status, confidentiality or note fill cells of their own.
    """

    round: int
    files: tuple[FileReading, ...]
    findings: tuple[Finding, ...]
    accounts: tuple[FileAccount, ...]
    cells_of: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
