"""What was found in a return, where, and what should the state do about it? JSON of a
finding in and out.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Literal

Severity = Literal["error", "query", "note"]
# error: the table of that return is not loaded. query: loaded, the state is asked, the
# report carries a footnote.
SEVERITIES: tuple[Severity, ...] = ("error", "query", "note")


@dataclass(frozen=True)
class Finding:
    """One finding. `cell` is an address such as `D14` in a workbook, or `line 12,
    column 5` in a CSV file.

    `table` is the contract table it concerns, empty when the whole file is meant; `key`
    the cell key where one exists. `contract_version` is that of the contract whose rule
    made the finding, empty for a file of no report. `query` is the id under which the
    state is asked, `known` the entry of the register of known errors that covers the
    finding, and `remark` what either of them says about it. `office` is whose part of a
    return it is about, empty for a whole return, and for what concerns all parts.
    """

    round: int
    report: str
    state: str
    file: str
    sheet: str
    cell: str
    table: str
    key: str
    rule: str
    severity: Severity
    found: str
    allowed: str
    do: str
    contract_version: str = ""
    query: str = ""
    known: str = ""
    remark: str = ""
    office: str = ""

    def as_json(self) -> dict[str, str | int]:
        """The finding as records in JSON hold it."""
        found = asdict(self)
        if not self.office:  # a whole return, as it always was
            del found["office"]
        return found

    @classmethod
    def from_json(cls, found: object) -> Finding:
        """A finding of a record in JSON. One of an earlier version of the pipeline may
        lack what has a default. Raises ValueError where it is no finding.
        """
        if not isinstance(found, dict):
            raise ValueError(f"no finding: {json.dumps(found)[:80]}")
        known = {f.name: int if f.name == "round" else str for f in fields(cls)}
        needed = {f.name for f in fields(cls) if f.default is MISSING}
        wrong = {name for name, said in found.items() if not isinstance(said, known.get(name, ()))}
        if found.get("severity") not in SEVERITIES:
            wrong.add("severity")
        wrong |= needed - found.keys()
        if wrong:
            raise ValueError(f"a finding that is wrong in {', '.join(sorted(wrong))}")
        return cls(**found)

    @property
    def sort_key(self) -> tuple[object, ...]:
        return (
            self.round,
            self.report,
            self.state,
            SEVERITIES.index(self.severity),
            self.sheet,
            self.cell,
            self.rule,
        )
