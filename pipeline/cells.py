"""What is a number here? A cell: one value in one cube, with one key, one unit and its
statuses.

A key is written `CUBE:dim.dim.dim`, in the order of the contract's dimensions, for
example `THB_VICTIMS:RO.2022.F.Y_LT18`. The first two dimensions of every cube are state
and year. `_T` is the total of a dimension and `_U` its unknown part (the SDMX
convention); the region is the state code `SELEC`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipeline.errors import UserError

TOTAL = "_T"
UNKNOWN = "_U"
REGION = "SELEC"
CONSTANT = "SELEC_FIX"  # the region of constant composition
BOTH_YEARS = "SELEC_BOTH"  # the states that reported in the reference year and in the year before
REGIONS = (REGION, CONSTANT, BOTH_YEARS)

POPULATION_CUBE = "POPULATION"
_CONTEXT = "CTX_"  # how cubes of context are called
PLACES = "places"  # on a scale: the unit of judgements
_JUDGED = "ASM_"  # how cubes of what experts judge are called

SCORE = "score"  # the unit of what others judge: half points, so always one decimal

SUPPRESSED_HIGHEST = 4  # what "<5", a count suppressed by its sender, may be at most

_KEY = re.compile(r"[A-Z][A-Z0-9_]*:[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)+")


def is_outside(cube: str) -> bool:
    """Whether a cube holds figures of others, which no return has: the reference
    population, or context.
    """
    return cube == POPULATION_CUBE or cube.startswith(_CONTEXT)


def is_judged(cube: str) -> bool:
    """Whether a cube holds judgements: places on a scale, which are never added up."""
    return cube.startswith(_JUDGED)


def is_counted(cube: str) -> bool:
    """Whether a cube holds what states count, which sums and disclosure control are about."""
    return not is_outside(cube) and not is_judged(cube)


def printed_decimals(value: Decimal, unit: str) -> int:
    """With how many decimals a report prints a value: small weights keep theirs, and so
    do coefficients of judgements; scores have one, the rest is whole.
    """
    if unit == SCORE:
        return 1
    if unit == "kg" and 0 < value < 10:
        return 1 if value >= 1 else 3
    return 2 if unit == PLACES and value != int(value) else 0


def plain(value: Decimal) -> str:
    """A value for machines: no commas, no exponent, no trailing zeros, no minus before
    a zero.
    """
    return format(value.normalize() + 0, "f")


@dataclass(frozen=True)
class Bounds:
    """What a figure may be: both ends are the same for a number, `<5` is 0 to 4."""

    lowest: Decimal
    highest: Decimal

    def distance(self, other: Bounds) -> Decimal:
        """How far two figures are apart at least; 0 where they may be the same."""
        return max(self.lowest - other.highest, other.lowest - self.highest, Decimal(0))


@dataclass(frozen=True, order=True)
class Key:
    """The address of one number. `codes` holds state, year and the cube's further
    dimensions, in contract order.
    """

    cube: str
    codes: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read `CUBE:dim.dim`. Raises UserError when the text is not a key."""
        text = text.strip()
        if not _KEY.fullmatch(text):
            raise UserError(
                f"'{text}' is not a cell key",
                allowed="CUBE:state.year.dim..., for example THB_VICTIMS:RO.2022.F.Y_LT18",
                do=(
                    "write the cube, a colon, and its codes in the order of the contract's"
                    " dimensions"
                ),
            )
        cube, codes = text.split(":")
        return cls(cube, tuple(codes.split(".")))

    def __str__(self) -> str:
        return f"{self.cube}:{'.'.join(self.codes)}"

    @property
    def state(self) -> str:
        return self.codes[0]

    @property
    def year(self) -> int:
        return int(self.codes[1])

    def at(self, *, state: str | None = None, year: int | None = None) -> Key:
        """The same cell for another state or year."""
        codes = (state or self.codes[0], str(year) if year else self.codes[1], *self.codes[2:])
        return Key(self.cube, codes)


# Observation status (SDMX CL_OBS_STATUS) as used here. Missing, not applicable,
# suppressed by the sender, nil and zero are five different things from the first cell
# to the PDF.
OBS_SYMBOL = {
    "O": ":",  # missing: not reported
    "L": ":",  # exists but was not collected
    "M": "–",  # cannot exist: not applicable
    "Q": "<5",  # suppressed by the sender
    "N": "0n",  # nil: more than nothing, less than half of the unit
}
OBS_LABEL = {
    "A": "normal value",
    "B": "break in the time series",
    "D": "definition differs",
    "E": "estimated value",
    "I": "imputed by the Center",
    "K": "included in another category",
    "L": "exists but was not collected",
    "M": "not applicable",
    "N": "nil: less than half of the unit",
    "O": "not reported",
    "P": "provisional value",
    "Q": "suppressed by the sender",
    "U": "low reliability",
    "V": "not validated",
    "W": "includes another category",
}
CONF_LABEL = {
    "A": "primary confidentiality, small counts",
    "C": "confidential statistical information",
    "D": "secondary confidentiality set by the sender",
    "E": "under embargo",
    "F": "free for publication",
    "N": "not for publication, internal use only",
    "S": "withheld by the Center",
}
WITHHELD_SYMBOL = "c"
Question = Literal["", "whole", "part", "settled"]


@dataclass(frozen=True)
class Cell:
    """One number and all that is known of it.

    `value` is None when there is no number to show; `obs_status` then says why.
    `coverage` counts the states whose figures are in the value and `of` the states that
    could have reported; both are None for a state's own cell. `states` names the states
    counted. `withheld` is true only in stores of a version that may not show the cell.
    `question` says whether the cell stands in a block in conflict: as the "whole" that
    a part exceeds, as one of its "part"s, which nothing is worked out from, or
    "settled" by the answer of the state. A regional cell that adds such wholes is a
    "whole" too. `counts` is false where regional sums and comparisons leave the cell
    out.
    """

    key: Key
    value: Decimal | None
    unit: str
    obs_status: str = "A"
    conf_status: str = "F"
    coverage: int | None = None
    of: int | None = None
    states: tuple[str, ...] = ()
    note: str = ""
    vintage: int | None = None
    withheld: bool = False
    question: Question = ""
    counts: bool = True
    # keys of the wholes in whose blocks it stands, as far as the version may tell them
    wholes: tuple[str, ...] = ()
    queried: bool = False  # its state was asked about it, and the version may say so
    word: str = ""  # of a judgement: what its place on a scale is called

    @property
    def compares(self) -> bool:
        """Whether shares, changes, rates and rankings may use the figure. A state's own
        one in question may not.
        """
        return self.counts and (self.coverage is not None or self.question in ("", "settled"))

    @property
    def has_value(self) -> bool:
        return self.value is not None and not self.withheld

    def doubts(self, round_: int) -> str:
        """Marks of doubt in a round, parted by blanks: i in question, q queried, v of
        an earlier round.
        """
        if not self.has_value:
            return ""
        carried = self.vintage is not None and self.vintage < round_ and self.coverage is None
        return doubt_marks(bool(self.wholes), self.queried, carried=carried)


def doubt_marks(in_question: bool, queried: bool, *, carried: bool) -> str:
    """What stands beside a figure in data files; the same marks as in the reports."""
    found = ["i"] if in_question else ["q"] if queried else []
    return " ".join(found + ["v"] * carried)
