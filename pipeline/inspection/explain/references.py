"""Which printed number does a reference name? `thb:T4.r4.c2`: report, exhibit, line and
column as printed.

    thb                       every exhibit and every section of text of the report
    thb:T4, thb:F2            Table 3, Figure 2: lines, columns and points
    thb:C1-RO                 the same by the id of exhibits.yaml
    thb:T4.r4.c2              line 4, column 2, from one; every line counts
    thb:F2.s1.p3              point 3 of series 1
    thb:S.victims.overview.2  sentence 2 of a section, as its narrative has it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pipeline.errors import UserError
from pipeline.report.ledger import (
    Exhibit,
    Fact,
    LedgerEntry,
    Sentence,
    TableExhibit,
    charts_of,
    drawing_of,
    exhibits_of,
    footnotes_of,
    lines_of,
    reference_of,
    statements_of,
)
from pipeline.report.views import ChartData

_FORM = "REPORT:T3.r4.c2, REPORT:F2.s1.p3 or REPORT:S.chapter.section.2"


@dataclass(frozen=True)
class Printed:
    """One printed number: its reference, where it stands in words, its text, and the
    keys or formulas behind it.
    """

    ref: str
    where: str
    text: str
    behind: tuple[str, ...]
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A reference that stands for several numbers, and what can be asked below it."""

    ref: str
    where: str
    lines: tuple[tuple[str, str], ...]  # reference, what it is

    def as_dict(self) -> dict[str, Any]:
        return {"ref": self.ref, "where": self.where, "below": dict(self.lines)}


