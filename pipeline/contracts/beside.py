"""Which columns stand beside a form, and are never read as figures?

To the right of a sheet's form stand, after an empty column, what the form itself finds
about each figure, and what the state reported before, as it was filled in grey. A
figure that still equals the grey one beside it, with the same status, was left: it is
no new report. The cover keeps a digest of the grey figures of each sheet, so that
columns which were removed or written over are noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pipeline.contracts.layout import STATUS_SUFFIX, FormColumn, SheetForm

CHECK_SUFFIX = " check"
BEFORE_SUFFIX = " before"
STATUS_BEFORE_SUFFIX = f"{STATUS_SUFFIX}{BEFORE_SUFFIX}"
BEFORE_FIELD = "before:"  # on the cover, followed by the name of the table
_DIGITS = 16  # of the digest, as a person may compare them
_STEP = Decimal("0.001")


@dataclass(frozen=True)
class Beside:
    """The columns beside the form that belong to one column of figures; 1 is column A."""

    value: FormColumn
    check: int
    before: int
    status_before: int


@dataclass(frozen=True)
class GreyFigure:
    """A figure that was filled in grey: the code of its line, the head of its column, the
    text of the cell and of the status beside it.
    """

    row: str
    head: str
    text: str
    status: str

    def stands(self, text: str, status: str) -> bool:
        """Whether a figure and its status are still those that were filled in."""
        return plain(text) == plain(self.text) and _code(status) == _code(self.status)


def beside_columns(form: SheetForm) -> list[Beside]:
    """The columns beside a form, in the order of its columns of figures: those of checks
    first, so that they stand where they stand in a form without grey figures.
    """
    values = [c for c in form.columns if c.kind == "value"]
    first = form.columns[-1].index + 2
    grey = first + len(values)
    return [
        Beside(column, first + n, grey + 2 * n, grey + 2 * n + 1) for n, column in enumerate(values)
    ]


def digest_of(figures: Iterable[GreyFigure]) -> str:
    """What the cover says of the grey figures of a sheet: their number and a digest,
    whatever the order of the lines; empty where there are none.
    """
    lines = sorted(f"{f.row}\0{f.head}\0{plain(f.text)}\0{_code(f.status)}" for f in figures)
    if not lines:
        return ""
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)} grey figures, {digest[:_DIGITS]}"


def plain(text: str) -> str:
    """A figure as it is compared: numbers to three decimals, whichever way a program
    wrote them; other texts without spaces around them.
    """
    stripped = text.strip()
    try:
        number = Decimal(stripped)
        return str(number.quantize(_STEP).normalize() + 0) if number.is_finite() else stripped
    except InvalidOperation:
        return stripped.casefold()


def _code(status: str) -> str:
    return status.strip().upper()
