"""Which figure does a published cell give? Read as strictly as the figures of a return:
nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipeline.returns.importers.grids import Value
from pipeline.returns.intake.parse import Problem, Symbol, parse_figure

NO_NUMBER = "no_number"
SUPPRESSED = "suppressed_by_the_publisher"
NOT_APPLICABLE = "not_applicable"
# Why there is no figure, where the publisher says so: the sign of it in a return, and
# its observation status.
SIGNS = {SUPPRESSED: ("c", "Q"), NOT_APPLICABLE: ("z", "M")}
EXACT = 9  # decimals kept of a weight until weights are added up
_SUPPRESSED = re.compile(r"<\s*(\d+)")
# as programs write very small and very large numbers
_PLAIN = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+")
_DECIMAL_COMMA = re.compile(r"\d+,(?:\d{1,2}|\d{4,})|0,\d+|\d{1,3}(?:\.\d{3})+,\d+")
_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_UNWRITTEN = re.compile(r"[\s'\u2019\u02bc\ufeff\u200b]")


@dataclass(frozen=True)
class Number:
    """What a cell gives: digits, `<5` or `0n`; or no text and the rule that says why.
    `raw` is what stands there.

    `written` names what was unusual about a number that could be read, by the rules for
    returns.
    """

    text: str
    raw: str
    rule: str = ""
    written: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """True when there is no figure, and nothing is said of why; not when there is
        one that cannot be read.
        """
        return self.rule == NO_NUMBER


def has_decimal_comma(value: Value) -> bool:
    """True for a number whose comma can only be that of a fraction: 12,5 or 1.234,5."""
    return value.kind == "text" and _DECIMAL_COMMA.fullmatch(value.text.strip()) is not None


def read_number(
    value: Value, decimals: int, *, symbols: Mapping[str, Symbol], commas: bool = False
) -> Number:
    """The number of a cell; weights (`decimals` > 0) with nine decimals, so that they
    can be added before rounding.

    `commas`: fractions of the column have a comma, so that 1.234 may be a thousand
    there.
    """
    raw = value.text.strip()
    if commas and value.kind == "text" and _THREE_DECIMALS.fullmatch(raw):
        return Number("", raw, "ambiguous_number")
    if value.kind == "empty":
        return Number(
            "",
            "=" if value.formula else "",
            "formula_without_value" if value.formula else NO_NUMBER,
        )
    if value.kind == "text" and (found := _SUPPRESSED.fullmatch(raw)):
        return Number(f"<{found[1]}", raw)
    kind = "number" if value.kind == "text" and _PLAIN.fullmatch(raw) else value.kind
    parsed = parse_figure(
        raw if kind == "number" else value.text, kind, decimals=decimals, symbols=symbols
    )
    written = tuple(
        p.rule for p in parsed.problems if p.rule not in ("number-as-text", "blank-text", "rounded")
    )
    if refused := [p.rule for p in parsed.problems if p.refused]:
        return Number("", raw, refused[0].replace("-", "_"))
    if parsed.value is None:
        if parsed.obs_status == "N":
            return Number("0n", raw)
        # A dash is what many put for missing; only a letter or words say that there can
        # be no figure.
        is_said = parsed.obs_status == "M" and any(c.isalpha() for c in raw)
        rule = NOT_APPLICABLE if is_said else SUPPRESSED if parsed.obs_status == "Q" else NO_NUMBER
        return Number("", raw, rule, written)
    number = (
        _unrounded(raw, parsed.problems)
        if any(p.rule == "rounded" for p in parsed.problems)
        else parsed.value
    )
    if number < 0:
        return Number("", raw, "negative_number")
    if not decimals and number != number.to_integral_value():
        return Number("", raw, "not_a_whole_number")
    return Number(plain(number, EXACT if decimals else 0), raw, "", written)


def _unrounded(raw: str, problems: tuple[Problem, ...]) -> Decimal:
    """All digits of a number that could be read; returns keep three decimals, sums need
    the rest.
    """
    rules = {p.rule for p in problems}
    text = _UNWRITTEN.sub("", raw).replace("\u2212", "-").removeprefix("+")
    if "decimal-comma" in rules:
        return Decimal(text.replace(".", "").replace(",", "."))
    return Decimal(text.replace(",", ""))


def plain(number: Decimal, decimals: int) -> str:
    """The number rounded half up, in digits; `0n` for what is more than nothing and
    would round to it.
    """
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if number and not rounded:
        return "0n"
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