class Ledger:
    """What one version of a report prints, by reference."""

    def __init__(self, report: str, entries: Sequence[LedgerEntry]) -> None:
        self.report, self.entries = report, entries
        self.charts = charts_of(entries)
        self.exhibits = {
            reference_of(report, e.number).partition(":")[2]: e for e in exhibits_of(entries)
        }
        self.by_spec = {_spec_name(e): name for name, e in self.exhibits.items()}

    def find(self, reference: str) -> Printed | Listed:
        """The number or the list that a reference stands for. Raises UserError that
        names near ones.
        """
        report, _, rest = reference.strip().partition(":")
        if report != self.report:
            raise UserError(f"'{reference}' names no report that was opened", allowed=_FORM)
        if not rest:
            return Listed(report, "what this version prints", tuple(self._contents()))
        if rest.startswith("S."):
            return self._sentence(rest)
        name, *parts = rest.split(".")
        # what is printed goes first
        name = name if name in self.exhibits else self.by_spec.get(name, name)
        if name not in self.exhibits:
            self._unknown(reference, [*self.exhibits, *self.by_spec], name=name)
        exhibit = self.exhibits[name]
        if not parts:
            return Listed(f"{report}:{name}", _where(exhibit), tuple(self._inside(name, exhibit)))
        drawn = drawing_of(exhibit, self.charts)
        if drawn and (parts[0].startswith("s") or not lines_of(exhibit)):
            return self._point(name, exhibit, data=drawn.data, parts=parts)
        return self._cell(name, exhibit, parts=parts)

    def numbers(self) -> Iterator[Printed]:
        """Every number of the exhibits that has a key or a formula."""
        for name, exhibit in self.exhibits.items():
            for ref, _ in self._inside(name, exhibit):
                found = self.find(ref)
                if isinstance(found, Printed) and any(found.behind):
                    yield found

    # --- exhibits

    def _contents(self) -> Iterator[tuple[str, str]]:
        for name, exhibit in self.exhibits.items():
            yield f"{self.report}:{name}", f"{exhibit.title}  (exhibit {_spec_name(exhibit)})"
        for place in dict.fromkeys(p.rsplit(".", 1)[0] for p in self._sentences()):
            yield f"{self.report}:S.{place}", "text"

    def _inside(self, name: str, exhibit: Exhibit) -> Iterator[tuple[str, str]]:
        for r, line in enumerate(lines_of(exhibit), 1):
            for c, cell in enumerate(line.cells, 1):
                yield (
                    f"{self.report}:{name}.r{r}.c{c}",
                    f"{line.label}, {_column(exhibit, c)}: {cell.text}",
                )
        drawn = drawing_of(exhibit, self.charts)
        data = drawn.data if drawn else None
        for s, series in enumerate(data.series if data else (), 1):
            for p, point in enumerate(series.points, 1):
                label = data.labels.get(point.x, point.x) if data else ""
                yield f"{self.report}:{name}.s{s}.p{p}", f"{series.label}, {label}: {point.text}"

    def _cell(self, name: str, exhibit: Exhibit, *, parts: list[str]) -> Printed:
        lines = lines_of(exhibit)
        r, c = self._numbers(name, parts, letters=("r", "c"))
        if not 1 <= r <= len(lines) or not 1 <= c <= len(lines[r - 1].cells):
            raise UserError(
                f"{exhibit.number} has no line {r} with a column {c}",
                where=f"{self.report}:{name}",
                allowed=_places(exhibit),
                do=f"make explain REF={self.report}:{name} lists them",
            )
        line = lines[r - 1]
        cell = line.cells[c - 1]
        notes = tuple(f"{n.mark}: {n.text}" for n in footnotes_of(exhibit) if n.mark in cell.marks)
        where = f"{_where(exhibit)}; line '{line.label}', column '{_column(exhibit, c)}'"
        behind = (cell.key,) if cell.key else ()
        return Printed(f"{self.report}:{name}.r{r}.c{c}", where, cell.text, behind, notes)

    def _point(self, name: str, exhibit: Exhibit, *, data: ChartData, parts: list[str]) -> Printed:
        s, p = self._numbers(name, parts, letters=("s", "p"))
        if not 1 <= s <= len(data.series) or not 1 <= p <= len(data.series[s - 1].points):
            most = max((len(series.points) for series in data.series), default=0)
            raise UserError(
                f"{exhibit.number} has no series {s} with a point {p}",
                where=f"{self.report}:{name}",
                allowed=f"s1 to s{len(data.series)}, p1 to p{most}",
                do=f"make explain REF={self.report}:{name} lists them",
            )
        series = data.series[s - 1]
        point = series.points[p - 1]
        label = data.labels.get(point.x, point.x)
        where = f"{_where(exhibit)}; series '{series.label}', {label}"
        return Printed(f"{self.report}:{name}.s{s}.p{p}", where, point.text, (point.key,))

    def _numbers(self, name: str, parts: list[str], *, letters: tuple[str, str]) -> tuple[int, int]:
        found = [
            re.fullmatch(rf"{letter}(\d+)", part)
            for letter, part in zip(letters, parts, strict=False)
        ]
        if len(parts) != 2 or not all(found):
            one, two = letters
            raise UserError(
                f"'{'.'.join(parts)}' is no place in {name}",
                allowed=f"{self.report}:{name}.{one}1.{two}1",
                do=f"make explain REF={self.report}:{name} lists its places",
            )
        first, second = (int(m[1]) for m in found if m)
        return first, second

    # --- text

    def _sentences(self) -> dict[str, Fact | Sentence]:
        """What is said in words, by its place; on the pages of states with the state."""
        found: dict[str, Fact | Sentence] = {}
        for statement in statements_of(self.entries):
            match statement:
                case Sentence(place=place, values={"state": state}) if state:
                    found[f"{place}.{state}"] = statement
                case Sentence(place=place, values={"indicator": which}):
                    found[f"{place}.{which}"] = statement
                case _:
                    found[statement.place] = statement
        return found

    def _sentence(self, rest: str) -> Printed | Listed:
        sentences = self._sentences()
        place = rest.removeprefix("S.")
        if place in sentences:
            statement = sentences[place]
            behind = tuple(
                b for b in re.findall(r"\[\[(.+?)\]\]", statement.bound) if not b.startswith("ref ")
            )
            return Printed(f"{self.report}:S.{place}", f"text, {place}", statement.text, behind)
        below = {p: s for p, s in sentences.items() if p.startswith(f"{place}.")}
        if not below:
            self._unknown(rest, list(sentences), name=place)
        return Listed(
            f"{self.report}:{rest}",
            "text",
            tuple((f"{self.report}:S.{p}", s.text) for p, s in below.items()),
        )

    def _unknown(self, asked: str, known: list[str], *, name: str) -> None:
        known = list(dict.fromkeys(known))
        near = get_close_matches(name, known, 6, 0.4) or known[:6]
        raise UserError(
            f"'{asked}' is not printed in this version",
            allowed=f"{_FORM}; near it are {', '.join(near)}",
            do=f"make explain REF={self.report} lists what is printed",
        )


def _spec_name(exhibit: Exhibit) -> str:
    """The id of exhibits.yaml, with the state on country pages."""
    return f"{exhibit.spec}-{exhibit.state}" if exhibit.state else exhibit.spec


def _where(exhibit: Exhibit) -> str:
    return f"{exhibit.number}, {exhibit.title}"


def _places(exhibit: Exhibit) -> str:
    """What can be asked of the lines of an exhibit."""
    match exhibit:
        case TableExhibit(lines=lines) if lines:
            return f"r1 to r{len(lines)}, c1 to c{max(len(line.cells) for line in lines)}"
        case _:
            return "nothing: "


def _column(exhibit: Exhibit, column: int) -> str:
    match exhibit:
        case TableExhibit(heads=heads, groups=groups):
            return f"{groups[column]}, {heads[column]}" if groups[column] else heads[column]
        case _:
            return ""
