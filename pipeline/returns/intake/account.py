"""Where did every filled cell of a file end? Loaded, refused with a finding, or ignored
by a named rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


class AccountError(Exception):
    """A filled cell was settled twice or not at all: a mistake in the reader, never in
    the return.
    """


@dataclass(frozen=True)
class FileAccount:
    """The filled cells of one file. `filled` is always the sum of the others.

    `loaded_by_table` and `refused_by_table` say to which contract table the settled
    cells belong ("" for none).
    """

    file: str
    state: str
    report: str
    sha256: str
    filled: int
    loaded: int
    refused: int
    ignored: Mapping[str, int]
    loaded_by_table: Mapping[str, int]
    refused_by_table: Mapping[str, int]
    table: str = ""  # the one table that a file of records is about; "" for a whole return

    def __post_init__(self) -> None:
        if self.filled != self.loaded + self.refused + sum(self.ignored.values()):
            raise AccountError(f"{self.file}: the account of cells does not add up: {self}")
        if self.loaded != sum(self.loaded_by_table.values()) or self.refused != sum(
            self.refused_by_table.values()
        ):
            raise AccountError(f"{self.file}: the account by table does not add up: {self}")

    def refuse(self, tables: Iterable[str] | None) -> FileAccount:
        """The account after whole tables were refused; None refuses the whole return."""
        moved = (
            set(self.loaded_by_table) if tables is None else set(tables) & set(self.loaded_by_table)
        )
        loaded = {t: n for t, n in self.loaded_by_table.items() if t not in moved}
        refused = Counter(self.refused_by_table)
        for table in moved:
            refused[table] += self.loaded_by_table[table]
        return replace(
            self,
            loaded=sum(loaded.values()),
            refused=sum(refused.values()),
            loaded_by_table=loaded,
            refused_by_table=dict(sorted(refused.items())),
        )

    def leave_out(self, cells: Mapping[str, int], rule: str) -> FileAccount:
        """The account after single loaded cells, counted by table, were left out: they
        are ignored by `rule`.
        """
        loaded = {t: n - cells.get(t, 0) for t, n in self.loaded_by_table.items()}
        ignored = Counter(self.ignored)
        ignored[rule] += sum(cells.values())
        return replace(
            self,
            loaded=sum(loaded.values()),
            ignored=dict(sorted(ignored.items())),
            loaded_by_table={t: n for t, n in loaded.items() if n},
        )

    def set_aside(self, tables: Iterable[str], rule: str) -> FileAccount:
        """The account after tables were replaced by another file of the state: their
        cells are ignored by `rule`.
        """
        moved = set(tables)
        number = sum(
            self.loaded_by_table.get(t, 0) + self.refused_by_table.get(t, 0) for t in moved
        )
        if not number:
            return self
        loaded = {t: n for t, n in self.loaded_by_table.items() if t not in moved}
        refused = {t: n for t, n in self.refused_by_table.items() if t not in moved}
        ignored = Counter(self.ignored)
        ignored[rule] += number
        return replace(
            self,
            loaded=sum(loaded.values()),
            refused=sum(refused.values()),
            ignored=dict(sorted(ignored.items())),
            loaded_by_table=loaded,
            refused_by_table=refused,
        )


class OpenCells:
    """Settles each filled cell of a file exactly once. A cell is named by sheet and
    address.
    """

    def __init__(self, cells: Iterable[tuple[str, str]]) -> None:
        self._open = set(cells)
        self.filled = len(self._open)
        self.loaded: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()

    def is_open(self, sheet: str, address: str) -> bool:
        return (sheet, address) in self._open

    def _settle(self, sheet: str, address: str) -> None:
        try:
            self._open.remove((sheet, address))
        except KeyError:
            raise AccountError(f"{sheet} {address} is settled twice, or not filled") from None

    def load(self, sheet: str, address: str, *, table: str) -> None:
        self._settle(sheet, address)
        self.loaded[table] += 1

    def refuse(self, sheet: str, address: str, *, table: str) -> None:
        self._settle(sheet, address)
        self.refused[table] += 1

    def ignore(self, sheet: str, address: str, *, rule: str) -> None:
        self._settle(sheet, address)
        self.ignored[rule] += 1

    def close(self, file: str, state: str, *, report: str, sha256: str) -> FileAccount:
        """The account. Raises AccountError when a cell was left unsettled."""
        if self._open:
            raise AccountError(f"{file}: cells without an outcome: {sorted(self._open)[:10]}")
        return FileAccount(
            file,
            state,
            report,
            sha256,
            self.filled,
            self.loaded.total(),
            self.refused.total(),
            dict(sorted(self.ignored.items())),
            dict(sorted(self.loaded.items())),
            dict(sorted(self.refused.items())),
        )
