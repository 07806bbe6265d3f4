"""Which codes may a cell use, in which years, for which state? Code lists and alias lists read from CSV."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.cells import TOTAL
from pipeline.errors import ContractError

# Names that are common nouns or plurals. The turned names of M49, as Iran (Islamic Republic of), take none.
_TAKES_ARTICLE = re.compile(
    r"^[^(]*\b(Republics?|Federation|Kingdom|States?|Emirates|Islands|Isle|Territor(y|ies))\b"
    r"|^(Bahamas|Comoros|Congo|Gambia|Holy See|Maldives|Netherlands|Philippines|Seychelles)\b"
)
COLUMNS = ("code", "label", "parent", "sort", "valid_from", "valid_to", "note")
GROUP_PREFIX = "G_"  # groups of a hierarchy that are worked out, never entered in a form


@dataclass(frozen=True)
class Code:
    """One code with its validity in years (both ends included; 0 and 9999 mean open)."""

    code: str
    label: str
    parent: str
    sort: int
    valid_from: int
    valid_to: int
    note: str
    extra: dict[str, str] = field(default_factory=dict, compare=False)

    def valid_in(self, year: int) -> bool:
        return self.valid_from <= year <= self.valid_to

    def valid_for(self, state: str) -> bool:
        """A code with a `states` column is only for the states named there (for example a border section)."""
        states = self.extra.get("states", "")
        return not states or state in states.split()

    @property
    def is_group(self) -> bool:
        return self.code.startswith(GROUP_PREFIX)


class CodeList:
    """Codes of one list in their sort order."""

    def __init__(self, name: str, codes: Iterable[Code]) -> None:
        self.name = name
        self._codes = {c.code: c for c in sorted(codes, key=lambda c: c.sort)}

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    def __iter__(self) -> Iterator[Code]:
        return iter(self._codes.values())

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, code: str) -> Code:
        try:
            return self._codes[code]
        except KeyError:
            raise ContractError(
                f"code '{code}' is not in the code list {self.name}", where=f"codelists/{self.name}.csv",
                allowed=", ".join(list(self._codes)[:20]), do="use a listed code or add it to the list",
            ) from None  # fmt: skip

    def label(self, code: str) -> str:
        return self[code].label

    def children(self, parent: str) -> list[Code]:
        return [c for c in self if c.parent == parent]

    @property
    def groups(self) -> list[Code]:
        """The groups that stand beside one another: those that codes have as their parent, no margins over them."""
        parents = {c.parent for c in self}
        return [c for c in self if c.is_group and c.code in parents]

    @property
    def has_total(self) -> bool:
        return TOTAL in self._codes


def _year(text: str, default: int) -> int:
    return int(text[:4]) if text else default


@lru_cache(maxsize=64)
def load_codelist(folder: Path, name: str) -> CodeList:
    """Read `<folder>/<name>.csv`. Raises ContractError when a column is missing or a code stands twice."""
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise ContractError("no such code list", where=str(path), do="add the CSV file or correct the contract")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not set(COLUMNS) <= set(rows[0]):
        raise ContractError("columns are missing", where=str(path), allowed=",".join(COLUMNS))
    codes: list[Code] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, 2):
        if row["code"] in seen:
            raise ContractError(f"code '{row['code']}' stands twice", where=f"{path} line {line}")
        seen.add(row["code"])
        extra = {k: v for k, v in row.items() if k not in COLUMNS}
        codes.append(
            Code(row["code"], row["label"], row["parent"], int(row["sort"]), _year(row["valid_from"], 0),
                 _year(row["valid_to"], 9999), row["note"], extra)
        )  # fmt: skip
    for c in codes:
        if c.parent and c.parent not in seen:
            raise ContractError(f"parent '{c.parent}' of '{c.code}' is not in the list", where=str(path))
    return CodeList(name, codes)


def in_running_text(label: str) -> str:
    """The name of a country within a sentence: `the Republic of Moldova`, `the Syrian Arab Republic`, `Romania`."""
    return f"the {label}" if _TAKES_ARTICLE.search(label) else label


def fold(text: str) -> str:
    """The form in which spellings are compared: NFKC, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


@lru_cache(maxsize=16)
def load_aliases(folder: Path, name: str) -> dict[str, str]:
    """Every spelling known for the codes of a list: labels, codes, and `aliases/<name>.csv`; keys are folded."""
    known = {}
    for code in load_codelist(folder, name):
        known[fold(code.label)] = code.code
    for code in load_codelist(folder, name):
        known[fold(code.code)] = code.code
    path = folder / "aliases" / f"{name}.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                known.setdefault(fold(row["alias"]), row["code"])
    return known
