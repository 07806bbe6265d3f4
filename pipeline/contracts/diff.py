"""What changed between two versions of the contracts, and whom does it break? The
supplier, the reader, both or nobody.

The supplier sends returns made for the old contract: a change breaks it when a return
that was right is no longer, or when more is asked. The reader uses released figures by
key: a change breaks it when a key, a table, a code, a unit or a meaning goes away or
becomes another. docs/how-to/change-a-contract.md lists the classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.contracts.changes import Change, breaks_of, merged, version_changes
from pipeline.contracts.diff_lists import diff_dimension, diff_shared
from pipeline.contracts.model import LAST_ROUND, Contract, Contracts, Identity, Table
from pipeline.findings import SEVERITIES, Severity
from pipeline.system.yaml_files import read_yaml

_FORM = "the form is another one; returns on the old form may not be read"
_TEXT = "a text; where it asks for something else than before, raise the major version all the same"
_PARTS = ("", "at_most", "equal")  # what is asked of parts, from nothing to most


def diff_contracts(
    old: Contracts, new: Contracts, *, reports: tuple[str, ...], newest: int
) -> list[Change]:
    """Every change of the contracts of `reports`, worst first; the same change of many
    tables stands once.

    `newest` is the last round with returns: what is asked only after it breaks nobody.
    """
    found: list[Change] = []
    for report in reports:
        before = old.by_report.get(report)
        now = new.by_report.get(report)
        if before and now:
            found += _diff_contract(before, now)
        elif now:
            found.append(
                Change(
                    (report,),
                    (),
                    "contract",
                    "a new report",
                    "supplier",
                    "states are asked for more",
                )
            )
        else:
            found.append(
                Change(
                    (report,),
                    (),
                    "contract",
                    "the report is no longer asked for",
                    "both",
                    "returns of it are no longer read, and its tables go away",
                )
            )
    found += _diff_tables(old, new, reports=reports, newest=newest)
    found += diff_shared(old, new, reports=reports)
    changes = merged(found)
    both = [
        (r, old.by_report[r].version, new.by_report[r].version)
        for r in reports
        if r in old.by_report and r in new.by_report
    ]
    return merged([*changes, *version_changes(both, changes)])


def _diff_contract(old: Contract, new: Contract) -> Iterator[Change]:
    here = ((new.report,), ())
    if new.window_years > old.window_years:
        yield Change(
            *here,
            "years",
            f"{new.window_years} years are asked for instead of {old.window_years}",
            "supplier",
            "older years must be filled in",
        )
    if new.window_years < old.window_years:
        yield Change(
            *here,
            "years",
            f"{new.window_years} years are asked for instead of {old.window_years}",
            "both",
            "older years are refused, and their keys go away",
        )
    for field in ("name", "title", "purpose", "usage", "limitations"):
        if getattr(old, field) != getattr(new, field):
            yield Change(*here, field, "reworded", "neither", _TEXT, True)


def _diff_tables(
    old: Contracts, new: Contracts, *, reports: tuple[str, ...], newest: int
) -> Iterator[Change]:
    was = {t.name: t for t in old.tables if t.report in reports}
    now = {t.name: t for t in new.tables if t.report in reports}
    raw_old = _properties(old, reports)
    raw_new = _properties(new, reports)
    for name, table in was.items():
        if name not in now and table.report in new.by_report:
            yield Change(
                (table.report,),
                (name,),
                "table",
                "removed",
                "both",
                "its sheet is no longer read, and its keys go away",
            )
    for name, table in now.items():
        if name not in was:
            if table.report in old.by_report:
                yield _added(table, newest)
            continue
        if was[name].report != table.report:
            yield Change(
                (was[name].report, table.report),
                (name,),
                "table",
                f"asked for in {table.report} instead of {was[name].report}",
                "both",
                "it comes with another return and stands in another report",
            )
        yield from _diff_rounds(was[name], table, newest=newest)
        yield from _diff_table(was[name], table, codelists=new.codelists)
        yield from _diff_properties(table, raw_old[name], new=raw_new[name])


def _added(table: Table, newest: int) -> Change:
    here = ((table.report,), (table.name,), "table")
    if table.first_round > newest:
        return Change(
            *here,
            f"added, asked from round {table.first_round} on",
            "neither",
            "no round with returns asks for it; the forms of that round have its sheet",
        )
    return Change(*here, "added", "supplier", f"a new sheet must be sent by {_who(table)}")


def _diff_rounds(old: Table, new: Table, *, newest: int) -> Iterator[Change]:
    """A table that other rounds ask for: those that have returns, up to the newest, or
    only those to come.
    """
    here = ((new.report,), (new.name,), "rounds")
    if (old.first_round, old.last_round) == (new.first_round, new.last_round):
        return
    told = f"asked {_rounds(new)} instead of {_rounds(old)}"
    was, now = ({r for r in range(newest + 1) if table.is_asked(r)} for table in (old, new))
    if was - now:
        yield Change(
            *here,
            told,
            "both",
            "rounds with returns no longer read its sheet, and their keys go away",
        )
    elif now - was:
        yield Change(
            *here, told, "supplier", f"rounds with returns miss its sheet from {_who(new)}"
        )
    elif new.last_round < old.last_round:
        yield Change(*here, told, "reader", "later rounds do not have its keys")
    else:
        yield Change(*here, told, "neither", "no round with returns is asked for anything else")


def _rounds(table: Table) -> str:
    """`from round 2023 on`, as it reads behind "asked"."""
    first, last = table.first_round, table.last_round
    if last == LAST_ROUND:
        return f"from round {first} on" if first else "in every round"
    return f"in rounds {first} to {last}" if first else f"until round {last}"


def _who(table: Table) -> str:
    return "the Center" if table.respondent == "center" else "the states"


def _diff_table(old: Table, new: Table, *, codelists: Path) -> Iterator[Change]:
    here = ((new.report,), (new.name,))
    if old.respondent != new.respondent:
        yield Change(
            *here,
            "respondent",
            f"{_who(new)} instead of {_who(old)}",
            "both",
            "others must send it, and the state in its keys is another one",
        )
    yield from _diff_dimensions(old, new, codelists=codelists)
    yield from _diff_measure(old, new)
    for field, what in (("iccs", "ICCS code"), ("crime_area", "crime area")):
        if getattr(old, field) != getattr(new, field):
            yield Change(
                *here,
                what,
                f"{getattr(new, field) or 'none'} instead of {getattr(old, field) or 'none'}",
                "both" if field == "iccs" else "reader",
                (
                    "another offence is counted"
                    if field == "iccs"
                    else "it is counted under another crime area"
                ),
            )
    for field in ("title", "description", "grain"):
        if getattr(old, field) != getattr(new, field):
            yield Change(*here, field, "reworded", "neither", _TEXT, True)
    yield from _diff_layout(old, new)
    yield from _diff_identities(old, new)
    yield from _diff_plausibility(old, new)


def _diff_dimensions(old: Table, new: Table, *, codelists: Path) -> Iterator[Change]:
    here = ((new.report,), (new.name,))
    was = {d.name: d for d in old.dimensions}
    now = {d.name: d for d in new.dimensions}
    for name in was:
        if name not in now:
            yield Change(
                *here,
                f"dimension {name}",
                "removed",
                "both",
                "the column is no longer read, and every key is another one",
            )
    for name in now:
        if name not in was:
            yield Change(
                *here,
                f"dimension {name}",
                "added",
                "both",
                "figures must be given by it, and every key is another one",
            )
            continue
        yield from diff_dimension(new, was[name], now=now[name], codelists=codelists)
        if was[name].label != now[name].label:
            yield Change(
                *here,
                f"dimension {name}",
                f"called '{now[name].label}' instead of '{was[name].label}'",
                "neither",
                "a label; columns are found by name",
                True,
            )
    if list(was) != list(now) and set(was) == set(now):
        yield Change(
            *here,
            "dimensions",
            f"in the order {', '.join(now)} instead of {', '.join(was)}",
            "reader",
            "keys have their codes in this order",
        )


def _diff_measure(old: Table, new: Table) -> Iterator[Change]:
    here = ((new.report,), (new.name,), "measure")
    if old.unit != new.unit:
        yield Change(
            *here,
            f"in {new.unit} instead of {old.unit}",
            "both",
            "every figure means something else",
        )
    if new.decimals < old.decimals:
        yield Change(*here, "whole numbers only", "supplier", "figures with decimals are refused")
    if new.decimals > old.decimals:
        yield Change(
            *here,
            f"up to {new.decimals} decimals instead of whole numbers",
            "reader",
            "who reads whole numbers cannot read the figures",
        )
    for field, narrower in (
        ("minimum", new.minimum > old.minimum),
        ("maximum", new.maximum < old.maximum),
    ):
        if getattr(old, field) != getattr(new, field):
            yield Change(
                *here,
                f"{field} {_bound(getattr(new, field))} instead of {_bound(getattr(old, field))}",
                "supplier" if narrower else "neither",
                "figures beyond it are refused" if narrower else "all that was right stays right",
            )
    if old.measure != new.measure:
        yield Change(
            *here, f"called '{new.measure}' instead of '{old.measure}'", "neither", _TEXT, True
        )


def _bound(value: float) -> str:
    return (
        "none" if value == float("inf") else f"{value:,g}" if abs(value) < 1e6 else f"{value:,.0f}"
    )


def _diff_layout(old: Table, new: Table) -> Iterator[Change]:
    here = ((new.report,), (new.name,), "layout")
    was, now = old.layout, new.layout
    if was.sheet != now.sheet:
        yield Change(*here, f"sheet '{now.sheet}' instead of '{was.sheet}'", "supplier", _FORM)
    for field in ("rows", "columns"):
        before = getattr(was, field)
        after = getattr(now, field)
        if before != after and set(old.key_dimensions) == set(new.key_dimensions):
            yield Change(
                *here, f"{field} {_list(after)} instead of {_list(before)}", "supplier", _FORM
            )
    if bool(was.open_rows) != bool(now.open_rows):
        told = "lines that states choose themselves" if now.open_rows else "one line per code"
        yield Change(*here, told, "supplier", _FORM)
    elif was.open_rows != now.open_rows:
        fewer = now.open_rows < was.open_rows
        yield Change(
            *here,
            f"{now.open_rows} open lines instead of {was.open_rows}",
            "supplier" if fewer else "neither",
            "a longer list does not fit any more" if fewer else "longer lists fit",
        )


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


def _diff_identities(old: Table, new: Table) -> Iterator[Change]:
    here = ((new.report,), (new.name,))
    was, now = ({_identity_name(i): i for i in t.identities} for t in (old, new))
    for name in was:
        if name not in now:
            yield Change(
                *here, name, "no longer checked", "neither", "all that was right stays right"
            )
    for name, identity in now.items():
        before = was.get(name, Identity("note"))
        if before == identity:
            continue
        stricter = name not in was or _is_stricter(before, identity)
        refuses = stricter and identity.severity == "error"
        why = (
            "returns that do not add up are refused"
            if refuses
            else "states are asked more, nothing is refused"
        )
        yield Change(
            *here,
            name,
            f"{'new' if name not in was else 'stricter' if stricter else 'looser'}:"
            f" {_terms(identity)}",
            "supplier" if refuses else "neither",
            why if stricter else "all that was right stays right",
        )


def _identity_name(identity: Identity) -> str:
    if identity.dimension:
        return f"sum over {identity.dimension}"
    at = ", ".join(f"{d} {c}" for d, c in identity.at)
    return f"same total as {identity.same_total_as}{at and f' at {at}'}"


def _terms(identity: Identity) -> str:
    terms = [identity.severity, identity.parts.replace("_", " "), f"rounding {identity.rounding}"]
    return ", ".join(t for t in terms if t and t != "rounding 0")


def _is_stricter(old: Identity, new: Identity) -> bool:
    return (
        _rank(new.severity) > _rank(old.severity)
        or _PARTS.index(new.parts) > _PARTS.index(old.parts)
        or new.rounding < old.rounding
    )


def _rank(severity: Severity) -> int:
    return -SEVERITIES.index(severity)


def _diff_plausibility(old: Table, new: Table) -> Iterator[Change]:
    was = (old.change_percent, old.change_absolute, old.change_severity)
    now = (new.change_percent, new.change_absolute, new.change_severity)
    if was == now:
        return
    stricter = now[0] < was[0] or now[1] < was[1] or _rank(now[2]) > _rank(was[2])
    refuses = stricter and new.change_severity == "error"
    yield Change(
        (new.report,),
        (new.name,),
        "change from the year before",
        f"{'stricter' if stricter else 'looser'}: {_change(now)} instead of {_change(was)}",
        "supplier" if refuses else "neither",
        (
            "large changes are refused"
            if refuses
            else (
                "states are asked more, nothing is refused"
                if stricter
                else "all that was right stays right"
            )
        ),
    )


def _change(terms: tuple[float, float, str]) -> str:
    return f"{terms[0]:g} % and {terms[1]:g} ({terms[2]})"


# What the tables of the model leave out: which columns must be filled, and what is said
# of attributes.


def _properties(
    contracts: Contracts, reports: tuple[str, ...]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The properties of every table as they stand in the contract's file."""
    found = {}
    for contract in contracts:
        if contract.report in reports:
            content = read_yaml(contract.path).content
            for table in content["schema"]:
                found[table["name"]] = {p["name"]: p for p in table["properties"]}
    return found


