"""What is a change of a contract, whom does it break, and which version does it ask
for?

A contract's version is semantic: a change that breaks a supplier or a reader asks for a
new major version, one that only adds or widens for a new minor one, a change of wording
for a new patch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Breaks = Literal["both", "supplier", "reader", "neither"]
ORDER: tuple[Breaks, ...] = ("both", "supplier", "reader", "neither")
STEPS = ("patch", "minor", "major")
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Change:
    """One change: in which reports and tables, where, what, whom it breaks, and why.

    A supplier is broken when a return that was right is no longer, or when more is
    asked; a reader when a key, a table, a code, a unit or a meaning goes away or
    becomes another. `is_wording` marks what changes nothing but texts.
    """

    reports: tuple[str, ...]
    tables: tuple[str, ...]
    where: str
    what: str
    breaks: Breaks
    why: str
    is_wording: bool = False

    @property
    def step(self) -> str:
        """The part of the version that must rise."""
        return "major" if self.breaks != "neither" else "patch" if self.is_wording else "minor"

    @property
    def breaks_supplier(self) -> bool:
        return self.breaks in ("supplier", "both")

    @property
    def breaks_reader(self) -> bool:
        return self.breaks in ("reader", "both")

    def as_dict(self) -> dict[str, object]:
        return {
            "reports": list(self.reports),
            "tables": list(self.tables),
            "where": self.where,
            "what": self.what,
            "breaks": self.breaks,
            "why": self.why,
        }


def breaks_of(*, supplier: bool, reader: bool) -> Breaks:
    if supplier and reader:
        return "both"
    return "supplier" if supplier else "reader" if reader else "neither"


def merged(changes: Iterable[Change]) -> list[Change]:
    """The same change of many tables as one, worst first. A code list is shared by
    tables, and so are its changes.
    """
    found: dict[tuple[str, ...], Change] = {}
    for change in changes:
        key = (
            change.where,
            change.what,
            change.breaks,
            change.why,
            *(() if change.tables else change.reports),
        )
        if key in found:
            before = found[key]
            reports = tuple(dict.fromkeys((*before.reports, *change.reports)))
            tables = tuple(dict.fromkeys((*before.tables, *change.tables)))
            found[key] = replace(before, reports=reports, tables=tables)
        else:
            found[key] = change
    # stable: otherwise as in the contracts
    return sorted(found.values(), key=lambda c: ORDER.index(c.breaks))


def version_changes(
    versions: Iterable[tuple[str, str, str]], changes: list[Change]
) -> Iterator[Change]:
    """What there is to say about the versions, given as (report, old, new): a step that
    is too small is a break too.

    Nobody could tell the two contracts apart, so it breaks whom the changes break.
    """
    for report, old, new in versions:
        own = [c for c in changes if report in c.reports]
        step = max((c.step for c in own), key=STEPS.index, default="")
        before = _numbers(old)
        now = _numbers(new)
        if before is None or now is None:
            yield Change(
                (report,),
                (),
                "version",
                f"{old} -> {new}",
                "both",
                "a version has three numbers, such as 2.1.0; without them nobody sees whether a"
                " contract breaks theirs",
            )
        elif now < before:
            yield Change(
                (report,), (), "version", f"{old} -> {new}", "both", "a version never goes back"
            )
        elif step and now < (needed := _next(before, step)):
            breaks = breaks_of(
                supplier=any(c.breaks_supplier for c in own),
                reader=any(c.breaks_reader for c in own),
            )
            told = {
                "major": "breaking changes",
                "minor": "additions",
                "patch": "changes of wording",
            }[step]
            yield Change(
                (report,),
                (),
                "version",
                f"{old} -> {new}, needs {'.'.join(map(str, needed))}",
                breaks,
                f"{told} without a new {step} version: the two contracts cannot be told apart",
            )
        elif now != before:
            yield Change(
                (report,),
                (),
                "version",
                f"{old} -> {new}",
                "neither",
                "announces the changes" if step else "nothing else changed",
                True,
            )


def _numbers(version: str) -> tuple[int, int, int] | None:
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _next(version: tuple[int, int, int], step: str) -> tuple[int, int, int]:
    major, minor, patch = version
    return {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }[step]
