"""What does a binding of the narrative print? A value or a formula over cells, worked out from the version's store."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.cells import Cell, Key
from pipeline.errors import UserError
from pipeline.report.formulas import change, rate, share
from pipeline.report.numbers import MINUS, UNIT_SUFFIX, cell_text, count_word, formula_text, number
from pipeline.report.store import Store


class NothingToShow(Exception):
    """A binding has no value here: its sentence is left out."""


def shown(store: Store, text: str) -> Cell:
    cell = store.print_cell(Key.parse(text))
    if not cell.has_value:
        raise NothingToShow
    return cell


def _value(store: Store, key: str) -> str:
    return cell_text(shown(store, key))


def _coverage(store: Store, key: str) -> str:
    cell = shown(store, key)
    if cell.coverage is None or cell.of is None:
        raise UserError(f"{key} is not a regional cell", allowed="keys of the state SELEC or SELEC_FIX")
    return f"all {count_word(cell.of)}" if cell.coverage == cell.of else f"{cell.coverage} of {cell.of}"


def _share(store: Store, part: str, whole: str) -> str:
    formula = share(store, Key.parse(part), Key.parse(whole))
    if formula.value is None:
        raise NothingToShow
    return f"{formula_text(formula)} {UNIT_SUFFIX[formula.unit]}"


def _rate(store: Store, key: str) -> str:
    formula = rate(store, Key.parse(key))
    if formula.value is None:
        raise NothingToShow
    return f"{formula_text(formula)} {UNIT_SUFFIX[formula.unit]}"


def _moved(store: Store, key: str, year: str) -> str:
    """`rose by 40.7 per cent, from 1,319 to 1,856`; the verb follows the data."""
    formula = change(store, Key.parse(key), int(year))
    if formula.value is None:
        raise NothingToShow
    now, then = shown(store, key), shown(store, str(Key.parse(key).at(year=int(year))))
    if now.value == then.value:
        return f"did not change ({cell_text(now)})"
    verb = "rose" if formula.value > 0 else "fell"
    if not formula.value:
        verb = "hardly moved: it rose" if (now.value or 0) > (then.value or 0) else "hardly moved: it fell"
    size = number(abs(formula.value), 1).replace(MINUS, "")
    return f"{verb} by {size} per cent, from {cell_text(then)} to {cell_text(now)}"


def candidates(store: Store, pattern: str) -> list[tuple[str, Cell]]:
    """Labels and cells of a key pattern with one `*`; `G_*` stands for the groups of a list."""
    cube, _, codes_text = pattern.partition(":")
    codes = codes_text.split(".")
    stars = [i for i, c in enumerate(codes) if c in ("*", "G_*")]
    if len(stars) != 1:
        raise UserError(f"'{pattern}' needs exactly one *", allowed="for example THB_VICTIMS:*.2022._T._T")
    (place,) = stars
    table = store.table(cube)
    name = table.key_dimensions[place]
    if name == "state":
        choices = [m.code for m in store.contracts.members(store.round)]
    elif codes[place] == "G_*":
        choices = [c.code for c in table.dimension(name).codelist if c.is_group or c.code == "NAT"]
    else:
        choices = [c.code for c in table.dimension(name).codes if c.code not in ("_T", "_U", "NAT", "ABR")]
    found = []
    for code in choices:
        cell = store.cell(Key(cube, (*codes[:place], code, *codes[place + 1 :])))
        if cell.withheld:  # what is largest must not be told where one of them is hidden
            raise NothingToShow
        if cell.has_value:
            found.append((store.label(cube, name, code), cell))
    return sorted(found, key=lambda f: (-(f[1].value or 0), f[0]))


def _ranked(store: Store, pattern: str, count: str) -> str:
    """`Romania (500), Greece (358) and Türkiye (343)`: the largest first."""
    found = candidates(store, pattern)[: int(count)]
    if not found:
        raise NothingToShow
    return _listed([f"{label} ({_value(store, str(cell.key))})" for label, cell in found])


def _lowest(store: Store, pattern: str) -> str:
    found = candidates(store, pattern)
    if len(found) < 2:
        raise NothingToShow
    label, cell = found[-1]
    return f"{label} ({_value(store, str(cell.key))})"


def _movers(store: Store, pattern: str, year: str, count: str, up: bool) -> str:
    """`Greece (from 157 to 358) and Hungary (from 201 to 222)`: the states that moved most in one direction."""
    found = []
    for label, now in candidates(store, pattern):
        then = store.cell(now.key.at(year=int(year)))
        if then.withheld:
            raise NothingToShow
        formula = change(store, now.key, int(year))
        if formula.value is None or now.value is None or then.value is None:
            continue
        if (now.value > then.value) == up and now.value != then.value:
            found.append((-abs(now.value - then.value), label, now, then))
    if not found:
        raise NothingToShow
    return _listed([
        f"{label} (from {_value(store, str(then.key))} to {_value(store, str(now.key))})"
        for _, label, now, then in sorted(found, key=lambda f: f[:2])[: int(count)]
    ])  # fmt: skip


def _rises(store: Store, pattern: str, year: str, count: str) -> str:
    return _movers(store, pattern, year, count, up=True)


def _falls(store: Store, pattern: str, year: str, count: str) -> str:
    return _movers(store, pattern, year, count, up=False)


def operands_of(store: Store, binding: str) -> list[str]:
    """The keys and formulas, written with their cells, behind a binding of a text or a reference of a table."""
    words = binding.split(" ")
    if words[0] == "claim":
        return _claimed(store, words[1:])
    command, arguments = (words[0], words[1:]) if words[0] in COMMANDS else ("value", words)
    if command == "value":
        return [binding]
    if command == "coverage":
        return [f"coverage({arguments[0]})"]
    if command == "rate":
        return [rate(store, Key.parse(arguments[0])).text]
    if command == "share":
        return [share(store, Key.parse(arguments[0]), Key.parse(arguments[2])).text]
    if command == "moved":
        now = Key.parse(arguments[0])
        return [change(store, now, int(arguments[2])).text, str(now), str(now.at(year=int(arguments[2])))]
    if words[0] == "general":
        return []
    if command in ("rises", "falls"):
        keys = [cell.key for _, cell in candidates(store, arguments[0])]
        return [str(k) for key in keys for k in (key.at(year=int(arguments[2])), key)]
    found = [str(cell.key) for _, cell in candidates(store, arguments[0])]
    return found[: int(arguments[1])] if command == "ranked" else found[-1:]


def _claimed(store: Store, words: list[str]) -> list[str]:
    """The cells that a claim goes by: those it names, in the years compared, and those of its pattern."""
    head = " ".join(words).partition(": ")[0].split(" ")
    year = int(head[-1]) if head[-2] == "since" else 0
    named = [word for word in head[1:] if ":" in word]
    found = []
    for text in named:
        keys = [cell.key for _, cell in candidates(store, text)] if "*" in text else [Key.parse(text)]
        years = [[key.at(year=y) for y in ((year, key.year) if year else (key.year,))] for key in keys]
        found += [str(key) for pair in years for key in pair]
    if head[0] in ("majority", "minority"):
        found.append(share(store, Key.parse(named[0]), Key.parse(named[1])).text)
    return found


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# How each binding is written: KEY, YEAR and COUNT are given by the author.
FORMS = {
    "value": "KEY", "coverage": "KEY", "share": "KEY of KEY", "rate": "KEY", "moved": "KEY since YEAR",
    "ranked": "KEY COUNT", "lowest": "KEY", "rises": "KEY since YEAR COUNT",
    "falls": "KEY since YEAR COUNT",
}  # fmt: skip
COMMANDS: dict[str, Callable[..., str]] = {
    "value": _value, "coverage": _coverage, "share": _share, "rate": _rate, "moved": _moved, "ranked": _ranked,
    "lowest": _lowest, "rises": _rises, "falls": _falls,
}  # fmt: skip