def _diff_properties(
    table: Table, old: dict[str, dict[str, Any]], *, new: dict[str, dict[str, Any]]
) -> Iterator[Change]:
    here = ((table.report,), (table.name,))
    attributes = [n for n in dict.fromkeys([*old, *new]) if n not in table.key_dimensions]
    for name in attributes:
        if (name in old and name in new) or _is_dimension(new.get(name) or old.get(name) or {}):
            continue
        if name in new:
            must = bool(new[name].get("required"))
            yield Change(
                *here,
                f"column {name}",
                "added, required" if must else "added, optional",
                "supplier" if must else "neither",
                "it must be filled in" if must else "it may stay empty",
            )
        else:
            yield Change(
                *here,
                f"column {name}",
                "removed",
                "both",
                "it is no longer read, and readers miss it",
            )
    for name in new:
        if name in old:
            yield from _diff_property((*here, f"column {name}"), old[name], new=new[name])


def _is_dimension(content: dict[str, Any]) -> bool:
    own = {p["property"]: p["value"] for p in content.get("customProperties", [])}
    return own.get("role") == "dimension"


def _diff_property(
    here: tuple[tuple[str, ...], tuple[str, ...], str], old: dict[str, Any], *, new: dict[str, Any]
) -> Iterator[Change]:
    was = bool(old.get("required"))
    now = bool(new.get("required"))
    if was != now:
        yield Change(
            *here,
            "required" if now else "no longer required",
            breaks_of(supplier=now, reader=False),
            "a return without it is no longer right" if now else "all that was right stays right",
        )
    if old.get("classification") != new.get("classification"):
        yield Change(
            *here,
            f"{new.get('classification')} instead of {old.get('classification')}",
            "reader",
            "who may see it is another circle",
        )
    longest, allowed = ((p.get("logicalTypeOptions") or {}).get("maxLength") for p in (old, new))
    if longest != allowed:
        shorter = allowed is not None and (longest is None or allowed < longest)
        yield Change(
            *here,
            f"at most {allowed or 'any number of'} characters instead of {longest or 'any number'}",
            "supplier" if shorter else "neither",
            "longer texts are not taken over" if shorter else "all that was right stays right",
        )
