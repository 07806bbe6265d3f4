"""What does `import` do? Finds the reader of a source, reads the file, fills the
returns, and gives the account.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import load_sources
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.importers.anchored import (
    compare_with_anchors,
    comparison_lines,
    require_anchors,
)
from pipeline.returns.importers.figures import DAMAGED, Reading
from pipeline.returns.importers.released import choose_release, no_date
from pipeline.returns.importers.returns import Filled, fill_returns

SOURCES: dict[str, str] = {
    "glotip": "pipeline.returns.importers.glotip",
    "cts": "pipeline.returns.importers.cts",
    "iafq": "pipeline.returns.importers.iafq",
    "drug_seizures": "pipeline.returns.importers.drug_seizures",
    "eurostat_crime": "pipeline.returns.importers.eurostat_crime",
    "eurostat_migration": "pipeline.returns.importers.eurostat_migration",
    "unhcr_asylum": "pipeline.returns.importers.unhcr_asylum",
    "center_export": "pipeline.returns.importers.center_export",
}

LISTED = 10  # rows of one rule that the account names


@dataclass(frozen=True)
class ImportSummary:
    """The account of one import: what every row of the file became, and what happened
    to each return.
    """

    reading: Reading
    filled: tuple[Filled, ...]
    compared: tuple[str, ...] = ()  # totals printed elsewhere, and what the file says beside them

    def lines(self) -> list[str]:
        """The account for people, one line each."""
        reading = self.reading
        lines = [
            f"{reading.source.cited}: {reading.rows} rows",
            f"  {reading.used} rows used",
            *(f"  {n} rows skipped, {rule}" for rule, n in reading.skipped_by_rule.items()),
            *(f"  {n} rows outside, {reason}" for reason, n in sorted(reading.outside.items())),
            *(f"  {remark}" for remark in reading.remarks),
            *(f"  {line}" for line in self.compared),
            *_lost(reading),
        ]
        for f in self.filled:
            lines.append(
                f"  {f.report} {f.state}: {f.written} written, {f.same} the same, {f.conflicts}"
                f" kept against the source, {f.blank} notes only, {f.no_line} without a free line"
            )
        return lines


def _lost(reading: Reading) -> list[str]:
    """The rows that were lost to something in the file, each named: an analyst must
    look at them.
    """
    lines = []
    for rule in DAMAGED:
        rows = [s for s in reading.skipped if s.rule == rule]
        lines += [f"  {rule}, {s.where}: {s.what}" for s in rows[:LISTED]]
        if len(rows) > LISTED:
            lines.append(f"  {rule}: and {len(rows) - LISTED} more")
    return lines


def read_source(contracts: Contracts, source: str, *, file: Path, round_: int) -> Reading:
    """Read a published file with the reader of its source. Raises UserError."""
    if source not in SOURCES:
        raise UserError(
            f"there is no source '{source}'", allowed=", ".join(SOURCES), do="name one with SOURCE="
        )
    reader = import_module(SOURCES[source])
    reading: Reading = reader.read(file, contracts, round_)
    return reading


def _require_rows(reading: Reading, file: Path, *, round_: int) -> None:
    """Raise UserError when nothing of the file was understood: the notes alone would
    say nothing of any figure.
    """
    if reading.used or any(f.text for f in reading.figures):
        return
    became = Counter(reading.outside) + Counter(reading.skipped_by_rule)
    found = ", ".join(f"{n} {rule}" for rule, n in became.most_common(5)) or "it has none"
    raise UserError(
        f"no row of the file was used: {found}",
        where=str(file),
        allowed=(
            "rows of member states, in the years and with the labels that the returns of round"
            f" {round_} ask for"
        ),
        do=(
            "no return was written; look whether it is the table of this source, has these years,"
            " and is in English"
        ),
    )


def _released(reading: Reading, release: str, *, file: Path, codelists: Path) -> Reading:
    """The reading of a file whose release its covers name as it was given. Raises
    UserError where the file says its own, or what was given is no date that a cover of a
    return may name.
    """
    source = reading.source
    said = choose_release(source.release, release, file=file)
    if not load_sources(codelists).named(f"{source.publisher}, {source.table}, {said}"):
        raise no_date(release)
    return replace(reading, source=replace(source, release=said))


def run_import(
    project: Project,
    contracts: Contracts,
    *,
    source: str,
    file: Path,
    round_: int,
    folder: Path | None = None,
    day: str = "",
    release: str = "",
) -> ImportSummary:
    """Pre-fill the returns of a round from one published file, in `folder` or the
    round's own, dated `day`. `release` is when a file was released that does not say it.

    Raises UserError, before any return is written, when the file misses a total that
    was printed elsewhere.
    """
    reading = read_source(contracts, source, file=file, round_=round_)
    if release:
        reading = _released(reading, release, file=file, codelists=contracts.codelists)
    _require_rows(reading, file, round_=round_)
    comparisons = compare_with_anchors(reading, contracts)
    require_anchors(comparisons, str(file))
    filled = fill_returns(
        project, contracts, reading=reading, round_=round_, folder=folder, day=day
    )
    return ImportSummary(reading, tuple(filled), tuple(comparison_lines(comparisons)))
