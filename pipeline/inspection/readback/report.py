"""What did the scan find? Leaks, each with its place and reason, and how many numerals
fell into which class.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

NUMERAL = r"\d[\d,.\N{NO-BREAK SPACE}]*"


@dataclass(frozen=True)
class Leak:
    """`where` names file and page or object, `what` was found, `why` it may not be
    there.
    """

    where: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.why})"


@dataclass
class ScanReport:
    """The outcome for one version: `counts` holds numerals by class and marks of charts
    by what was checked.
    """

    leaks: list[Leak] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, where: str, what: str, why: str) -> None:
        leak = Leak(where, what if len(what) <= 240 else what[:237] + "...", why)
        if leak not in self.leaks:
            self.leaks.append(leak)

    def merge(self, other: ScanReport) -> None:
        self.leaks += [leak for leak in other.leaks if leak not in self.leaks]
        self.counts += other.counts
