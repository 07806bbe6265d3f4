"""What came of the very same file when it was last read?

Reads and writes `work/.read/<hash>.json`, one record a file of a return: its reading,
findings, account and figures, as `pipeline.returns.intake.read` made them. The hash is
over the bytes of the file and of its cover, what its name says, the round, the
contracts and code lists, the code that reads and the libraries that it reads with: one
of them another, and the file is read anew. So is one whose record is damaged.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.contracts.codelists import CodeList
from pipeline.contracts.model import Contracts
from pipeline.contracts.outside import FOLDER as FIGURES_OF_OTHERS
from pipeline.errors import DamagedFileError, UserError
from pipeline.findings import Finding
from pipeline.returns.intake.account import AccountError, FileAccount
from pipeline.returns.intake.entry import Entry
from pipeline.returns.intake.reading import FileReading
from pipeline.system.files import owner_only
from pipeline.system.kept import is_kept, keep_bytes, read_json, unseal
from pipeline.system.sources import digest_of

if TYPE_CHECKING:
    from pipeline.returns.intake.folder import ReturnFile

MEMORY = ".read"
_READERS = ("pipeline.returns.intake.read", "pipeline.returns.formats.inside")
# Lists that no reading of a file looks at; tests/steps/test_inputs.py sees to it.
_NOT_READ = ("population.csv", "names_in_texts.csv", "anchors.csv")
_LIBRARIES = ("openpyxl", "xlrd", "defusedxml")


@dataclass(frozen=True)
class Remembered:
    """What came of a file: all that `ReturnRead` holds of one that no later file of its
    state has touched.
    """

    reading: FileReading
    findings: tuple[Finding, ...]
    account: FileAccount
    entries: tuple[Entry, ...]
    withdraws: frozenset[str]
    left: tuple[str, ...]


@dataclass
class ReadMemory:
    """The memory of one round. `used` are the hashes that this run asked for or kept."""

    folder: Path
    contracts: Contracts
    round: int
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._ground = _ground(self.contracts, self.round)

    def name(self, file: ReturnFile, data: bytes, *, cover: bytes | None) -> str:
        """The hash under which a file is remembered: of its bytes, those of its cover
        (None without one), and of all else that decides what comes of it.
        """
        said = [
            self._ground,
            hashlib.sha256(data).hexdigest(),
            "" if cover is None else hashlib.sha256(cover).hexdigest(),
            file.name,
            file.path.name,
            file.state,
            file.report,
            file.rule,
            file.number,
            file.withdraws,
            file.office,
            sorted(file.parts.items()),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def recall(self, name: str) -> Remembered | None:
        """What came of a file; None where nobody knows, or the record is damaged."""
        path = self._path(name)
        if not is_kept(path):
            return None
        try:
            record = read_json(path)
            if record["name"] != name:  # a record under the name of another
                return None
            found = _from_json(record, self.contracts)
        except (
            DamagedFileError,
            UserError,
            AccountError,
            InvalidOperation,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
        ):
            return None
        self.used.add(name)
        return found

    def keep(self, name: str, came: Remembered) -> None:
        """Remember what came of a file, readable to its owner alone."""
        self.used.add(name)
        with owner_only(self.folder):
            keep_bytes(self._path(name), json.dumps(_as_json(name, came)).encode())

    def forget_others(self) -> None:
        """Remove what no file of this run has used."""
        for path in self.folder.glob("*.json"):
            if path.stem not in self.used:
                path.unlink(missing_ok=True)
                unseal(path)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _ground(contracts: Contracts, round_: int) -> str:
    """One hash of what decides about every file alike."""
    found = hashlib.sha256(f"{round_}\0{sys.version}\0{reading_code()}\0".encode())
    # in which order reports are printed is nothing to a return
    in_order = sorted(contracts, key=lambda contract: contract.report)
    found.update(json.dumps(_plain(in_order)).encode())
    for path in lists_of(contracts):
        found.update(f"{path.relative_to(contracts.folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _plain(value: object) -> Any:
    """A contract as JSON holds it, its code lists with every code. Raises TypeError for
    what it has no form for: nothing that a contract says may be left out.
    """
    match value:
        case None | str() | int() | float():
            return value
        case Path():
            return value.name
        case CodeList():
            return [value.name, [_plain(code) for code in value]]
        case list() | tuple():
            return [_plain(v) for v in value]
        case Mapping():
            return [[_plain(k), _plain(v)] for k, v in value.items()]
        case _ if is_dataclass(value):
            return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"no form for {type(value).__name__}")


def lists_of(contracts: Contracts) -> list[Path]:
    """Every list beside the contracts but those that only later steps read."""
    return sorted(
        p
        for p in contracts.folder.rglob("*.csv")
        if p.is_file() and p.name not in _NOT_READ and p.parent.name != FIGURES_OF_OTHERS
    )


@cache
def reading_code() -> str:
    """One hash of the code that reads files, and the versions of its libraries."""
    return " ".join([digest_of(*_READERS), *map(_version, _LIBRARIES)])


def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"no {library}"


# JSON in and out.


def _as_json(name: str, came: Remembered) -> dict[str, Any]:
    account = {f.name: getattr(came.account, f.name) for f in fields(came.account)}
    return {
        "name": name,
        # not `as_json`, which sorts the cover: what is read back is what was read
        "reading": {**came.reading.as_json(), "cover": dict(came.reading.cover)},
        "findings": [f.as_json() for f in came.findings],
        "account": {n: dict(v) if isinstance(v, Mapping) else v for n, v in account.items()},
        "entries": [_entry_json(e) for e in came.entries],
        "withdraws": sorted(came.withdraws),
        "left": list(came.left),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    said = {f.name: getattr(entry, f.name) for f in fields(entry)}
    return {
        **said,
        "table": entry.table.name,
        "value": None if entry.value is None else str(entry.value),
    }


def _from_json(record: dict[str, Any], contracts: Contracts) -> Remembered:
    """Raises ValueError, TypeError or LookupError where it is no such record."""
    return Remembered(
        FileReading.from_json(record["reading"]),
        tuple(Finding.from_json(f) for f in record["findings"]),
        FileAccount(**record["account"]),
        tuple(_entry(e, contracts) for e in record["entries"]),
        frozenset(record["withdraws"]),
        tuple(map(str, record["left"])),
    )


def _entry(said: dict[str, Any], contracts: Contracts) -> Entry:
    return Entry(
        **{
            **said,
            "table": contracts.table(said["table"]),
            "codes": tuple(said["codes"]),
            "value": None if said["value"] is None else Decimal(said["value"]),
        }
    )
