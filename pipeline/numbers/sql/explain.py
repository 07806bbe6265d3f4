"""Where does a number come from? Walks a key back to the cells that add up to it, their
files, sheets and addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.cells import OBS_LABEL, OBS_SYMBOL, POPULATION_CUBE, Key
from pipeline.contracts.model import Contracts
from pipeline.numbers.sql.marts import open_marts
from pipeline.project import Project

_COLUMNS = (
    "key, value, unit, obs_status, conf_status, coverage, members, note, round, origin, part_keys,"
    " raw, file, sheet, address"
)
NO_FIGURE = "no figure"
ORIGINS = {
    "reported": "reported by the state",
    "derived": "sum of the parts that the state reported",
    "group": "sum over the citizenships of the group",
    "region": "sum over the states that reported",
    "constant": "sum over the states that reported in every year of the window",
    "both": "sum over the states that reported both in the reference year and in the year before",
    "resolved": "sum of the parts, which hold by the answer of the state",
    "reference": "UN DESA, World Population Prospects 2024",
    "context": "published by others, no figure of a return",
    "judged": "worked out from what experts of the states judged",
    "meeting": "judged by the meeting of experts, who agreed to it",
    "score": "score by experts of others, no figure of a return; the year is that of the edition",
}


@dataclass(frozen=True)
class Explained:
    """One cell with what is known of it, its parts, and its values in every round that
    reported it.
    """

    key: str
    value: Decimal | None
    unit: str
    origin: str
    status: str
    coverage: str
    note: str
    round: int | None
    raw: str
    file: str
    sheet: str
    address: str
    parts: tuple[Explained, ...]
    vintages: tuple[tuple[int, str, str], ...]  # round, raw text, file
    # what of its siblings it cannot stand beside, and what follows
    contradicts: tuple[str, ...] = ()
    office: str = ""  # whose part of a return the file is

    def as_dict(self) -> dict[str, Any]:
        content = {
            k: v
            for k, v in self.__dict__.items()
            if k not in ("parts", "vintages") and v not in ("", None)
        }
        content["value"] = None if self.value is None else str(self.value.normalize() + 0)
        content["vintages"] = [{"round": r, "raw": raw, "file": f} for r, raw, f in self.vintages]
        content["contradicts"] = list(self.contradicts)
        content["parts"] = [p.as_dict() for p in self.parts]
        return content


def explain(
    project: Project, contracts: Contracts, *, round_: int, text: str, marts: Any = None
) -> Explained:
    """Walk a key back to the returns, through the opened marts where they are given.

    Raises UserError when the key does not exist or the round was not built.
    """
    key = Key.parse(text)
    if key.cube != POPULATION_CUBE:
        contracts.check_key(key)
    if marts is not None:
        return _explain(marts, str(key))
    with open_marts(project, round_) as opened:
        return _explain(opened, str(key))


def _explain(marts: Any, key: str) -> Explained:
    row = marts.execute(f"select {_COLUMNS} from marts.cells where key = ?", [key]).fetchone()
    if row is None:
        told = marts.execute(
            "select round, raw, file from core.reported where key = ? order by round desc, received"
            " desc",
            [key],
        ).fetchall()
        return Explained(
            key,
            None,
            "",
            NO_FIGURE,
            OBS_LABEL["O"],
            "",
            "",
            None,
            "",
            "",
            "",
            "",
            (),
            tuple(told),
            _contradictions(marts, key),
        )
    found = dict(zip(_COLUMNS.split(", "), row, strict=True))
    vintages = marts.execute(
        "select round, raw, file from core.reported where key = ? order by round desc, received"
        " desc",
        [key],
    ).fetchall()
    coverage = (
        "" if found["coverage"] is None else f"{found['coverage']} of {found['members']} states"
    )
    return Explained(
        key,
        found["value"],
        found["unit"],
        ORIGINS[found["origin"]],
        OBS_LABEL.get(found["obs_status"], ""),
        coverage,
        found["note"],
        found["round"],
        found["raw"],
        found["file"],
        found["sheet"],
        found["address"],
        tuple(_explain(marts, part) for part in found["part_keys"] or ()),
        tuple(vintages),
        _contradictions(marts, key),
        _office(marts, found["file"], round_=found["round"]),
    )


def _office(marts: Any, file: str, *, round_: int | None) -> str:
    """Whose part of a return a file is; empty for a whole one, and in marts that were
    made before returns came in parts.
    """
    if not file:
        return ""
    asked = marts.execute(
        "select * from seed.current_submissions where file = ? and round = ?", [file, round_]
    )
    names = [column[0] for column in asked.description]
    row = asked.fetchone()
    return str(row[names.index("office")] or "") if row and "office" in names else ""


_FOLLOWS = {
    "": (
        "the state is asked; until it answers, the whole counts in regional figures and its parts"
        " do not"
    ),
    "whole": "the state said that the whole counts",
    "parts": "the state said that the parts count",
    "neither": "the state said that neither counts",
}


def _contradictions(marts: Any, key: str) -> tuple[str, ...]:
    """Conflicts in whose block the cell stands, and figures of earlier rounds that
    newer ones made fall.
    """
    conflicts = marts.execute(
        """select conflicts.whole, wholes.value, wholes.obs_status, conflicts.part,
        conflicts.part_value,
            conflicts.resolution, conflicts.reason
        from core.conflicts
        inner join core.current_cells as wholes on wholes.key = conflicts.whole
        where conflicts.whole in (select unnest(wholes) from core.questioned_cells where key = ?)
        order by conflicts.whole, conflicts.part_value desc, conflicts.part""",
        [key],
    ).fetchall()
    said = []
    for whole, value, status, part, larger, resolution, reason in conflicts:
        number = OBS_SYMBOL.get(status, ":") if value is None else f"{value.normalize() + 0:,f}"
        because = f" ({reason})" if reason else ""
        exceeds = f"{whole} is {number}, but its part {part} is {larger.normalize() + 0:,f}"
        said.append(f"in conflict: {exceeds}; {_FOLLOWS[resolution]}{because}")
    dropped = marts.execute(
        "select value, round, why from marts.outdated where key = ?", [key]
    ).fetchall()
    said += [
        f"the figure of round {r}, {v.normalize() + 0:,f}, is no longer used: {why}"
        for v, r, why in dropped
    ]
    return tuple(dict.fromkeys(said))


def lines(found: Explained, depth: int = 0) -> list[str]:
    """The explanation as indented text, one cell a line with its source below it."""
    pad = "  " * depth
    value = ":" if found.value is None else f"{found.value.normalize() + 0:,f}"
    text = [
        f"{pad}{found.key} = {value} {found.unit} "
        f" ({found.origin}{'; ' + found.coverage if found.coverage else ''})"
    ]
    if found.file:
        sheet = f"sheet '{found.sheet}', " if found.sheet else ""
        office = f" (the part of {found.office})" if found.office else ""
        place = f"{found.file}{office}, {sheet}{found.address}"
        text.append(f"{pad}    {place}, written '{found.raw}', {found.status}")
    if found.note:
        text.append(f"{pad}    note: {found.note}")
    text += [f"{pad}    {said}" for said in found.contradicts]
    for round_, raw, file in found.vintages[1 if found.file else 0 :]:
        text.append(f"{pad}    round {round_} said '{raw}' ({file})")
    for part in found.parts:
        text += lines(part, depth + 1)
    return text
