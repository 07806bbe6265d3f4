"""What does a binding of the narrative print? A value or a formula over cells, worked
out from the version's store.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from pipeline.cells import REGIONS, Cell, Key
from pipeline.contracts.codelists import in_running_text
from pipeline.errors import UserError
from pipeline.report.formulas import (
    Formula,
    change,
    comparable,
    compared,
    driver,
    if_parts_hold,
    rate,
    share,
    shares_of_two_years,
)
from pipeline.report.numbers import (
    UNIT_SUFFIX,
    cell_text,
    count_word,
    formula_text,
    is_headline,
    number_text,
    percent_decimals,
)
from pipeline.report.printing import Printing
from pipeline.report.store import Store


class NothingToShow(Exception):
    """A binding has no value here: its sentence is left out."""


def shown(store: Printing, text: str) -> Cell:
    cell = store.print_cell(Key.parse(text))
    if not cell.has_value:
        raise NothingToShow
    return cell


def _value(store: Printing, key: str) -> str:
    """`1,856`; of a figure in question `1,856 (1,964 if the parts of the Republic of
    Moldova hold)`. A part in question is told by no sentence.
    """
    cell = shown(store, key)
    if cell.question == "part" or not cell.counts:
        raise NothingToShow
    if cell.question != "whole":
        return cell_text(cell)
    instead = if_parts_hold(store, cell.key)
    if instead is None or instead.value is None:
        return f"{cell_text(cell)} (in question)"
    states = _listed([in_running_text(store.label("", "state", code=s)) for s in instead.states])
    whose = f"the parts of {states}" if cell.key.state in REGIONS else "its parts"
    return f"{cell_text(cell)} ({number_text(instead.value)} if {whose} hold)"


def may_open(store: Store, binding: str) -> bool:
    """Whether what a binding prints may be a key finding: no sum of the region over
    fewer than two in five states.
    """
    words = binding.split(" ")
    if words[0] == "moved":
        return all(
            is_headline(store.cell(k))
            for k in compared(store, Key.parse(words[1]), since=int(words[3]))
        )
    if words[0] == "ranked":
        return all(is_headline(cell) for _, cell in candidates(store, words[1])[: int(words[2])])
    if len(words) == 1 and ":" in words[0] or words[0] == "value":
        cell = store.cell(Key.parse(words[-1]))
        return is_headline(cell) and not store.is_least(cell)
    return True


def fact_text(store: Printing, key: str) -> str:
    """What the head of a country page prints for a cell; nothing for a part in
    question.
    """
    try:
        return _value(store, key)
    except NothingToShow:
        cell = store.print_cell(Key.parse(key))
        return "" if cell.has_value else cell_text(cell)


def _coverage(store: Printing, key: str) -> str:
    cell = shown(store, key)
    if cell.coverage is None or cell.of is None:
        raise UserError(
            f"{key} is not a regional cell", allowed="keys of the state SELEC or SELEC_FIX"
        )
    return (
        f"all {count_word(cell.of)}"
        if cell.coverage == cell.of
        else f"{cell.coverage} of {cell.of}"
    )


def _share(store: Printing, part: str, whole: str) -> str:
    formula = share(store, Key.parse(part), whole=Key.parse(whole))
    if formula.value is None:
        raise NothingToShow
    return f"{formula_text(formula)} {UNIT_SUFFIX[formula.unit]}"


def _rate(store: Printing, key: str) -> str:
    formula = rate(store, Key.parse(key))
    if formula.value is None:
        raise NothingToShow
    return f"{formula_text(formula)} {UNIT_SUFFIX[formula.unit]}"


def _moved(store: Printing, key: str, year: str) -> str:
    """`rose by 40.7 per cent, from 1,319 to 1,856 (same 11 states), of which Greece
    +201`; the verb follows the data.

    The figures are those that can be compared; of a region that is moved by one state,
    the text names it.
    """
    formula = change(store, Key.parse(key), since=int(year))
    if formula.value is None:
        raise NothingToShow
    now, then = (store.cell(k) for k in formula.inputs)
    # none of the figures that the Center itself gives
    same = f" (same {len(formula.states)} states)" if formula.states else ""
    if now.value == then.value:
        return f"did not change ({cell_text(now)}){same}"
    verb = "rose" if formula.value > 0 else "fell"
    if not formula.value:
        verb = (
            "hardly moved: it rose"
            if (now.value or 0) > (then.value or 0)
            else "hardly moved: it fell"
        )
    size = number_text(abs(formula.value), percent_decimals(formula.value))
    by_one = driver(store, Key.parse(key), since=int(year))
    named = f", {_of_which(store, by_one)}" if by_one else ""
    return f"{verb} by {size} per cent, from {cell_text(then)} to {cell_text(now)}{same}{named}"


def _of_which(store: Store, by_one: Formula) -> str:
    step = number_text(by_one.value or Decimal(0))
    sign = "+" if (by_one.value or 0) > 0 else ""
    state = in_running_text(store.label("", "state", code=by_one.inputs[0].state))
    return f"of which {state} {sign}{step}"


def _shares(store: Printing, part: str, whole: str, year: str) -> str:
    """`76.0 per cent in 2022 and 76.3 per cent in 2021 (same 9 states)`: both over the
    states with both years.
    """
    now, then = shares_of_two_years(store, Key.parse(part), whole=Key.parse(whole), since=int(year))
    if now.value is None or then.value is None:
        raise NothingToShow
    same = f" (same {len(now.states)} states)" if now.states else ""
    years = (Key.parse(part).year, int(year))
    return (
        " and ".join(
            f"{formula_text(f)} {UNIT_SUFFIX[f.unit]} in {y}"
            for f, y in zip((now, then), years, strict=True)
        )
        + same
    )


def candidates(store: Store, pattern: str, *, doubtful: bool = False) -> list[tuple[str, Cell]]:
    """Labels and cells of a key pattern with one `*`; `G_*` stands for the groups of a
    list. Figures in question are among them only where `doubtful` is asked for: they
    are in no ranking.
    """
    cube, _, codes_text = pattern.partition(":")
    codes = codes_text.split(".")
    stars = [i for i, c in enumerate(codes) if c in ("*", "G_*")]
    if len(stars) != 1:
        raise UserError(
            f"'{pattern}' needs exactly one *", allowed="for example THB_VICTIMS:*.2022._T._T"
        )
    (place,) = stars
    table = store.table(cube)
    name = table.key_dimensions[place]
    if name == "state":
        choices = [m.code for m in store.contracts.members(store.round)]
    elif codes[place] == "G_*":
        codelist = table.dimension(name).codelist
        choices = [c.code for c in codelist if c.code == "NAT" or c in codelist.groups]
    else:
        choices = [
            c.code for c in table.dimension(name).codes if c.code not in ("_T", "_U", "NAT", "ABR")
        ]
    found = []
    for code in choices:
        cell = store.cell(Key(cube, (*codes[:place], code, *codes[place + 1 :])))
        if cell.withheld:  # what is largest must not be told where one of them is hidden
            raise NothingToShow
        if cell.has_value and (doubtful or cell.compares):
            found.append((store.label(cube, name, code=code), cell))
    return sorted(found, key=lambda f: (-(f[1].value or 0), f[0]))


def _ranked(store: Printing, pattern: str, count: str) -> str:
    """`Romania (500), Greece (358) and Türkiye (343)`: the largest first."""
    found = candidates(store, pattern)[: int(count)]
    if not found:
        raise NothingToShow
    least = found[-1][1].value or Decimal(0)
    doubts = [
        (label, cell)
        for label, cell in doubtful_ones(store, pattern)
        if (cell.value or 0) >= least
        or ((instead := if_parts_hold(store, cell.key)) and (instead.value or 0) >= least)
    ]
    told = [f"{in_running_text(label)} ({_value(store, str(cell.key))})" for label, cell in found]
    return _listed(told) + _leaving_out(doubts)


def doubtful_ones(store: Store, pattern: str) -> list[tuple[str, Cell]]:
    """Figures in question that a pattern stands for, largest first: they are in no
    ranking.
    """
    return [
        (label, cell)
        for label, cell in candidates(store, pattern, doubtful=True)
        if not cell.compares
    ]


def _leaving_out(doubts: list[tuple[str, Cell]]) -> str:
    """`, leaving out Romania, whose figure is in question`: who might stand in a list
    and does not.
    """
    if not doubts:
        return ""
    names = _listed([in_running_text(label) for label, _ in doubts])
    return (
        f", leaving out {names}, whose {'figure is' if len(doubts) == 1 else 'figures are'} in"
        " question"
    )


def _lowest(store: Printing, pattern: str) -> str:
    found = candidates(store, pattern)
    if len(found) < 2:
        raise NothingToShow
    label, cell = found[-1]
    doubts = [
        (one, other)
        for one, other in doubtful_ones(store, pattern)
        if (other.value or 0) <= (cell.value or 0)
    ]
    return f"{in_running_text(label)} ({_value(store, str(cell.key))})" + _leaving_out(doubts)


def _movers(store: Printing, pattern: str, *, year: str, count: str, up: bool) -> str:
    """`Greece (from 157 to 358) and Hungary (from 201 to 222)`: the states that moved
    most in one direction.

    Where the key is one of the region, the figures of both years are those of the same
    states.
    """
    found = []
    for label, now in candidates(store, pattern):
        then = store.cell(now.key.at(year=int(year)))
        if then.withheld:
            raise NothingToShow
        pair = comparable(store, now.key, since=int(year))
        if pair is None:
            continue
        now, then = pair
        if now.value is None or then.value is None:
            continue
        if (now.value > then.value) == up and now.value != then.value:
            found.append((-abs(now.value - then.value), label, now, then))
    if not found:
        raise NothingToShow
    listed = sorted(found, key=lambda f: f[:2])[: int(count)]
    doubts = []
    for label, now in candidates(store, pattern, doubtful=True):
        then = store.cell(now.key.at(year=int(year)))
        if now.value is None or then.value is None or (now.compares and then.compares):
            continue
        if (now.value > then.value) == up and abs(now.value - then.value) >= -listed[-1][0]:
            doubts.append((label, now))
    return _listed(
        [
            f"{in_running_text(label)} (from {_value(store, str(then.key))} to"
            f" {_value(store, str(now.key))})"
            for _, label, now, then in listed
        ]
    ) + _leaving_out(doubts)


def _rises(store: Printing, pattern: str, year: str, count: str) -> str:
    return _movers(store, pattern, year=year, count=count, up=True)


def _falls(store: Printing, pattern: str, year: str, count: str) -> str:
    return _movers(store, pattern, year=year, count=count, up=False)


def operands_of(store: Printing, binding: str) -> list[str]:
    """The keys and formulas, written with their cells, behind a binding of a text or a
    reference of a table.
    """
    words = binding.split(" ")
    if words[0] == "claim":
        return _claimed(store, words[1:])
    command, arguments = (words[0], words[1:]) if words[0] in COMMANDS else ("value", words)
    if command == "value":
        instead = if_parts_hold(store, Key.parse(binding)) if "(" not in binding else None
        return [binding, *([instead.text] if instead else [])]
    if command == "coverage":
        return [f"coverage({arguments[0]})"]
    if command == "rate":
        return [rate(store, Key.parse(arguments[0])).text]
    if command == "share":
        return [share(store, Key.parse(arguments[0]), whole=Key.parse(arguments[2])).text]
    if command == "moved":
        formula = change(store, Key.parse(arguments[0]), since=int(arguments[2]))
        by_one = driver(store, Key.parse(arguments[0]), since=int(arguments[2]))
        return [formula.text, *map(str, formula.inputs), *([by_one.text] if by_one else [])]
    if command == "shares":
        both = shares_of_two_years(
            store, Key.parse(arguments[0]), whole=Key.parse(arguments[2]), since=int(arguments[4])
        )
        return [f.text for f in both]
    if words[0] == "general":
        return []
    if command in ("rises", "falls"):
        keys = [cell.key for _, cell in candidates(store, arguments[0])]
        return [str(k) for key in keys for k in compared(store, key, since=int(arguments[2]))[::-1]]
    found = [str(cell.key) for _, cell in candidates(store, arguments[0])]
    return found[: int(arguments[1])] if command == "ranked" else found[-1:]


def _claimed(store: Printing, words: list[str]) -> list[str]:
    """The cells that a claim goes by: those it names, in the years compared, and those
    of its pattern.
    """
    head = " ".join(words).partition(": ")[0].split(" ")
    year = int(head[-1]) if head[-2] == "since" else 0
    named = [word for word in head[1:] if ":" in word]
    found = []
    for text in named:
        keys = (
            [cell.key for _, cell in candidates(store, text)] if "*" in text else [Key.parse(text)]
        )
        years = [
            [key.at(year=y) for y in ((year, key.year) if year else (key.year,))] for key in keys
        ]
        found += [str(key) for pair in years for key in pair]
    if head[0] in ("majority", "minority"):
        found.append(share(store, Key.parse(named[0]), whole=Key.parse(named[1])).text)
    return found


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# How each binding is written: KEY, YEAR and COUNT are given by the author.
FORMS = {
    "value": "KEY",
    "coverage": "KEY",
    "share": "KEY of KEY",
    "rate": "KEY",
    "moved": "KEY since YEAR",
    "shares": "KEY of KEY and YEAR",
    "ranked": "KEY COUNT",
    "lowest": "KEY",
    "rises": "KEY since YEAR COUNT",
    "falls": "KEY since YEAR COUNT",
}
COMMANDS: dict[str, Callable[..., str]] = {
    "value": _value,
    "coverage": _coverage,
    "share": _share,
    "rate": _rate,
    "moved": _moved,
    "ranked": _ranked,
    "lowest": _lowest,
    "rises": _rises,
    "falls": _falls,
    "shares": _shares,
}
