"""What does a change of the contracts do to those who send and those who read? The
diff, and its replay on returns.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.contracts.changes import ORDER, Change
from pipeline.contracts.diff import diff_contracts
from pipeline.contracts.sides import compared_reports, open_sides
from pipeline.findings import SEVERITIES, Finding
from pipeline.project import Project
from pipeline.returns.rules.replay import Replay, newest_round, opened_rounds, replay_round
from pipeline.system.progress import Progress, silent

_TITLES = {
    "both": "Breaks supplier and reader",
    "supplier": "Breaks the supplier",
    "reader": "Breaks the reader",
    "neither": "Breaks nobody",
}
_MOST_TABLES = 8
_MOST_CELLS = 40  # lines of cells on a terminal; JSON has all of them


@dataclass(frozen=True)
class Comparison:
    """Two versions of the contracts: their changes, worst first, and what became of the
    last round's returns.
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    replay: Replay | None  # None where nothing changed

    @property
    def breaks_supplier(self) -> bool:
        return any(c.breaks_supplier for c in self.changes) or bool(
            self.replay and self.replay.breaks_supplier
        )

    def as_dict(self) -> dict[str, Any]:
        replay = self.replay and {
            "round": self.replay.round,
            "returns": self.replay.returns,
            "new": [f.as_json() for f in self.replay.new],
            "gone": [f.as_json() for f in self.replay.gone],
            "refused": [list(r) for r in self.replay.refused],
            "accepted": [list(r) for r in self.replay.accepted],
        }
        return {
            "old": self.old,
            "new": self.new,
            "breaks_supplier": self.breaks_supplier,
            "changes": [c.as_dict() for c in self.changes],
            "replay": replay,
        }


def compare_contracts(
    project: Project, old: str, *, new: str, round_: int | None, progress: Progress = silent
) -> Comparison:
    """Compare two versions of the contracts and replay the returns of a round, by
    default the newest with returns.

    `old` and `new` name a folder, a contract file or a git revision; an empty `new` is
    the working copy. Raises UserError and ContractError when one of them cannot be
    read, and UserError without returns.
    """
    name = new or "the working copy"
    with open_sides(project, old, new=new or str(project.contracts)) as (before, after):
        newest = max(opened_rounds(project), default=0)
        changes = diff_contracts(
            before.contracts,
            after.contracts,
            reports=compared_reports(before, after),
            newest=newest,
        )
        if not changes:
            return Comparison(old, name, (), None)
        chosen = newest_round(project) if round_ is None else round_
        return Comparison(
            old,
            name,
            tuple(changes),
            replay_round(project, before.whole, new=after.whole, round_=chosen, progress=progress),
        )


def print_comparison(comparison: Comparison) -> None:
    """The comparison for the terminal: a table of changes by class, then what the
    replay found by state and table.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if os.isatty(1) else 160, highlight=False, markup=False)
    if not comparison.changes:
        console.print(f"no change from {comparison.old} to {comparison.new}")
        return
    for breaks in ORDER:
        changes = [c for c in comparison.changes if c.breaks == breaks]
        if not changes:
            continue
        table = Table(
            title=f"{_TITLES[breaks]}: {len(changes)}",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for head in ("report", "table", "where", "what", "why"):
            table.add_column(head, overflow="fold")
        for c in changes:
            table.add_row(", ".join(c.reports), _names(c.tables), c.where, c.what, c.why)
        console.print(table)
        console.print()
    if comparison.replay:
        for line in replay_lines(comparison.replay):
            console.print(line, soft_wrap=True)


def _names(tables: tuple[str, ...]) -> str:
    if not tables:
        return "all"
    more = len(tables) - _MOST_TABLES
    return ", ".join(tables[:_MOST_TABLES]) + (f" and {more} more" if more > 0 else "")


def replay_lines(replay: Replay) -> list[str]:
    """What the replay found, as lines: tables refused, counts by state and table, and
    the cells themselves.
    """
    lines = [f"Replay of {replay.returns} accepted returns of round {replay.round}:"]
    lines += [f"  now refused: {_table(r)}" for r in replay.refused]
    lines += [f"  now accepted: {_table(r)}" for r in replay.accepted]
    titles = {"error": "would now fail", "query": "would now be asked about"}
    for findings, is_new in ((replay.new, True), (replay.gone, False)):
        counts = Counter(
            (f.severity, f.state, f.report, f.table or "whole return") for f in findings
        )
        for (severity, state, report, table), n in sorted(counts.items()):
            title = titles[severity] if is_new else f"{severity} no longer found"
            lines.append(f"  {title}: {state} {report} {table}, {n} cell{'s' * (n > 1)}")
    worst_first = sorted(replay.new, key=lambda f: SEVERITIES.index(f.severity))
    lines += [f"    {_cell(f)}" for f in worst_first[:_MOST_CELLS]]
    if len(replay.new) > _MOST_CELLS:
        lines.append(f"    and {len(replay.new) - _MOST_CELLS} more; JSON=1 lists all of them")
    if len(lines) == 1:
        lines.append("  every cell says the same under both contracts")
    return lines


def _table(refused: Iterable[str]) -> str:
    state, report, table = refused
    return f"{state} {report} {table or 'the whole return'}"


def _cell(f: Finding) -> str:
    place = ", ".join(part for part in (f.file, f.sheet and f"sheet '{f.sheet}'", f.cell) if part)
    return f"{f.severity} {f.rule}: {place}: {f.found[:80]} (allowed: {f.allowed[:120]})"
