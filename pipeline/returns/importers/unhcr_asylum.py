"""What did UNHCR publish on asylum? Applications and grants of protection by country of
origin, added up for the migration return.

Which rows are taken is said in `asylum_counts`. How many parts of a sum are 5, for 1 to
5, its note says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import NOT_STATED
from pipeline.returns.importers.asylum_counts import (
    APPLICATIONS,
    DECISIONS,
    OF_CASES,
    PUBLISHER,
    TITLE,
    Count,
    Heads,
    chosen,
    count_of,
)
from pipeline.returns.importers.figures import (
    Columns,
    Gathering,
    Reading,
    Source,
    own_rows,
    with_anchored,
)
from pipeline.returns.importers.sheets import PublishedRow, read_published

TABLE = "MIG_ASYLUM"
ESTIMATED, OTHERWISE_DEFINED = "E", "D"
FORMS = {**APPLICATIONS, **DECISIONS}
STEPS = {"applications": "APPL", "decisions": "GRANT"}


@dataclass
class _Cell:
    """All rows of one cell, and whether cases stand where no persons do."""

    counts: list[Count] = field(default_factory=list)
    cases: bool = False


def read(path: Path, contracts: Contracts, round_: int) -> Reading:
    """Read applications or decisions for the years of a round. Raises UserError when the
    file holds neither.
    """
    published = read_published(
        path, {name: heads.all for name, heads in FORMS.items()}, contracts=contracts
    )
    reading = _gather(Gathering(contracts, round_, published))
    return with_anchored(
        reading,
        contracts,
        read_again=lambda scope: _gather(Gathering(contracts, round_, published, scope=scope)),
    )


def _gather(gathering: Gathering) -> Reading:
    heads = FORMS[gathering.published.kind]
    step = STEPS[gathering.published.kind.split()[0]]
    labels = tuple(h for h in heads.all if h not in (heads.year, heads.asylum, *heads.figures))
    columns = Columns(heads.asylum, heads.year, labels)
    cells: dict[Key, _Cell] = defaultdict(_Cell)
    for state, year, row in own_rows(gathering, TABLE, columns=columns):
        cell = cells[Key(TABLE, (state, year, step))]
        _take_row(row, cell, heads=heads, gathering=gathering)
    notes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, cell in sorted(cells.items()):
        for note in _settle_cell(key, cell, gathering=gathering):
            notes[key.state][note].append(str(key.year))
    _remark(notes, step, gathering=gathering)
    source = Source("unhcr_asylum", PUBLISHER, TITLE, NOT_STATED)
    return gathering.settle(source, (TABLE,))


def _take_row(row: PublishedRow, cell: _Cell, *, heads: Heads, gathering: Gathering) -> None:
    """Put a row into its cell, or skip it by the rule that keeps it out."""
    numbers = [gathering.read(row, head) for head in heads.figures]
    count = count_of(row, heads, numbers=numbers)
    if isinstance(count, Count):
        cell.counts.append(count)
    else:
        cell.cases = cell.cases or count == OF_CASES
        gathering.skip(row.where, row.whole, rule=count)


def _settle_cell(key: Key, cell: _Cell, *, gathering: Gathering) -> list[str]:
    """Add the figures of a cell, and give what its note must say."""
    taken = chosen(cell.counts)
    if not taken:
        return ["published in cases, not in persons; left blank"] if cell.cases else []
    for count in cell.counts:
        if count.choice != taken[0].choice:
            gathering.skip(count.row.where, f"{key} {count.what}", rule="another_count_is_taken")
    differs = taken[0].differs
    least = sum({count.origin: count.least for count in taken}.values())
    status = OTHERWISE_DEFINED if differs else ESTIMATED if least else ""
    for count in taken:
        gathering.add(
            key, count.number, where=count.row.where, obs_status=status, part=count.origin
        )
    origins = len({count.origin for count in taken})
    marked = [f"{least} of the figures of {origins} countries of origin are 5, for 1 to 5"]
    return [*differs, *(marked if least else [])]


def _remark(notes: dict[str, dict[str, list[str]]], step: str, *, gathering: Gathering) -> None:
    """What the sums of a state are, on the line of the step, each with its years."""
    for state, said in sorted(notes.items()):
        key = Key(TABLE, (state, str(gathering.round_), step))
        for note, years in said.items():
            gathering.remark(key, f"{', '.join(years)}: {note}")
