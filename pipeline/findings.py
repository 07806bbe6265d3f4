"""What was found in a return, where, and what should the state do about it?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    the cell key where one exists.
    `contract_version` is that of the contract whose rule made the finding, empty for a
    file of no report. `query` is
    the id under which the state is asked, `known` the entry of the register of known
    errors that covers the finding, and `remark` what either of them says about it.
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

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)

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
