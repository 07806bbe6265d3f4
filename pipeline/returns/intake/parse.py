"""Which number or status does the text of a figure say? Nothing is guessed: what can be
read two ways is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from pipeline.contracts.codelists import fold
from pipeline.contracts.lists import read_list
from pipeline.contracts.scales import Scale
from pipeline.findings import Severity
from pipeline.returns.formats.raw import CellKind
from pipeline.returns.intake.shown import is_invisible, without_invisible

MISSING = "O"
NIL = "N"
NO_VALUE = {"K", "L", "M", "O", "Q"}  # statuses that say why there is no figure
VALUELESS = NO_VALUE - {"K"}  # with these a figure is a contradiction

_THOUSANDTH = Decimal("0.001")
_LIMIT = Decimal(10) ** 15
_SPACES = " \u00a0\u2007\u2008\u2009\u202f'\u2019\u02bc"
_SPACED = re.compile(rf"-?[1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})+(?:[.,][0-9]+)?")
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_COMMA_GROUPS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_POINT_GROUPS = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_COMMA_GROUPS_DECIMAL = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+")
_POINT_GROUPS_DECIMAL = re.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_COMMA_DECIMAL = re.compile(r"-?[0-9]+,[0-9]+")
_TYPED = {
    "date": "date-in-number",
    "boolean": "boolean-in-number",
    "error": "error-value",
    "damaged": "damaged-cell",
}
# How programs keep a spreadsheet from changing a number, and how people begin one:
# ="18" and =18.
_AS_FORMULA = re.compile(r'=\s*(?:"([^"]*)"|([-+]?[0-9][0-9., \u00a0\u202f\']*))')


@dataclass(frozen=True)
class Problem:
    """A rule that the text of a figure broke. `refused` figures are not loaded."""

    rule: str
    severity: Severity | None = None
    refused: bool = False


@dataclass(frozen=True)
class Parsed:
    """What a text says: a value, or a status that says why there is none; empty
    `obs_status` means a value alone.
    """

    value: Decimal | None
    obs_status: str
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        return any(p.refused for p in self.problems)


SYMBOL_COLUMNS = ("text", "obs_status", "language", "note")


@dataclass(frozen=True)
class Symbol:
    """What a text in place of a figure stands for. `language` is empty for symbols that
    the form explains.
    """

    obs_status: str
    language: str


@lru_cache(maxsize=8)
def load_symbols(codelists: Path) -> Mapping[str, Symbol]:
    """Text (folded) to its meaning, from `cell_symbols.csv`."""
    lines = read_list(codelists / "cell_symbols.csv", SYMBOL_COLUMNS, keys=("text", "obs_status"))
    return MappingProxyType(
        {fold(line["text"]): Symbol(line["obs_status"], line["language"]) for line in lines}
    )


def parse_figure(
    text: str, kind: CellKind, *, decimals: int, symbols: Mapping[str, Symbol], is_csv: bool = False
) -> Parsed:
    """Read the text of a figure. `kind` is the type of its cell, `decimals` those that
    its table allows.

    The value has at most three decimals. A fraction in a table of whole numbers is
    returned as it is: its rule is checked with the other rules of the contract.
    """
    if kind in _TYPED:
        return Parsed(None, "", (Problem(_TYPED[kind], refused=True),))
    if kind == "number":
        return _round(Decimal(text), decimals, problems=())
    seen = without_invisible(text)
    if not seen.strip() and any(not is_invisible(c) and not c.isspace() for c in text):
        return Parsed(None, "", (Problem("not-a-number", refused=True),))
    # In a workbook, what comes along with pasted text around a number is told with the
    # note that it is a text.
    unseen = seen != text if is_csv else seen.strip() != text.strip().strip("\ufeff\u200b").strip()
    disguises = [Problem("invisible-characters")] * unseen
    stripped = seen.strip().strip(_SPACES).strip()
    if formula := _AS_FORMULA.fullmatch(stripped):
        stripped = (formula[1] or formula[2] or "").strip().strip(_SPACES).strip()
        disguises.append(Problem("number-as-formula"))
    if not stripped:
        return Parsed(None, MISSING, (Problem("blank-text"),))
    parsed = _parse_plain(stripped, decimals, symbols=symbols, is_csv=is_csv)
    if parsed.refused:
        return parsed
    # What is odd about a figure as a whole says enough: it is a text then, too.
    said = [p for p in parsed.problems if not disguises or p.rule != "number-as-text"]
    return replace(parsed, problems=(*disguises, *said))


def parse_word(text: str, kind: CellKind, *, scale: Scale, symbols: Mapping[str, Symbol]) -> Parsed:
    """Read an answer on a scale. The value is the place of the word; what stands for a
    missing figure stands for a judgement that was not made.
    """
    if kind in _TYPED:
        return Parsed(None, "", (Problem(_TYPED[kind], refused=True),))
    word = without_invisible(text).strip().strip(_SPACES).strip()
    if not word:
        return Parsed(None, MISSING, (Problem("blank-text"),))
    if place := scale.place(word):
        return Parsed(Decimal(place), "")
    if symbol := symbols.get(fold(word)):
        return Parsed(None, symbol.obs_status)
    return Parsed(None, "", (Problem("not-a-word", refused=True),))


def _parse_plain(
    stripped: str, decimals: int, *, symbols: Mapping[str, Symbol], is_csv: bool
) -> Parsed:
    """What a text says that holds nothing but what a reader sees."""
    if symbol := symbols.get(fold(stripped)):
        # A word of another language is read as missing, never as zero, and said so:
        # some of them also mean "none".
        return Parsed(
            None, symbol.obs_status, (Problem("missing-word"),) if symbol.language else ()
        )
    read = _read_number(stripped.replace("\u2212", "-").removeprefix("+"), decimals)
    if read is None:
        return Parsed(None, "", (Problem("not-a-number", refused=True),))
    number, problem = read
    if number is None:
        return Parsed(None, "", (problem,) if problem else ())
    if problem is None and not is_csv:
        problem = Problem("number-as-text")
    return _round(number, decimals, problems=(problem,) if problem else ())


def _read_number(text: str, decimals: int) -> tuple[Decimal | None, Problem | None] | None:
    """The number and what is odd about how it is written; None when it is not a number
    at all.
    """
    if _SPACED.fullmatch(text):
        joined = text.translate({ord(c): None for c in _SPACES})
        whole = re.split("[.,]", joined)[0]
        if "," in joined:
            return _with_decimal_comma(joined, decimals)
        return Decimal(joined), (
            Problem("number-as-text") if joined == whole else Problem("thousands-comma")
        )
    if _COMMA_GROUPS.fullmatch(text):
        # "1,234" is one thousand in a table of whole numbers; in a table of kilograms
        # it may be one and a bit.
        if decimals and text.count(",") == 1:
            return None, Problem("ambiguous-number", refused=True)
        return Decimal(text.replace(",", "")), Problem("thousands-comma")
    if _POINT_GROUPS.fullmatch(text):
        if text.count(".") > 1:
            return Decimal(text.replace(".", "")), Problem("thousands-point")
        # "1.234" is a thousand to half of the states and a fraction to the others.
        return (
            (Decimal(text), None) if decimals else (None, Problem("ambiguous-number", refused=True))
        )
    if _PLAIN.fullmatch(text):
        return Decimal(text), None
    if _COMMA_GROUPS_DECIMAL.fullmatch(text):
        return Decimal(text.replace(",", "")), Problem("thousands-comma")
    if _POINT_GROUPS_DECIMAL.fullmatch(text):
        return _with_decimal_comma(text.replace(".", ""), decimals)
    if _COMMA_DECIMAL.fullmatch(text):
        return _with_decimal_comma(text, decimals)
    return None


def _with_decimal_comma(text: str, decimals: int) -> tuple[Decimal | None, Problem]:
    if not decimals:
        return None, Problem("decimal-comma", "error", refused=True)
    return Decimal(text.replace(",", ".")), Problem("decimal-comma")


def _round(number: Decimal, decimals: int, *, problems: tuple[Problem, ...]) -> Parsed:
    if abs(number) >= _LIMIT:
        return Parsed(None, "", (*problems, Problem("number-too-large", refused=True)))
    if not decimals:
        # A fraction must stay one, however small: it is refused by its own rule.
        value = number.quantize(_THOUSANDTH, ROUND_DOWN)
        if value == value.to_integral_value() and value != number:
            value = number.quantize(_THOUSANDTH, ROUND_UP)
        return Parsed(value, "", problems)
    rounded = number.quantize(_THOUSANDTH, ROUND_HALF_EVEN)
    return Parsed(rounded, "", problems if rounded == number else (*problems, Problem("rounded")))
