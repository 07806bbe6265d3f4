"""Do the data bear out what a text claims? Words such as rose, highest or most are
bound like numbers.

`[[claim rose KEY since YEAR: rose sharply]]` prints the words after the colon where the
claim holds over the version's store, and stops the build where it does not. Where its
figures are missing or withheld there is nothing to claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from pipeline.cells import Cell, Key
from pipeline.errors import NarrativeError, UserError
from pipeline.report.formulas import change, driver, share
from pipeline.report.narrative import coverage_claims, drivers
from pipeline.report.narrative.bindings import NothingToShow, candidates, doubtful_ones, shown
from pipeline.report.narrative.forms import fitting_form, given_arguments
from pipeline.report.numbers import cell_text, formula_text
from pipeline.report.printing import Printing

Held = tuple[bool, str]  # whether it holds, and the figures that say so

# claims of a change from one year to another
_COURSES = (
    "rose",
    "fell",
    "doubled",
    "tripled",
    "halved",
)
_STEADY = 5  # per cent: a smaller change is steady
_CLEAR = 20  # per cent: a change that may be called clear or sharp
_FEWEST_STATES = 3  # of which most must have moved

# What a claim's words may say only where the claim tests it: words, and the claims that
# do.
_RISES = ("rose", "doubled", "tripled", "peak", "rose-in-most")
_FALLS = (
    "fell",
    "halved",
    "trough",
    "fell-in-most",
)
_PARTS = ("driver", "much")
_SAYS = [
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), claims)
    for words, claims in (
        (
            r"rose|risen|rising|increas\w*|grew|grown|growing|went up|moved up|more and more",
            (*_RISES, *_PARTS, "apart"),
        ),
        (
            r"fell|fallen|falling|decreas\w*|declin\w*|dropp\w*|went down|moved down",
            (*_FALLS, *_PARTS, "apart"),
        ),
        (r"doubl\w*", ("doubled", "tripled")),
        (r"tripl\w*", ("tripled",)),
        (r"halv\w*|half as many", ("halved",)),
        (
            r"majority|(?:more|less) than half|most|mostly",
            (
                "majority",
                "minority",
                "driver",
                "rose-in-most",
                "fell-in-most",
                "highest",
                "most-report",
                "every",
                "fewer",
                "more",
                "peak",
            ),
        ),
        (r"much|large part", ("much", "driver", "majority")),
        (r"only|alone", ("driver", "few-report", "last-year", "highest", "source-is", "majority")),
        (r"no state|no member state|nobody|no figures?|empty|nothing", ("none", "empty")),
        (r"every state|every member|all (?:\w+ )?states", ("every", "same-states")),
        (r"few", ("few-report",)),
        (r"highest|largest|greatest", ("highest", "peak", "driver")),
        (r"lowest|smallest|fewest", ("lowest", "trough")),
        (r"last year|latest|last figures?", ("last-year",)),
        (r"same states", ("same-states",)),
        (
            r"other states|different states|states .*(?:differ|not the same)",
            ("other-states", "differ"),
        ),
    )
]
_SHARPLY = re.compile(r"\b(?:sharp\w*|clear\w*|strong\w*|marked\w*|steep\w*|far)\b", re.IGNORECASE)


def _says_too_much(name: str, words: str) -> str:
    """A word of a claim that the claim does not test."""
    for pattern, claims in _SAYS:
        if (match := pattern.search(words)) and name not in claims:
            return match[0]
    return ""


def check_claim(store: Printing, text: str, *, where: str) -> str:
    """The words of a claim that holds. Raises NarrativeError where it does not,
    NothingToShow without figures.
    """
    head, colon, words = text.partition(": ")
    name, *arguments = head.split(" ")
    forms, check = CLAIMS.get(name, ((), None))
    form = fitting_form(arguments, forms)
    if check is None or form is None or not colon or not words.strip() or re.search(r"\d", words):
        known = {n: f for n, (f, _) in CLAIMS.items() if check is None or n == name}
        raise NarrativeError(
            f"'[[claim {text}]]' does not have the form of a claim",
            where=where,
            allowed="; ".join(f"[[claim {n} {f}: words]]" for n, fs in known.items() for f in fs),
            do="correct the claim; see docs/how-to/write-narrative.md",
        )
    if word := _says_too_much(name, words):
        raise NarrativeError(
            f"'{word}' in '{words}' is more than the claim '{name}' tests",
            where=where,
            allowed=f"this word in claims of {', '.join(_claims_that_say(word))}",
            do=(
                "say what the claim tests, or claim what the words say; see"
                " docs/how-to/write-narrative.md"
            ),
        )
    try:
        holds, figures = check(store, *given_arguments(arguments, form))
        if holds and _SHARPLY.search(words):
            holds, more = _clear(store, *given_arguments(arguments, form))
            figures = f"{figures}; {more}"
    except NarrativeError:
        raise
    except UserError as problem:
        raise NarrativeError(
            f"'[[claim {text}]]' claims nothing: {problem.what}",
            where=where,
            allowed=problem.allowed,
            do="bind to an existing key",
        ) from problem
    if not holds:
        raise NarrativeError(
            f"the data do not bear out '{words}' ([[claim {text}]])",
            where=where,
            allowed=figures,
            do="rewrite the sentence: the text said more than the figures say now",
        )
    return words


def unnamed_drivers(
    store: Printing, bindings: Iterable[str], *, where: str
) -> Iterator[NarrativeError]:
    """What is wrong where a sentence claims a course of the region that one state makes
    and leaves it unnamed.
    """
    words = [b.split() for b in bindings]
    named = {tuple(w[1:4]) for w in words if w[0] in ("moved", "driver")}
    for w in words:
        if w[0] != "claim" or len(w) < 5 or w[1] not in _COURSES:
            continue
        key = w[2]
        year = w[4].rstrip(":")
        by_one = driver(store, Key.parse(key), since=int(year)) if year.isdigit() else None
        if by_one is not None and (key, "since", year) not in named:
            state = store.label("", "state", code=by_one.inputs[0].state)
            yield NarrativeError(
                f"one state makes more than half of the change of {key} since {year}, and is not"
                " named",
                where=where,
                allowed=(
                    f"[[moved {key} since {year}]] or [[driver {key} since {year}]] beside the"
                    " claim"
                ),
                do=f"name it in the same sentence: {state}, {by_one.text}",
            )


def _claims_that_say(word: str) -> tuple[str, ...]:
    return next(
        claims for pattern, claims in _SAYS if pattern.fullmatch(word) or pattern.search(word)
    )


def _clear(store: Printing, *arguments: str) -> Held:
    """Whether a change is large enough to be called clear or sharp; a claim without a
    year to compare with never is.
    """
    if len(arguments) != 2 or not arguments[1].isdigit() or "*" in arguments[0]:
        return False, "only a change of one figure since a year can be called clear or sharp"
    formula = change(store, Key.parse(arguments[0]), since=int(arguments[1]))
    size = abs(formula.value or Decimal(0))
    return size >= _CLEAR, f"clear or sharp is from {_CLEAR} per cent on, and it is {size}"


# --- courses

_SINCE = ("KEY since YEAR",)


def _course(store: Printing, key: str, *, year: str) -> tuple[Cell, Cell, str]:
    """A cell and the same one of an earlier year, where the two can be compared."""
    formula = change(store, Key.parse(key), since=int(year))
    if formula.value is None:
        raise NothingToShow
    now, then = (shown(store, str(k)) for k in formula.inputs)
    said = (
        f"{cell_text(then)} in {year}, {cell_text(now)} in {now.key.year}, {formula_text(formula)}"
        " per cent"
    )
    return now, then, said


def _ratio(percent: int, up: bool) -> Callable[[Printing, str, str], Held]:
    """Whether a figure rose by so many per cent, or fell; with nought, whether it moved
    that way at all.
    """

    def check(store: Printing, key: str, year: str) -> Held:
        moved = change(store, Key.parse(key), since=int(year)).value
        now, then, figures = _course(store, key, year=year)
        assert moved is not None
        if not percent and not moved:  # too little to be seen in the per cent that are printed
            moved = (now.value or Decimal(0)) - (then.value or Decimal(0))
        size = moved if up else -moved
        return (size >= percent if percent else size > 0), figures

    return check


def _steady(store: Printing, key: str, year: str) -> Held:
    formula = change(store, Key.parse(key), since=int(year))
    _, _, figures = _course(store, key, year=year)
    return formula.value is not None and abs(formula.value) < _STEADY, figures


def _extreme(up: bool) -> Callable[[Printing, str, str], Held]:
    """Whether a figure is the highest, or the lowest, of all years since one, over the
    same states.
    """

    def check(store: Printing, key: str, year: str) -> Held:
        now = Key.parse(key)
        cells = [shown(store, str(now.at(year=y))) for y in range(int(year), now.year + 1)]
        if len({c.states for c in cells}) != 1 or not all(c.compares for c in cells):
            raise NothingToShow
        values = [c.value for c in cells if c.value is not None]
        rest = values[:-1]
        last = values[-1]
        said = ", ".join(f"{cell_text(c)} in {c.key.year}" for c in cells)
        return bool(rest) and (last > max(rest) if up else last < min(rest)), said

    return check


def _in_most(up: bool) -> Callable[[Printing, str, str], Held]:
    """Whether more than half of the states with both figures moved in one direction."""

    def check(store: Printing, pattern: str, year: str) -> Held:
        pairs = []
        for label, now in candidates(store, pattern):
            then = store.cell(now.key.at(year=int(year)))
            if then.withheld:
                raise NothingToShow
            if now.value is not None and then.value is not None and then.compares:
                store.print_cell(now.key)
                store.print_cell(then.key)
                pairs.append(
                    (label, then, now, (now.value > then.value) if up else (now.value < then.value))
                )
        if len(pairs) < _FEWEST_STATES:
            raise NothingToShow
        said = ", ".join(
            f"{label} {cell_text(then)} to {cell_text(now)}" for label, then, now, _ in pairs
        )
        return sum(moved for *_, moved in pairs) * 2 > len(pairs), said

    return check


# --- comparisons


def _part(above: bool) -> Callable[[Printing, str, str], Held]:
    """Whether a part is more than half of its whole, over the same states."""

    def check(store: Printing, part: str, whole: str) -> Held:
        formula = share(store, Key.parse(part), whole=Key.parse(whole))
        if formula.value is None:
            raise NothingToShow
        return (
            formula.value > 50 if above else formula.value < 50
        ), f"{formula.text} is {formula_text(formula)}"

    return check


def _than(more: bool) -> Callable[[Printing, str, str], Held]:
    """Whether one figure is larger than another, where both count the same states."""

    def check(store: Printing, one: str, other: str) -> Held:
        first = shown(store, one)
        second = shown(store, other)
        if first.states != second.states or not (first.compares and second.compares):
            raise NothingToShow
        assert first.value is not None
        assert second.value is not None
        holds = first.value > second.value if more else first.value < second.value
        return holds, f"{one} is {cell_text(first)}, {other} is {cell_text(second)}"

    return check


def _ranks(first: bool) -> Callable[[Printing, str, str], Held]:
    """Whether a figure is the one largest, or the one smallest, of those that a pattern
    stands for.
    """

    def check(store: Printing, key: str, pattern: str) -> Held:
        shown(store, key)
        found = candidates(store, pattern)
        if len(found) < 2:
            raise NothingToShow
        ordered = found if first else found[::-1]
        top = ordered[0][1].value or 0
        if any(
            ((c.value or 0) >= top) if first else ((c.value or 0) <= top)
            for _, c in doubtful_ones(store, pattern)
        ):
            raise NothingToShow  # a figure in question might take its place
        for _, cell in found:
            store.print_cell(cell.key)
        best = ordered[0][1]
        second = ordered[1][1]
        said = ", ".join(f"{label} {cell_text(cell)}" for label, cell in ordered[:3])
        return str(best.key) == key and best.value != second.value, said

    return check


CLAIMS: dict[str, tuple[tuple[str, ...], Callable[..., Held]]] = {
    "rose": (_SINCE, _ratio(0, up=True)),
    "fell": (_SINCE, _ratio(0, up=False)),
    "doubled": (_SINCE, _ratio(100, up=True)),
    "tripled": (_SINCE, _ratio(200, up=True)),
    "halved": (_SINCE, _ratio(50, up=False)),
    "steady": (_SINCE, _steady),
    "peak": (_SINCE, _extreme(up=True)),
    "trough": (_SINCE, _extreme(up=False)),
    "majority": (("KEY of KEY",), _part(above=True)),
    "minority": (("KEY of KEY",), _part(above=False)),
    "more": (("KEY than KEY",), _than(more=True)),
    "fewer": (("KEY than KEY",), _than(more=False)),
    "highest": (("KEY of PATTERN",), _ranks(first=True)),
    "lowest": (("KEY of PATTERN",), _ranks(first=False)),
    "rose-in-most": (("PATTERN since YEAR",), _in_most(up=True)),
    "fell-in-most": (("PATTERN since YEAR",), _in_most(up=False)),
    **coverage_claims.CLAIMS,
    **drivers.CLAIMS,
}
