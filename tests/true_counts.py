"""What would states send that suppress nothing? A round in which every `<5` is a whole
number that fits the sums of its return.

The example returns repeat published figures, and their publishers wrote `<5` for small
counts: nobody here knows more than a few of these. A round of the Center has the counts
themselves. Here each `<5` becomes a number by a seed: near to one drawn from 1 to 4, and
such that every sum of the return still holds that could hold with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
from bench.example import figures_sent
from builds import ROOT, ROUND
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from pipeline.cells import Key
from pipeline.contracts.layout import SOURCE_FIELD, cover_fields
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.disclosure.choose.completion import complete
from pipeline.disclosure.choose.rows import open_lines
from pipeline.disclosure.choose.sums import Holds, Sum, find_sums
from pipeline.numbers.build import build_numbers
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.returns.importers.csv_return import CsvCell, Dialect, write_csv_return
from pipeline.returns.received import read_round
from pipeline.returns.rules.validation import validate_and_write

SEED = 1
REPORT = "thb"  # the only returns with counts that their senders suppressed
ROUNDS = (ROUND - 1, ROUND)
FOR_NOBODY = 10.0  # what it costs that a line which a state wrote itself is nothing
LESS = "<5"


def true_counts_in(folder: Path) -> Project:
    return Project(ROOT, folder / "outputs", folder / "returns")


def build_true_counts(folder: Path, contracts: Contracts, seed: int = SEED) -> None:
    """Write returns that hold true small counts, and build the numbers of their round."""
    folder.mkdir(parents=True, exist_ok=True)
    before = Project(ROOT, folder / "before")
    project = true_counts_in(folder)
    for name in (str(r) for r in ROUNDS):
        shutil.copytree(ROOT / "returns" / name, project.returns / name)
    filled: dict[Key, int] = {}
    for round_ in reversed(ROUNDS):
        read_round(before, contracts, round_=round_)
        figures = figures_sent(before, contracts, round_)
        filled = {**fill_in(figures, contracts, seed=seed), **filled}
        _write_returns(project, contracts, round_, figures=_with_counts(figures, filled))
    for round_ in ROUNDS:
        validate_and_write(project, contracts, round_=round_)
    build_numbers(project, contracts, round_=ROUND)


def fill_in(
    figures: Mapping[Key, tuple[str, str]], contracts: Contracts, *, seed: int = SEED
) -> dict[Key, int]:
    """A whole number for every figure that its sender suppressed."""
    cells = {str(k): _cell(k, *said) for k, said in figures.items() if _is_figure(said)}
    suppressed = load_policy(ROOT / "data_contracts", contracts).suppressed
    _, held = complete(
        cells, find_sums(cells, contracts, suppressed=suppressed), suppressed=suppressed
    )
    listed = {str(row.key) for _, rows in open_lines(cells.values(), contracts) for row in rows}
    return {
        cells[name].key: count
        for name, count in _near_to_drawn(
            cells, held, listed=listed, highest=suppressed[1], seed=seed
        ).items()
    }


def _near_to_drawn(
    cells: Mapping[str, TrueCell], sums: list[Sum], *, listed: set[str], highest: int, seed: int
) -> dict[str, int]:
    """Counts as near to drawn ones as the sums allow: how far each is up and down is an
    unknown of its own, and so is whether a listed line is nothing.
    """
    unknown = sorted(n for n, c in cells.items() if c.is_suppressed)
    place = {n: i for i, n in enumerate(unknown)}
    size = len(unknown)
    drawn = np.random.default_rng(seed).integers(1, highest + 1, size=size)
    one = np.eye(size)
    rows = [np.hstack([one, -one, one, 0 * one]), np.hstack([one, 0 * one, 0 * one, one])]
    least = [*drawn, *(float(n in listed) for n in unknown)]
    most = [*drawn.astype(float), *(np.inf for _ in unknown)]
    for s in sums:
        row = np.zeros(4 * size)
        rest = Decimal(0)
        for name, sign in ((s.whole, 1), *((p, -1) for p in s.parts)):
            if name in place:
                row[place[name]] += sign
            else:
                rest += sign * (cells[name].value or Decimal(0))
        if s.holds != Holds.NOT and row.any():
            rows.append(row[None, :])
            least.append(-float(rest))
            most.append(-float(rest) if s.holds == Holds.EXACTLY else np.inf)
    cost = np.concatenate([np.zeros(size), np.ones(2 * size), np.full(size, FOR_NOBODY)])
    upper = np.concatenate([np.full(size, highest), np.full(2 * size, highest), np.ones(size)])
    solved = milp(
        cost,
        integrality=np.ones(4 * size),
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(csr_array(np.vstack(rows)), least, most),
    )
    assert solved.x is not None, solved.message
    return {n: round(float(solved.x[i])) for n, i in place.items()}


def _is_figure(said: tuple[str, str]) -> bool:
    text, status = said
    return status == "Q" or text.replace(".", "").isdigit()


def _cell(key: Key, text: str, status: str) -> TrueCell:
    value = None if status == "Q" else Decimal(text)
    return TrueCell(key, value, status or "A", "F", "reported")


def _with_counts(
    figures: Mapping[Key, tuple[str, str]], filled: Mapping[Key, int]
) -> dict[Key, CsvCell]:
    return {
        k: CsvCell(str(filled[k]), "") if status == "Q" else CsvCell(text, status)
        for k, (text, status) in figures.items()
    }


def _write_returns(
    project: Project, contracts: Contracts, round_: int, *, figures: Mapping[Key, CsvCell]
) -> None:
    """Write the returns of one report anew, as CSV with a cover."""
    contract = contracts.contract(REPORT)
    shutil.rmtree(project.returns / str(round_) / REPORT)
    of_report = {t.name for t in contract.tables}
    for member in contracts.members(round_):
        cells = {k: c for k, c in figures.items() if k.state == member.code and k.cube in of_report}
        sources = {f"{SOURCE_FIELD}{k.cube}" for k in cells}
        cover = [
            (field, _answer(field, value, round_=round_, is_used=field in sources))
            for field, _, value, _ in cover_fields(
                contract, member.code, state_name=member.code, round_=round_
            )
        ]
        write_csv_return(
            project.returns / str(round_) / REPORT / f"{member.code}.csv",
            contract,
            state=member.code,
            round_=round_,
            cells=cells,
            cover=cover,
            dialect=Dialect(),
        )


def _answer(field: str, value: str, *, round_: int, is_used: bool) -> str:
    if field == "date":
        return f"{round_ + 1}-03-31"
    if field.startswith(SOURCE_FIELD):
        return "Ministry of the Interior, register" if is_used else ""
    return value or "National Focal Point"
