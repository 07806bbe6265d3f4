"""Which column of an export of the Center's system is which dimension of its returns?

Reads `center_export.yaml` beside the contracts. The layout of an export is known to the
Center alone: nothing is assumed of it, each column and each word stands there by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.cells import TOTAL
from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.codelists import fold
from pipeline.contracts.model import Contracts
from pipeline.system.yaml_files import YamlFile

EXPORTS, SCHEMA = "center_export.yaml", "center_export.schema.json"
FILES = (EXPORTS, SCHEMA)  # of data_contracts
PAGE = "docs/how-to/center-export.md"
OTHER = "OTHER"  # of a participant that is no member state
ACTIVITIES, FORCES = "center_activity", "task_force"  # lists
_SEPARATORS = {"tab": "\t"}


@dataclass(frozen=True)
class CodedColumn:
    """A column whose words stand for codes; words are folded. Several words of one cell
    are parted by `separator`, where there is one.
    """

    column: str
    words: Mapping[str, str]
    separator: str = ""


@dataclass(frozen=True)
class Export:
    """One kind of export. An activity is the same in `always` all rows, or stands in a
    column; what is None the export does not say. `count` is the column that says how
    many actions a row is; "" where each row is one.
    """

    id: str
    separator: str
    encoding: str
    date: str
    date_form: str
    always: str
    activity: CodedColumn | None
    task_force: CodedColumn | None
    states: CodedColumn | None
    count: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        coded = (c.column for c in (self.activity, self.task_force, self.states) if c)
        return tuple(dict.fromkeys((self.date, *coded, *filter(None, [self.count]))))


@lru_cache(maxsize=8)
def load_exports(folder: Path, contracts: Contracts) -> tuple[Export, ...]:
    """The exports in `folder` (data_contracts); none where there is no such file. Raises
    ContractError with all that is wrong, each with its line.
    """
    path = folder / EXPORTS
    if not path.exists():
        return ()
    file = read_checked(
        path, folder / SCHEMA, wrong=lambda file: _wrong(file, contracts), page=PAGE
    )
    return tuple(_read(entry) for entry in file.mapping()["exports"])


def _read(entry: Mapping[str, Any]) -> Export:
    activity = entry["activity"]
    return Export(
        entry["id"],
        _SEPARATORS.get(entry["separator"], entry["separator"]),
        entry["encoding"],
        entry["date"]["column"],
        entry["date"]["form"],
        activity.get("always", ""),
        _coded(activity) if "column" in activity else None,
        _coded(entry.get("task_force")),
        _coded(entry.get("states")),
        entry.get("count", ""),
    )


def _coded(entry: Mapping[str, Any] | None) -> CodedColumn | None:
    if entry is None:
        return None
    words = {fold(word): code for word, code in entry["words"].items()}
    return CodedColumn(entry["column"], MappingProxyType(words), entry.get("separator", ""))


def _wrong(file: YamlFile, contracts: Contracts) -> Iterator[str]:
    allowed = {
        "activity": [c.code for c in contracts.codelist(ACTIVITIES)],
        "task_force": [c.code for c in contracts.codelist(FORCES) if c.code != TOTAL],
        "states": [*(c.code for c in contracts.codelist("states") if c.parent), OTHER],
    }
    seen: set[str] = set()
    for at, entry in enumerate(file.mapping()["exports"]):
        if entry["id"] in seen:
            yield f"{file.place(('exports', at))}: '{entry['id']}' stands twice"
        seen.add(entry["id"])
        yield from _wrong_activity(file, entry, at=at, allowed=allowed["activity"])
        for field, codes in allowed.items():
            known: dict[str, str] = {}
            for word, code in entry.get(field, {}).get("words", {}).items():
                where = file.place(("exports", at, field, "words", word))
                if code not in codes:
                    yield f"{where}: '{code}' is no code; allowed: {', '.join(codes)}"
                if known.setdefault(fold(word), code) != code:
                    yield f"{where}: it reads like another word of another code"


def _wrong_activity(
    file: YamlFile, entry: Mapping[str, Any], *, at: int, allowed: list[str]
) -> Iterator[str]:
    """An activity is the same in all rows, or stands in a column with its words."""
    own = entry.get("activity")
    where = file.place(("exports", at, "activity"))
    if own is None:
        yield f"{where}: 'activity' is missing; write always: EXCH, or a column with its words"
    elif ("always" in own) == ("column" in own) or ("column" in own) != ("words" in own):
        yield f"{where}: either 'always', or 'column' and 'words'"
    elif "always" in own and own["always"] not in allowed:
        yield f"{where}: '{own['always']}' is no code; allowed: {', '.join(allowed)}"
