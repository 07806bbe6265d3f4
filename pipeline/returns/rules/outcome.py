"""What came of checking a round? The reading, all findings, what is refused, and the
account of every file.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.findings import Finding
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import RoundReading

Refusals = frozenset[tuple[str, str, str]]


@dataclass(frozen=True)
class Validation:
    """A round that was read and checked. `refused` holds (state, report, table); "" is
    the whole return.
    """

    reading: RoundReading
    findings: tuple[Finding, ...]
    refused: Refusals
    accounts: tuple[FileAccount, ...]

    def is_refused(self, state: str, report: str, *, table: str) -> bool:
        return bool({(state, report, ""), (state, report, table)} & self.refused)
