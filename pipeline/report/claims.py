"""Do the data bear out what a text claims? Words such as rose, highest or most are bound like numbers.

`[[claim rose KEY since YEAR: rose sharply]]` prints the words after the colon where the claim holds over the version's
store, and stops the build where it does not. Where its figures are missing or withheld there is nothing to claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pipeline.cells import Cell, Key
from pipeline.errors import NarrativeError, UserError
from pipeline.report.bindings import NothingToShow, candidates, shown
from pipeline.report.formulas import change, driver, share
from pipeline.report.numbers import cell_text, formula_text
from pipeline.report.store import Store

CLAIM, GENERAL = "claim", "general"
Held = tuple[bool, str]  # whether it holds, and the figures that say so

_COURSES = ("rose", "fell", "doubled", "tripled", "halved")  # claims of a change from one year to another
_STEADY = 5  # per cent: a smaller change is steady
_FEWEST_STATES = 3  # of which most must have moved

# Words that claim something of the data. Superlatives are borne out by a binding that ranks in the same sentence.
_UP_DOWN = (
    r"rose|risen|rises?|rising|fell|fallen|falls?|falling|increas\w*|decreas\w*|grew|grown|grows?|growing|"
    r"declin\w*|dropp?(?:s|ed|ing)?|doubl\w*|tripl\w*|halv\w*|surg\w*|plung\w*|soar\w*|peak\w*"
)
_COMPARED = r"majority|minority|higher|larger|smaller|greater|(?:more|less|fewer) than|first time"
_MOST, _LEAST = r"highest|most|mostly|largest|greatest", r"lowest|fewest|least|smallest"
_WORDS = re.compile(rf"\b(?:{_UP_DOWN}|{_COMPARED}|{_MOST}|{_LEAST})\b", re.IGNORECASE)
_RANKED_BY = {
    "ranked": re.compile(rf"(?:{_MOST})", re.IGNORECASE), "lowest": re.compile(rf"(?:{_LEAST})", re.IGNORECASE),
    "rises": re.compile(r"largest|most|rises?|increases?", re.IGNORECASE),
    "falls": re.compile(r"largest|most|falls?|decreases?", re.IGNORECASE),
}  # fmt: skip
_BINDING = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def refuse_unbound_claims(sentence: str, where: str) -> None:
    """Raise NarrativeError where a word outside of a binding claims something that nobody checks."""
    commands = {b.split()[0] for b in _BINDING.findall(sentence)}
    allowed = [words for command, words in _RANKED_BY.items() if command in commands]
    for word in _WORDS.findall(_BINDING.sub(" ", sentence)):
        if not any(words.fullmatch(word) for words in allowed):
            raise NarrativeError(
                f"'{word}' claims something that is bound to no cell: '{' '.join(sentence.split())[:110]}'",
                where=where,
                allowed="[[moved KEY since YEAR]], [[claim rose KEY since YEAR: words]] and its kin, superlatives in a "
                "sentence with [[ranked ...]], or [[general words]] where it holds whatever the figures are",
                do="bind the claim, or say it in another way; see docs/write-narrative.md",
            )  # fmt: skip


def check_claim(store: Store, text: str, where: str) -> str:
    """The words of a claim that holds. Raises NarrativeError where it does not, NothingToShow without figures."""
    head, colon, words = text.partition(": ")
    name, *arguments = head.split(" ")
    form = FORMS.get(name, "").split()
    fits = len(arguments) == len(form) and all(
        (a.isdigit() if f == "YEAR" else f.isupper() or a == f) for a, f in zip(arguments, form, strict=True)
    )
    if name not in FORMS or not colon or not words.strip() or not fits or re.search(r"\d", words):
        raise NarrativeError(
            f"'[[claim {text}]]' does not have the form of a claim", where=where,
            allowed="; ".join(f"[[claim {n} {f}: words]]" for n, f in FORMS.items() if name not in FORMS or n == name),
            do="correct the claim; see docs/write-narrative.md",
        )  # fmt: skip
    try:
        holds, figures = _CLAIMS[name](store, *(a for a, f in zip(arguments, form, strict=True) if f.isupper()))
    except NarrativeError:
        raise
    except UserError as problem:
        raise NarrativeError(
            f"'[[claim {text}]]' claims nothing: {problem.what}", where=where, allowed=problem.allowed,
            do="bind to an existing key",
        ) from problem  # fmt: skip
    if not holds:
        raise NarrativeError(
            f"the data do not bear out '{words}' ([[claim {text}]])", where=where, allowed=figures,
            do="rewrite the sentence: the text said more than the figures say now",
        )  # fmt: skip
    return words


def require_drivers(store: Store, bindings: Iterable[str], where: str) -> None:
    """Raise NarrativeError where a sentence claims a course of the region that one state makes unnamed."""
    words = [b.split() for b in bindings]
    named = {tuple(w[1:4]) for w in words if w[0] in ("moved", "driver")}
    for w in words:
        if w[0] != CLAIM or len(w) < 5 or w[1] not in _COURSES:
            continue
        key, year = w[2], w[4].rstrip(":")
        by_one = driver(store, Key.parse(key), int(year)) if year.isdigit() else None
        if by_one is not None and (key, "since", year) not in named:
            state = store.label("", "state", by_one.inputs[0].state)
            raise NarrativeError(
                f"one state makes more than half of the change of {key} since {year}, and is not named",
                where=where, allowed=f"[[moved {key} since {year}]] or [[driver {key} since {year}]] beside the claim",
                do=f"name it in the same sentence: {state}, {by_one.text}",
            )  # fmt: skip


# --- courses


def _course(store: Store, key: str, year: str) -> tuple[Cell, Cell, str]:
    """A cell and the same one of an earlier year, where the two can be compared."""
    formula = change(store, Key.parse(key), int(year))
    if formula.value is None:
        raise NothingToShow
    now, then = (shown(store, str(k)) for k in formula.inputs)
    said = f"{cell_text(then)} in {year}, {cell_text(now)} in {now.key.year}, {formula_text(formula)} per cent"
    return now, then, said


def _ratio(over: float, up: bool) -> Callable[[Store, str, str], Held]:
    """Whether a figure is more than so many times an earlier one, or less."""

    def check(store: Store, key: str, year: str) -> Held:
        now, then, figures = _course(store, key, year)
        assert now.value is not None
        assert then.value is not None
        low, high = (then.value, now.value) if up else (now.value, then.value)
        return (high > low if over == 1 else high >= int(over) * low), figures

    return check


def _steady(store: Store, key: str, year: str) -> Held:
    formula = change(store, Key.parse(key), int(year))
    _, _, figures = _course(store, key, year)
    return formula.value is not None and abs(formula.value) < _STEADY, figures


def _extreme(up: bool) -> Callable[[Store, str, str], Held]:
    """Whether a figure is the highest, or the lowest, of all years since one, over the same states."""

    def check(store: Store, key: str, year: str) -> Held:
        now = Key.parse(key)
        cells = [shown(store, str(now.at(year=y))) for y in range(int(year), now.year + 1)]
        if len({c.states for c in cells}) != 1 or not all(c.compares for c in cells):
            raise NothingToShow
        values = [c.value for c in cells if c.value is not None]
        rest, last = values[:-1], values[-1]
        said = ", ".join(f"{cell_text(c)} in {c.key.year}" for c in cells)
        return bool(rest) and (last > max(rest) if up else last < min(rest)), said

    return check


def _in_most(up: bool) -> Callable[[Store, str, str], Held]:
    """Whether more than half of the states with both figures moved in one direction."""

    def check(store: Store, pattern: str, year: str) -> Held:
        pairs = []
        for label, now in candidates(store, pattern):
            then = store.cell(now.key.at(year=int(year)))
            if then.withheld:
                raise NothingToShow
            if now.value is not None and then.value is not None and then.compares:
                store.print_cell(now.key)
                store.print_cell(then.key)
                pairs.append((label, then, now, (now.value > then.value) if up else (now.value < then.value)))
        if len(pairs) < _FEWEST_STATES:
            raise NothingToShow
        said = ", ".join(f"{label} {cell_text(then)} to {cell_text(now)}" for label, then, now, _ in pairs)
        return sum(moved for *_, moved in pairs) * 2 > len(pairs), said

    return check


# --- comparisons


def _part(above: bool) -> Callable[[Store, str, str], Held]:
    """Whether a part is more than half of its whole, over the same states."""

    def check(store: Store, part: str, whole: str) -> Held:
        formula = share(store, Key.parse(part), Key.parse(whole))
        if formula.value is None:
            raise NothingToShow
        return (formula.value > 50 if above else formula.value < 50), f"{formula.text} is {formula_text(formula)}"

    return check


def _than(more: bool) -> Callable[[Store, str, str], Held]:
    """Whether one figure is larger than another, where both count the same states."""

    def check(store: Store, one: str, other: str) -> Held:
        first, second = shown(store, one), shown(store, other)
        if first.states != second.states or not (first.compares and second.compares):
            raise NothingToShow
        assert first.value is not None
        assert second.value is not None
        holds = first.value > second.value if more else first.value < second.value
        return holds, f"{one} is {cell_text(first)}, {other} is {cell_text(second)}"

    return check


def _ranks(first: bool) -> Callable[[Store, str, str], Held]:
    """Whether a figure is the one largest, or the one smallest, of those that a pattern stands for."""

    def check(store: Store, key: str, pattern: str) -> Held:
        shown(store, key)
        found = candidates(store, pattern)
        if len(found) < 2:
            raise NothingToShow
        ordered = found if first else found[::-1]
        for _, cell in found:
            store.print_cell(cell.key)
        best, second = ordered[0][1], ordered[1][1]
        said = ", ".join(f"{label} {cell_text(cell)}" for label, cell in ordered[:3])
        return str(best.key) == key and best.value != second.value, said

    return check


def _every(given: bool) -> Callable[[Store, str], Held]:
    """Whether every member state has a figure, or none has one."""

    def check(store: Store, pattern: str) -> Held:
        found = {cell.key.state for _, cell in candidates(store, pattern, doubtful=True)}
        members = {m.code for m in store.contracts.members(store.round)}
        return (found == members if given else not found), f"figures of {', '.join(sorted(found)) or 'no state'}"

    return check


FORMS = {
    **dict.fromkeys(("rose", "fell", "doubled", "tripled", "halved", "steady", "peak", "trough"), "KEY since YEAR"),
    **dict.fromkeys(("majority", "minority"), "KEY of KEY"), **dict.fromkeys(("more", "fewer"), "KEY than KEY"),
    **dict.fromkeys(("highest", "lowest"), "KEY of PATTERN"), **dict.fromkeys(("every", "none"), "PATTERN"),
    **dict.fromkeys(("rose-in-most", "fell-in-most"), "PATTERN since YEAR"),
}  # fmt: skip
_CLAIMS: dict[str, Callable[..., Held]] = {
    "rose": _ratio(1, up=True), "fell": _ratio(1, up=False), "doubled": _ratio(2, up=True),
    "tripled": _ratio(3, up=True), "halved": _ratio(2, up=False), "steady": _steady, "peak": _extreme(up=True),
    "trough": _extreme(up=False), "majority": _part(above=True), "minority": _part(above=False),
    "more": _than(more=True), "fewer": _than(more=False), "highest": _ranks(first=True), "lowest": _ranks(first=False),
    "every": _every(given=True), "none": _every(given=False), "rose-in-most": _in_most(up=True),
    "fell-in-most": _in_most(up=False),
}  # fmt: skip
