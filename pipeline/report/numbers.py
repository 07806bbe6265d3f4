"""How is a number printed? One place for digits, signs, symbols and words."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pipeline.cells import OBS_SYMBOL, REGIONS, WITHHELD_SYMBOL, Cell, plain, printed_decimals
from pipeline.report.formulas import NOT_COMPUTED, Formula

MINUS = "\N{MINUS SIGN}"

_MANIFOLD = 1000  # per cent
UNIT_SUFFIX = {"percent": "per cent", "per_100k": "per 100,000 inhabitants"}


_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
)


def count_word(count: int) -> str:
    """A small count as a word: eleven."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def number_text(value: Decimal, decimals: int = 0) -> str:
    """Thousands commas, a true minus sign, fixed decimals."""
    step = Decimal(1).scaleb(-decimals)
    rounded = value.quantize(step, ROUND_HALF_UP)
    return f"{rounded:,}".replace("-", MINUS)


def change_text(value: Decimal) -> str:
    """A difference between two figures, with its sign."""
    text = number_text(value)
    return f"+{text}" if value >= 0 else text


def is_not_added_up(cell: Cell) -> bool:
    """Whether states gave figures for a regional cell that do not make a sum beside its
    parts or its whole.
    """
    return cell.key.state in REGIONS and cell.value is None and cell.obs_status == "L"


def is_headline(cell: Cell) -> bool:
    """Whether a figure may open a report: one of a state, or a sum over two in five of
    the states or more.
    """
    return cell.coverage is None or cell.of is None or cell.coverage * 5 >= cell.of * 2


def cell_text(cell: Cell) -> str:
    """What stands in a table for a cell: its number, its word, or the symbol that says why there
    is none.
    """
    if cell.withheld:
        return WITHHELD_SYMBOL
    if is_not_added_up(cell):
        return NOT_COMPUTED
    if cell.value is None:
        return OBS_SYMBOL.get(cell.obs_status, ":")
    if cell.word:
        return cell.word
    return number_text(cell.value, printed_decimals(cell.value, cell.unit))


def percent_decimals(value: Decimal) -> int:
    """With how many decimals a report prints a per cent: a tenth says nothing of what is more
    than ten times as much.
    """
    return 1 if abs(value) < _MANIFOLD else 0


def formula_text(formula: Formula) -> str:
    """What stands in a table for a formula: its number with sign where it is a change,
    or why there is none.
    """
    if formula.value is None:
        return formula.symbol
    decimals = {"per_100k": 2, "percent": percent_decimals(formula.value)}.get(formula.unit, 0)
    text = number_text(formula.value, decimals)
    return f"+{text}" if formula.text.startswith("change") and formula.value > 0 else text


def csv_value(cell: Cell) -> str:
    """A value for machines: no commas, no trailing zeros; empty when there is none to
    show.
    """
    if not cell.has_value or cell.value is None:
        return ""
    return plain(cell.value)
