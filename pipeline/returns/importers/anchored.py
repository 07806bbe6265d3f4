"""Does a published file meet the totals that were printed elsewhere? One that does not
fills no return.
"""

from __future__ import annotations

from decimal import Decimal

from pipeline.cells import Key
from pipeline.contracts.anchors import Comparison, areas_of, compare, load_anchors, number_text
from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.returns.importers.figures import Reading, number_of


def compare_with_anchors(reading: Reading, contracts: Contracts) -> tuple[Comparison, ...]:
    """Every anchor of the source beside what the whole file gives for it."""
    source = reading.source
    figures: dict[Key, Decimal | None] = {}
    for figure in reading.anchored:
        # A note on a line is a figure without text: it says nothing against a number in
        # the same cell.
        if (number := number_of(figure.text)) is not None or figure.key not in figures:
            figures[figure.key] = number
    return tuple(
        compare(anchor, figures, areas_of(anchor, contracts))
        for anchor in load_anchors(contracts.folder, contracts)
        if anchor.cube in reading.tables
        and anchor.is_of(source.publisher, source.table, release=source.release)
    )


def require_anchors(comparisons: tuple[Comparison, ...], file: str) -> None:
    """Raise UserError when a printed total is missed: the file is another table than it
    says, or another release.
    """
    if missed := [c for c in comparisons if c.is_missed]:
        found = [
            f"{c.anchor.id}: {c.anchor.cells} adds up to {number_text(c.found or Decimal(0))}"
            for c in missed
        ]
        raise UserError(
            "; ".join(found),
            where=file,
            allowed="; ".join(c.anchor.allowed for c in missed),
            do=(
                "no return was written; find out what the file holds. Where the publisher has"
                " revised the total, enter the new one with its place in data_contracts/anchors.csv"
            ),
        )


def comparison_lines(comparisons: tuple[Comparison, ...]) -> list[str]:
    """What was compared, one line each, for the account."""
    lines = []
    for c in comparisons:
        if c.found is None:
            lines.append(f"{c.anchor.id}: not compared, no figure of {', '.join(c.missing)}")
        else:
            lines.append(f"{c.anchor.id}: {number_text(c.found)}, printed {c.anchor.allowed}")
    return lines or ["no total printed elsewhere is known for this source"]
