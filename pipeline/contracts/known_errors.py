"""Which errors of suppliers do we know, and what is done with their cells? The
register, read and checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pipeline.contracts.layout import respondent_of
from pipeline.contracts.model import Contracts
from pipeline.errors import ContractError
from pipeline.system.yaml_files import YamlFile, faults, read_yaml

REGISTER, SCHEMA = "known_errors.yaml", "known_errors.schema.json"
ANY_CODE = "*"

Effect = Literal["leave-out", "accept"]


@dataclass(frozen=True)
class KnownError:
    """One entry of the register. `cells` are keys in which `*` stands for any one code.

    `until` is the last round for which the entry holds, or the last day on which a
    return may be dated.
    """

    id: str
    state: str
    report: str
    table: str
    round: int
    cells: tuple[str, ...]
    rule: str
    why: str
    reported: date
    until: int | date
    effect: Effect

    @property
    def remark(self) -> str:
        return f"known error {self.id}: {self.why}"

    def matching(self, key: str) -> list[str]:
        """The lines of `cells` that a key falls under."""
        return [c for c in self.cells if _falls_under(key, c)]

    def is_over(self, round_: int, received: date) -> bool:
        """Whether the entry has ended for a return of a round, dated `received`. The
        clock is never asked.
        """
        return round_ > self.until if isinstance(self.until, int) else received > self.until


def _falls_under(key: str, pattern: str) -> bool:
    (cube, codes), (own, wanted) = _parts(key), _parts(pattern)
    return (
        cube == own
        and len(codes) == len(wanted)
        and all(w in (ANY_CODE, c) for c, w in zip(codes, wanted, strict=True))
    )


def _parts(key: str) -> tuple[str, list[str]]:
    cube, _, codes = key.partition(":")
    return cube, codes.split(".")


def load_known_errors(folder: Path, contracts: Contracts) -> tuple[KnownError, ...]:
    """Read the register in `folder` (data_contracts); without one, no error is known.
    Raises ContractError with all that is wrong with it.
    """
    path = folder / REGISTER
    if not path.is_file():
        return ()
    file = read_yaml(path)
    content = file.content
    wrong = [*_against_schema(file, folder / SCHEMA)] or [
        f"line {file.line(('known_errors', number))}, {problem}"
        for number, problem in _against_contracts(content["known_errors"], contracts)
    ]
    if wrong:
        raise ContractError(
            "\n".join(wrong),
            where=REGISTER,
            do="correct the entries named; see docs/how-to/known-errors.md",
        )
    return tuple(_read(entry) for entry in content["known_errors"])


def _against_schema(file: YamlFile, schema: Path) -> list[str]:
    found = faults(file.content, json.loads(schema.read_text(encoding="utf-8")))
    return [
        f"line {file.line(path)}, {_place(file.content, list(path))}: {what}"
        for path, what in found
    ]


def _place(content: Any, path: list[Any]) -> str:
    """Where in the register, with the id of the entry where it has one."""
    if len(path) < 2:
        return ".".join(map(str, path)) or "the top"
    entry = content["known_errors"][path[1]]
    name = entry.get("id") if isinstance(entry, dict) else None
    return ".".join(map(str, (name or f"entry {path[1] + 1}", *path[2:])))


def _against_contracts(
    entries: list[dict[str, Any]], contracts: Contracts
) -> Iterator[tuple[int, str]]:
    """Entries that name what is not there, or that no step could follow: their number
    and the sentence.
    """
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        name = entry["id"]
        if name in seen:
            yield number, f"{name}: the id stands twice"
        seen.add(name)
        yield from (
            (number, f"{name}: {wrong}")
            for wrong in (*_wrong_dates(entry), *_wrong_entry(entry, contracts))
        )


def _wrong_entry(entry: dict[str, Any], contracts: Contracts) -> Iterator[str]:
    tables = {t.name: t for t in contracts.tables}
    table = tables.get(entry["table"])
    if table is None or table.report != entry["report"]:
        yield f"there is no table '{entry['table']}' in the report '{entry['report']}'"
        return
    if entry["state"] not in contracts.codelist("states") or table.respondent != respondent_of(
        entry["state"]
    ):
        yield f"'{entry['state']}' does not report {table.name}"
    if not table.is_asked(entry["round"]):
        yield f"round {entry['round']} does not ask for {table.name}"
    if entry["rule"].endswith(".key.unique") and entry["effect"] == "accept":
        yield "two figures for one cell cannot both be used: leave the cell out"
    for cell in entry["cells"]:
        cube, codes = _parts(cell)
        form = f"{table.name}:{'.'.join(table.key_dimensions)}"
        if cube != table.name or len(codes) != len(table.key_dimensions):
            yield f"'{cell}' is no cell of the table, which are written {form}"
            continue
        if codes[0] != entry["state"]:
            yield f"'{cell}' is a cell of '{codes[0]}', the entry is about {entry['state']}"
        if codes[1] != ANY_CODE and not (codes[1].isdigit() and len(codes[1]) == 4):
            yield f"'{codes[1]}' in '{cell}' is not a year"
        for dimension, code in zip(table.dimensions, codes[2:], strict=True):
            if code != ANY_CODE and code not in {c.code for c in dimension.codes}:
                yield f"'{code}' in '{cell}' is no code of {dimension.name}"


def _wrong_dates(entry: dict[str, Any]) -> Iterator[str]:
    for field in ("reported", "until"):
        if isinstance(entry[field], str):
            try:
                date.fromisoformat(entry[field])
            except ValueError:
                yield f"{field}: '{entry[field]}' is no day of the calendar"
    if isinstance(entry["until"], int) and entry["until"] < entry["round"]:
        yield f"until {entry['until']} is before its round {entry['round']}"


def _read(entry: dict[str, Any]) -> KnownError:
    until = entry["until"]
    return KnownError(
        entry["id"],
        entry["state"],
        entry["report"],
        entry["table"],
        entry["round"],
        tuple(entry["cells"]),
        entry["rule"],
        " ".join(entry["why"].split()),
        date.fromisoformat(entry["reported"]),
        until if isinstance(until, int) else date.fromisoformat(until),
        entry["effect"],
    )
