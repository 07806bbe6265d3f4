"""What changed in the code lists, and whom does it break? Codes, their validity, their
spellings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.contracts.changes import Change, breaks_of
from pipeline.contracts.codelists import Code, fold, load_aliases
from pipeline.contracts.lists import read_list
from pipeline.contracts.model import Contracts, Dimension, Table

# Lists that no dimension names: who answers, what may stand beside a figure, in which
# units, for which area.
SHARED = ("states", "obs_status", "conf_status", "unit", "crime_area")
SYMBOLS = "cell_symbols"
_FIRST, _LAST = 0, 9999  # an open end of a code's validity


def diff_dimension(
    new: Table, before: Dimension, *, now: Dimension, codelists: Path
) -> Iterator[Change]:
    """Changes of the codes that a dimension of a table may take, from its list, its
    enum, or both.

    `new` is the table as it is now, `codelists` the folder of its lists.
    """
    here = ((new.report,), (new.name,), f"codes of {now.name}")
    adds_up = any(i.dimension == now.name for i in new.identities)
    if before.codelist.name != now.codelist.name:
        yield Change(
            *here,
            f"taken from the list {now.codelist.name} instead of {before.codelist.name}",
            "neither",
            "what becomes of each code is told beside it",
            True,
        )
    was = _effective(before)
    is_ = _effective(now)
    yield from _diff_codes(here, was, new=is_, adds_up=adds_up)
    if not new.layout.open_rows:
        return
    spellings = load_aliases(codelists, now.codelist.name)
    for code in was:
        if code in is_ and spellings.get(fold(was[code].label)) != code:
            yield Change(
                *here,
                f"'{was[code].label}' is no spelling of {code} any more",
                "supplier",
                "states choose the lines of this list by name; add the old label to the aliases",
            )


def _effective(dimension: Dimension) -> dict[str, Code]:
    """The codes that a dimension may take, and the groups that readers see."""
    reported = {c.code for c in dimension.codes}
    return {c.code: c for c in dimension.codelist if c.is_group or c.code in reported}


def diff_shared(old: Contracts, new: Contracts, *, reports: tuple[str, ...]) -> Iterator[Change]:
    """Changes of the lists that all tables share, and of the spellings under which
    codes and symbols are known.
    """
    for name in SHARED:
        was, is_ = (_codes(side, name) for side in (old, new))
        yield from _diff_codes((reports, (), f"code list {name}"), was, new=is_, adds_up=False)
    files = {p.name for side in (old, new) for p in (side.codelists / "aliases").glob("*.csv")}
    for name in sorted(files):
        was_known, is_known = (
            _spellings(s.codelists / "aliases" / name, "alias", meaning="code") for s in (old, new)
        )
        yield from _diff_spellings(
            (reports, (), f"aliases {name.removesuffix('.csv')}"), was_known, is_known
        )
    symbols = (
        _spellings(s.codelists / f"{SYMBOLS}.csv", "text", meaning="obs_status") for s in (old, new)
    )
    yield from _diff_spellings((reports, (), "symbols of cells without a figure"), *symbols)


def _codes(contracts: Contracts, name: str) -> dict[str, Code]:
    """The codes of a list; none where a revision does not have the list yet."""
    if not (contracts.codelists / f"{name}.csv").is_file():
        return {}
    return {c.code: c for c in contracts.codelist(name)}


def _spellings(path: Path, spelling: str, *, meaning: str) -> dict[str, str]:
    if not path.is_file():
        return {}
    return {
        fold(row[spelling]): row.values.get(meaning, "")
        for row in read_list(path, (spelling,), more=True)
    }


Here = tuple[tuple[str, ...], tuple[str, ...], str]


def _diff_spellings(here: Here, old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    gone = [s for s in old if s not in new]
    other = [f"{s} ({old[s]} -> {new[s]})" for s in old if s in new and new[s] != old[s]]
    added = [s for s in new if s not in old]
    if gone:
        yield Change(
            *here,
            f"no longer known: {_some(gone)}",
            "supplier",
            "a return that writes so is not understood",
        )
    if other:
        yield Change(
            *here,
            f"means another code: {_some(other)}",
            "both",
            "what a state writes is read as something else, and readers get it under another code",
        )
    if added:
        yield Change(*here, f"known now: {_some(added)}", "neither", "more spellings are read")


def _some(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _diff_codes(
    here: Here, old: dict[str, Code], *, new: dict[str, Code], adds_up: bool
) -> Iterator[Change]:
    for code, was in old.items():
        if code not in new:
            if was.is_group:
                yield Change(
                    *here, f"group {code} ({was.label}) removed", "reader", "its keys go away"
                )
            else:
                yield Change(
                    *here,
                    f"{code} ({was.label}) removed",
                    "both",
                    "figures under it are no longer taken, and its keys go away",
                )
    for code, now in new.items():
        if code not in old:
            yield Change(
                *here,
                f"{code} ({now.label}) added",
                "neither",
                "a wider list: what was right stays right",
            )
        else:
            yield from _diff_code(here, old[code], new=now, adds_up=adds_up)
    common = [c for c in old if c in new]
    if common != [c for c in new if c in old]:
        yield Change(
            *here,
            "in another order",
            "neither",
            "cells are found by their codes, not by their place",
            True,
        )


def _diff_code(here: Here, old: Code, *, new: Code, adds_up: bool) -> Iterator[Change]:
    code = new.code
    if (old.valid_from, old.valid_to) != (new.valid_from, new.valid_to):
        narrower = new.valid_from > old.valid_from or new.valid_to < old.valid_to
        yield Change(
            *here,
            f"{code} is valid {_span(new)} instead of {_span(old)}",
            "both" if narrower else "neither",
            (
                "figures of the years left out are refused, and their keys go away"
                if narrower
                else "all that was right stays right"
            ),
        )
    was, now = (set(c.extra.get("states", "").split()) for c in (old, new))
    if was != now:
        lost = sorted(was - now) if now else []
        narrower = bool(lost) or (not was and bool(now))
        yield Change(
            *here,
            f"{code} is for {_states(now)} instead of {_states(was)}",
            "both" if narrower else "neither",
            (
                "states that are left out cannot report it any more"
                if narrower
                else "more states may report it"
            ),
        )
    if old.parent != new.parent:
        yield Change(
            *here,
            f"{code} is a part of {new.parent or 'nothing'} instead of {old.parent or 'nothing'}",
            breaks_of(supplier=adds_up, reader=True),
            "totals and groups are made of other parts"
            + (", and returns must add up anew" if adds_up else ""),
        )
    if old.label != new.label:
        yield Change(
            *here,
            f"{code} is called '{new.label}' instead of '{old.label}'",
            "neither",
            "the code stays; what means something else needs a code of its own",
            True,
        )


def _span(code: Code) -> str:
    if (code.valid_from, code.valid_to) == (_FIRST, _LAST):
        return "always"
    if code.valid_to == _LAST:
        return f"from {code.valid_from}"
    return (
        f"until {code.valid_to}"
        if code.valid_from == _FIRST
        else f"{code.valid_from} to {code.valid_to}"
    )


def _states(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes)) or "all states"
