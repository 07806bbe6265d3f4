"""Which codes may a cell use, in which years, for which state? Code lists and alias
lists read from CSV.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.cells import TOTAL
from pipeline.contracts.lists import ListLine, read_list
from pipeline.errors import ContractError

# Names that are common nouns or plurals. The turned names of M49, as Iran (Islamic
# Republic of), take none.
_TAKES_ARTICLE = re.compile(
    r"^[^(]*\b(Republics?|Federation|Kingdom|States?|Emirates|Islands|Isle|Territor(y|ies))\b"
    r"|^(Bahamas|Comoros|Congo|Gambia|Holy See|Maldives|Netherlands|Philippines|Seychelles)\b"
)
COLUMNS = ("code", "label", "parent", "sort", "valid_from", "valid_to", "note")
_CODE = re.compile("[A-Za-z0-9_]{1,40}")
_SORT = re.compile("[0-9]{1,6}")
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
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def valid_in(self, year: int) -> bool:
        return self.valid_from <= year <= self.valid_to

    def valid_for(self, state: str) -> bool:
        """A code with a `states` column is only for the states named there (for example
        a border section).
        """
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
                f"code '{code}' is not in the code list {self.name}",
                where=f"codelists/{self.name}.csv",
                allowed=", ".join(list(self._codes)[:20]),
                do="use a listed code or add it to the list",
            ) from None

    def label(self, code: str) -> str:
        return self[code].label

    def children(self, parent: str) -> list[Code]:
        return [c for c in self if c.parent == parent]

    @property
    def groups(self) -> list[Code]:
        """The groups that stand beside one another: those that codes have as their
        parent, no margins over them.
        """
        parents = {c.parent for c in self}
        return [c for c in self if c.is_group and c.code in parents]

    @property
    def has_total(self) -> bool:
        return TOTAL in self._codes


@lru_cache(maxsize=64)
def load_codelist(folder: Path, name: str) -> CodeList:
    """Read `<folder>/<name>.csv`. Raises ContractError with the line of whatever a
    later step could not use.
    """
    if not (folder / f"{name}.csv").is_file():
        where = str(folder / f"{name}.csv")
        raise ContractError(
            "no such code list", where=where, do="add the CSV file or correct the contract"
        )
    codes: dict[str, Code] = {}
    labels: dict[str, str] = {}
    lines = read_list(folder / f"{name}.csv", COLUMNS, keys=("code", "label", "sort"), more=True)
    for line in lines:
        code = _read_code(line)
        if code.code in codes:
            raise line.wrong(f"code '{code.code}' stands twice", do="take one of the two lines out")
        if (other := labels.setdefault(fold(code.label), code.code)) != code.code:
            raise line.wrong(
                f"the label '{code.label}' is that of {other} too",
                do="give each code a label of its own",
            )
        codes[code.code] = code
    for line in lines:
        _check_parents(line, codes)
    return CodeList(name, codes.values())


def _read_code(line: ListLine) -> Code:
    """One line of a list of codes. Raises ContractError at what no form, key or query
    could hold.
    """
    if not _CODE.fullmatch(line["code"]):
        raise line.wrong(
            f"'{line['code']}' is no code",
            allowed="letters, digits and low lines, 40 at most",
            do="correct the code; it stands in keys of cells",
        )
    if line["label"][0] in "=+-@":
        raise line.wrong(
            f"the label '{line['label']}' would be a formula in a form", do="begin it with a letter"
        )
    if not _SORT.fullmatch(line["sort"]):
        raise line.wrong(f"sort is '{line['sort']}'", allowed="a whole number, such as 10")
    from_, to = (
        _year(line, column, default=default)
        for column, default in (("valid_from", 0), ("valid_to", 9999))
    )
    if from_ > to:
        raise line.wrong(f"valid_from {from_} is after valid_to {to}", do="correct one of the two")
    extra = {column: value for column, value in line.values.items() if column not in COLUMNS}
    return Code(
        line["code"],
        line["label"],
        line["parent"],
        int(line["sort"]),
        from_,
        to,
        line["note"],
        MappingProxyType(extra),
    )


def _year(line: ListLine, column: str, *, default: int) -> int:
    text = line[column]
    if not text:
        return default
    try:
        return date.fromisoformat(text if len(text) > 4 else f"{text}-01-01").year
    except ValueError:
        allowed = "a year, such as 2017, or a day, such as 2017-12-31"
        raise line.wrong(f"{column} is '{text}'", allowed=allowed) from None


def _check_parents(line: ListLine, codes: dict[str, Code]) -> None:
    """A code has a parent of its list, and is no part of itself."""
    code = line["code"]
    parent = line["parent"]
    seen = {line["code"]}
    while parent:
        if parent not in codes:
            raise line.wrong(
                f"parent '{parent}' of '{code}' is not in the list",
                do="correct the parent, or add it",
            )
        if parent in seen:
            raise line.wrong(
                f"'{code}' is a part of itself, by its parent '{line['parent']}'",
                do="correct the parent",
            )
        seen.add(parent)
        parent = codes[parent].parent


def in_running_text(label: str) -> str:
    """The name of a country within a sentence: `the Republic of Moldova`, `the Syrian
    Arab Republic`, `Romania`.
    """
    return f"the {label}" if _TAKES_ARTICLE.search(label) else label


def fold(text: str) -> str:
    """The form in which spellings are compared: NFKC, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


@lru_cache(maxsize=16)
def load_aliases(folder: Path, name: str) -> Mapping[str, str]:
    """Every spelling known for the codes of a list: labels, codes, and
    `aliases/<name>.csv`; keys are folded.
    """
    known = {}
    for code in load_codelist(folder, name):
        known[fold(code.label)] = code.code
    for code in load_codelist(folder, name):
        known[fold(code.code)] = code.code
    path = folder / "aliases" / f"{name}.csv"
    if path.is_file():
        for line in read_list(path, ("alias", "code"), keys=("alias", "code"), more=True):
            known.setdefault(fold(line["alias"]), line["code"])
    return MappingProxyType(known)
