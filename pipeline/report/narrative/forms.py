"""How is a binding written? Its words, where those in capitals stand for what the
author gives: KEY, YEAR, COUNT.
"""

from __future__ import annotations

from collections.abc import Iterable

_COUNTED = ("YEAR", "COUNT")


def fitting_form(arguments: list[str], forms: Iterable[str]) -> str | None:
    """The form that the words of a binding have; None where they have none of them."""
    return next((form for form in forms if _fits(arguments, form.split())), None)


def given_arguments(arguments: list[str], form: str) -> list[str]:
    """Those words that the author gave: `KEY since YEAR` of `X:RO.2022 since 2021`
    gives the key and the year.
    """
    return [a for a, f in zip(arguments, form.split(), strict=True) if f.isupper()]


def _fits(arguments: list[str], form: list[str]) -> bool:
    return len(arguments) == len(form) and all(
        a.isdigit() if f in _COUNTED else (f.isupper() and not a.isdigit()) or a == f
        for a, f in zip(arguments, form, strict=True)
    )
