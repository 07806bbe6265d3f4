"""What is known of a round once it was read? Files with their covers, findings,
accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from pipeline.findings import Finding
from pipeline.returns.intake.account import FileAccount

# records: a file about one table, beside the return
Outcome = Literal["read", "refused", "records"]


@dataclass(frozen=True)
class FileReading:
    """One file of a round. `file` is relative to the folder of the returns; `received`
    is the date on its cover.

    `number` is 1 for the return of a state, more for files sent after it. `kind` is
    what the file is (`xlsx`, `csv.gz`
    ...), empty for one that was not read.
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


@dataclass(frozen=True)
class RoundReading:
    """All that was read of a round. `findings` are sorted; accounts stand in the order
    of the files.

    `cells_of` says of a figure, by file and key, in how many cells it stands, where its
    status, confidentiality or note
    fill cells of their own.
    """

    round: int
    files: tuple[FileReading, ...]
    findings: tuple[Finding, ...]
    accounts: tuple[FileAccount, ...]
    cells_of: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
