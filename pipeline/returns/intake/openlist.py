"""Which lines of an open list can be used? One line for unknown, none for continents,
each with one country.
"""

from __future__ import annotations

from pipeline.cells import UNKNOWN
from pipeline.contracts.model import Table
from pipeline.returns.formats.raw import RawCell
from pipeline.returns.intake.codes import Spelling, read_citizenship
from pipeline.returns.intake.entry import ReturnContext


class OpenList:
    """Gives each line of an open list its code. `claimed` is true when the form's own
    line for unknown is filled.
    """

    def __init__(self, ctx: ReturnContext, table: Table, *, dimension: str, claimed: bool) -> None:
        self._ctx, self._table, self._dimension = ctx, table, dimension
        self._unknown: str | None = UNKNOWN if claimed else None

    def code(self, code: str, name: str, *, place: RawCell) -> str:
        """The code of a line, or "" when the line is refused; writes down what is to be
        asked about it.
        """
        spelling = read_citizenship(
            code,
            name,
            table=self._table,
            dimension=self._dimension,
            codelists=self._ctx.contracts.codelists,
        )
        found = " / ".join(t for t in (code.strip(), name.strip()) if t) or "neither code nor name"
        if spelling.code == UNKNOWN:
            return self._claim(spelling, place, found=found)
        if spelling.rule:
            self._ctx.find(spelling.rule, place, table=self._table, found=found)
        if spelling.look_alike:
            self._ctx.find("look-alike", place, table=self._table)
        return spelling.code

    def _claim(self, spelling: Spelling, place: RawCell, *, found: str) -> str:
        # Several lines read as unknown would be one key with two figures: the second is
        # asked, never added up here.
        if self._unknown not in (None, found):
            self._ctx.find("unknown-twice", place, table=self._table, found=found)
            return ""
        if spelling.rule and self._unknown is None:
            self._ctx.find(spelling.rule, place, table=self._table, found=found)
        self._unknown = found
        return UNKNOWN
