"""Until when did states give figures? The last year of a table, also where nothing is
shown of it.
"""

from __future__ import annotations

from pipeline.cells import REGION, Cell
from pipeline.errors import UserError
from pipeline.report.store import Store

_NEVER = 9999
GIVEN_WITHOUT_NUMBER = ("Q", "N")  # suppressed by the sender; less than half of the unit


class LastYears(str):
    """The variable `{last:TABLE}`, or `{last:TABLE.code}`: the last year in which a
    state gave a figure of a table.

    The codes stand after state and year as in a key; fewer of them, or `*`, stand for
    all. Where nobody gave one the variable says the reference year, and `year` says
    None: a text then has nothing to show.
    """

    __slots__ = ("store",)
    store: Store

    def __new__(cls, store: Store) -> LastYears:
        made = super().__new__(cls, store.round)
        made.store = store
        return made

    def __format__(self, asked: str) -> str:
        return str(self.year(asked) or self.store.round)

    def year(self, asked: str) -> int | None:
        table, *codes = asked.split(".")
        return last_year(self.store, table, codes=codes)


def last_year(store: Store, table: str, *, codes: list[str], until: int = 0) -> int | None:
    """The last year of the window, or until a year of it, in which a state gave a
    figure, be it one withheld here.
    """
    if len(codes) > len(store.table(table).dimensions):
        raise UserError(
            f"'{table}.{'.'.join(codes)}' has too many codes",
            allowed=".".join(store.table(table).key_dimensions),
            do="give the codes after state and year",
        )
    respondents = respondents_of(store, table)
    # An edition of scores may be later than the round: it is no year of data.
    latest = _NEVER if store.contracts.is_scored(table) else store.round
    years = [
        c.key.year
        for c in store.cells_of(table)
        if c.key.state in respondents
        and (c.withheld or is_given(c))
        and c.key.year <= (until or latest)
        and all(code in ("*", own) for code, own in zip(codes, c.key.codes[2:], strict=False))
    ]
    return max(years, default=None)


# --- who gave a figure


def is_given(cell: Cell) -> bool:
    return cell.has_value or (not cell.withheld and cell.obs_status in GIVEN_WITHOUT_NUMBER)


def respondents_of(store: Store, table: str) -> list[str]:
    """Who answers a table: the member states, or the Center itself."""
    if store.table(table).respondent == "center":
        return [REGION]
    return [m.code for m in store.contracts.members(store.round)]
