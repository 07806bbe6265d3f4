"""What may be printed? The released cells, and formulas over them worked out once more,
apart from the renderer.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.errors import LeakError
from pipeline.inspection.readback.scores import READINGS, reading
from pipeline.project import CODE_ROOT
from pipeline.report.edition import SHOWN, Correction, Edition, read_edition
from pipeline.system.kept import open_database

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MINUS = "\N{MINUS SIGN}"
_SYMBOLS = {"Q": "<5", "N": "0n", "M": "\N{EN DASH}"}
_WITHOUT_NUMBER = ("c", ":", "x", "\N{EN DASH}")
_MANIFOLD = 1000  # per cent: from here on a change has no tenths
Texts = tuple[str, ...]  # any of these may stand in one place


@dataclass(frozen=True)
class Released:
    """One line of what was released. A withheld cell has no value, no coverage and no
    states.
    """

    value: Decimal | None
    unit: str
    obs_status: str
    withheld: bool
    coverage: str  # "9 of 11" or ""
    states: Texts
    # "whole" or "part" of figures that contradict each other, as far as the version
    # tells it
    in_question: str = ""
    counts: bool = True
    wholes: Texts = ()  # of a figure in question, the wholes that are exceeded
    members: int = 0
    marks: str = ""  # of doubt: i, q, v
    word: str = ""  # of a judgement

    @property
    def is_compared(self) -> bool:
        """Whether shares, changes, rates and rankings use it: not a state's own figure
        in question.
        """
        return self.counts and (bool(self.states) or self.in_question not in ("whole", "part"))


@dataclass(frozen=True)
class Register:
    """Every released and every withheld cell of a version by its key, and the sources
    that the version may name.
    """

    cells: dict[str, Released]
    sources: Texts = ()
    # what each named query over the store says
    queries: dict[str, str] = field(default_factory=dict)
    # a whole in question -> the parts that would replace it
    instead: dict[str, Texts] = field(default_factory=dict)
    # a whole in question -> the part above it
    exceeded: dict[str, str] = field(default_factory=dict)
    # a state -> how many tables of the return it answered, of how many
    answered: dict[str, str] = field(default_factory=dict)
    edition: Edition = field(default_factory=Edition)
    # figures that this round corrected by a tenth or more
    revised: frozenset[str] = frozenset()
    # `discussion heroin`: what a case says of it
    cases: dict[str, Texts] = field(default_factory=dict)
    # all texts of the cases that the version may tell, with their bindings
    case_texts: Texts = ()
    # what experts wrote, how sure each of them is, and how a meeting calls it, as far as the
    # version may print it
    contributed: frozenset[str] = frozenset()
    # the reasons of decisions that the version may tell, and their heads
    decided: frozenset[str] = frozenset()

    @property
    def years(self) -> set[str]:
        return {key.split(":")[1].split(".")[1] for key in self.cells}

    @property
    def withheld(self) -> set[str]:
        return {key for key, cell in self.cells.items() if cell.withheld}

    @property
    def written(self) -> frozenset[str]:
        """What people wrote that the version may tell, letter for letter, with its heads."""
        return self.contributed | self.decided

    def printed(self, reference: str) -> Texts:
        """The texts that may stand in a table or a chart for a key, or for a formula
        written `name(key, key + key)`.
        """
        if match := re.fullmatch(r"(\w+)\((.+)\)", reference):
            return self._formula(match[1], match[2].split(", "))
        return (self.text(reference),)

    def text(self, key: str) -> str:
        return self._text_of(key, self.cells.get(key))

    def _text_of(self, key: str, cell: Released | None) -> str:
        if cell is None:
            return ":"
        if cell.withheld:
            return "c"
        if cell.value is None:
            region = key.split(":")[1].startswith("SELEC")
            return "x" if region and cell.obs_status == "L" else _SYMBOLS.get(cell.obs_status, ":")
        return cell.word or number(cell.value, places_of(cell.value, cell.unit))

    def value(self, reference: str) -> Decimal | None:
        """The value behind a key or a formula, rounded as it is printed; None where
        there is none to show.
        """
        match = re.fullmatch(r"(\w+)\((.+)\)", reference)
        if not match:
            cell = self.cells.get(reference)
            return cell.value if cell else None
        name, (first, *rest) = match[1], match[2].split(", ")
        if name in ("sum", "instead", "difference"):
            return self._added(name, [operands.split(" + ") for operands in (first, *rest)])
        if name == "tenths":
            return self._tenths(first, rest)
        if name == "undrawn" or not self._comparable(name, [first, *" + ".join(rest).split(" + ")]):
            return None
        top = self.value(first)
        base = [self.value(k) for k in " + ".join(rest).split(" + ")]
        if name == "rate":
            base = [b for b in base if b is not None]
        known = [b for b in base if b is not None]
        if top is None or len(known) != len(base) or not sum(known):
            return None
        if name == "share" and top > sum(known):
            return None
        if name == "change":
            return rounded((top - known[0]) / known[0] * 100, 1)
        per, places = {"share": (100, 1), "rate": (100_000, 2)}[name]
        return rounded(top / sum(known) * per, places)

    def _tenths(self, own: str, parts: list[str]) -> Decimal | None:
        """How many of ten a part is, of `tenths(part, first + first, second + second)`: whole
        tenths, and one more for the largest rests until there are ten.
        """
        amounts = [self._added("sum", [operands.split(" + ")]) for operands in parts]
        known = [Fraction(a) for a in amounts if a is not None]
        if own not in parts or len(known) < len(parts) or not sum(known):
            return None
        shares = [10 * amount / sum(known) for amount in known]
        rests = [share - int(share) for share in shares]
        ranked = sorted(range(len(parts)), key=lambda i: (rests[i], known[i], -i), reverse=True)
        more = ranked[: 10 - sum(map(int, shares))]
        place = parts.index(own)
        return Decimal(int(shares[place]) + (place in more))

    def _added(self, name: str, operands: list[list[str]]) -> Decimal | None:
        """Sums and differences of cells: `sum(a + b)`, `difference(a, b)`,
        `instead(region, wholes, parts)`.
        """
        signs = {"sum": (1,), "difference": (1, -1), "instead": (1, -1, 1)}[name]
        found = Decimal(0)
        for sign, keys in zip(signs, operands, strict=True):
            for key in keys:
                value = self.value(key)
                if value is None:
                    return None
                found += sign * value
        return found

    def _comparable(self, name: str, keys: list[str]) -> bool:
        """Figures in question are in no share, change or rate; what a regional figure
        counts of them is in its sum.
        """
        cells = [self.cells[k] for k in keys if k in self.cells and not k.startswith("POPULATION:")]
        if name == "share" and cells and cells[0].states:
            return all(c.counts for c in cells)
        return all(c.is_compared for c in cells)

    def _formula(self, name: str, inputs: list[str]) -> Texts:
        if name == "query":
            return (self.queries[inputs[0]],) if inputs[0] in self.queries else ()
        if name == "answered":
            return (self.answered[inputs[0]],) if inputs[0] in self.answered else ()
        if name == "coverage":
            cell = self.cells.get(inputs[0])
            return ("c",) if cell and cell.withheld else (cell.coverage if cell else "",)
        if name in ("middle", "between"):
            ends = [self.cells.get(key) for key in inputs]
            words = [c.word for c in ends if c and not c.withheld and c.word]
            return (" to ".join(dict.fromkeys(words)),) if len(words) == len(inputs) else ()
        if name == "before":
            return tuple(self._before(c) for c in self.edition.corrections if c.key == inputs[0])
        # a figure that a drawing leaves out: in question, or a part of an incomplete
        # bar
        if name == "undrawn":
            cell = self.cells.get(inputs[0])
            return () if cell is None or cell.withheld else ("x",) if cell.is_compared else ("i",)
        if name in READINGS:
            return reading(name, inputs, value_of=self.value)
        if name == "tenths":
            count = self._tenths(inputs[0], inputs[1:])
            some = self._added("sum", [inputs[0].split(" + ")])
            return () if count is None else ("under 1" if some and not count else str(count),)
        if name in ("sum", "instead", "difference"):
            total = self.value(f"{name}({', '.join(inputs)})")
            return () if total is None else (number(total, 0), f"+{number(total, 0)}")
        if name not in ("share", "change", "rate"):
            return ()
        value = self.value(f"{name}({', '.join(inputs)})")
        if value is None:
            return (
                (*_WITHOUT_NUMBER, "<5", "0n")
                if self._symbol_of_sender(inputs)
                else _WITHOUT_NUMBER
            )
        text = number(value, 2 if name == "rate" else percent_places(value))
        return (f"+{text}" if name == "change" and value > 0 else text, *_WITHOUT_NUMBER)

    def _before(self, correction: Correction) -> str:
        """What the edition before printed of a figure that this one corrects; never a
        value of a figure that is withheld now.
        """
        now = self.cells.get(correction.key)
        if correction.is_hidden_now or (now and now.withheld):
            return SHOWN
        line = {**vars(correction), "coverage": ""}
        return self._text_of(correction.key, _from_line(line))

    def _symbol_of_sender(self, inputs: list[str]) -> bool:
        cells = [self.cells.get(key) for key in " + ".join(inputs).split(" + ")]
        return any(c is not None and not c.withheld and c.obs_status in ("Q", "N") for c in cells)


def of_state(key: str, state: str) -> str:
    """The key of the same figure of a state."""
    cube, codes = key.split(":")
    return f"{cube}:{'.'.join([state, *codes.split('.')[1:]])}"


def rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def places_of(value: Decimal, unit: str) -> int:
    """With how many decimals a value is printed: small weights keep theirs, scores have
    one.
    """
    if unit == "places":  # a coefficient, or a count of states
        return 0 if value == int(value) else 2
    if unit == "score":
        return 1
    return (1 if value >= 1 else 3) if unit == "kg" and 0 < value < 10 else 0


def percent_places(value: Decimal) -> int:
    """With how many decimals a per cent is printed."""
    return 1 if abs(value) < _MANIFOLD else 0


def number(value: Decimal, places: int) -> str:
    return f"{rounded(value, places):,}".replace("-", _MINUS)


def read_register(path: Path) -> Register:
    """Read the released cells from a version's store, or from a CSV with key, value,
    unit, obs_status, conf_status, coverage and, for shares over some states only,
    states (codes parted by spaces).
    """
    if not path.is_file():
        raise LeakError(
            "the list of released cells does not exist",
            where=str(path),
            do="build the stores first",
        )
    if path.suffix == ".duckdb":
        return _from_store(path)
    with path.open(encoding="utf-8", newline="") as file:
        return Register({row["key"]: _from_line(row) for row in csv.DictReader(file)})


def _from_store(path: Path) -> Register:
    with open_database(path) as connection:
        rows = connection.execute(
            """select key, value, unit, obs_status, withheld, coverage, members, states, question,
            counts, wholes,
                case
                    when value is null then ''
                    else trim(concat(
                        case when len(wholes) > 0 then 'i' when queried then 'q' else '' end,
                        case when coverage is null and vintage < (select value::integer
                        from meta where name = 'round')
                            then ' v' else '' end
                    ))
                end, word
            from cells"""
        ).fetchall()
        conflicts = connection.execute("""select whole, part, parts from conflicts
            order by whole, part_cube <> whole_cube, len(parts) = 0, dimensions, part""").fetchall()
        sources = connection.execute(
            "select distinct source from sources order by source"
        ).fetchall()
        revised = connection.execute(
            """select key from revisions
            where old_value > 0 and abs(new_value - old_value) * 10 >= old_value"""
        ).fetchall()
        counted = connection.execute(
            """select state, count(*) filter (answer in ('reported', 'question', 'suppressed')),
            count(*) from coverage group by state"""
        ).fetchall()
        told = connection.execute(
            "select case_id, name, value, day, said from case_facts order by all"
        ).fetchall()
        written = connection.execute("select area, topic, text, head from contributions").fetchall()
        decided = connection.execute("select reason, head from decisions").fetchall()
        texts = connection.execute(
            "select title, head, paragraphs, cited from cases order by case_id"
        ).fetchall()
        queries = {
            name: _said(*(connection.execute(sql).fetchone() or (None,)))
            for name, sql in quality_queries()
        }
    instead: dict[str, Texts] = {}
    exceeded: dict[str, str] = {}
    for whole, part, parts in conflicts:
        exceeded.setdefault(whole, part)
        if parts:
            instead.setdefault(whole, tuple(parts))
    cells = {row[0]: _from_row(row) for row in rows}
    named = tuple(s for (s,) in sources if s)
    corrected = frozenset(key for (key,) in revised)
    answered = {state: f"{given} of {of}" for state, given, of in counted}
    edition = read_edition(path)
    cases: dict[str, Texts] = {
        f"{case} {name}": (_told(value, day=day, said=said),)
        for case, name, value, day, said in told
    }
    said_of_cases = tuple(
        t for title, head, text, cited in texts for t in (title, head, *text, cited)
    )
    return Register(
        cells,
        named,
        queries,
        instead,
        exceeded,
        answered,
        edition,
        corrected,
        cases,
        said_of_cases,
        frozenset(_contributed(written)),
        frozenset(text for pair in decided for text in pair if text),
    )


def _contributed(written: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    """Each text of an expert, what a report says of it, and what the book of a meeting
    does: a reference, a part of its hash, and how sure it is.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for area, topic, text, head in written:
        counted[area, topic] += 1
        yield text
        if head:
            yield head
            _, dot, evaluation = head.partition(" \N{MIDDLE DOT} ")
            hashed = hashlib.sha256(text.encode()).hexdigest()[:8]
            reference = f"{area}-{topic}-{counted[area, topic]} \N{MIDDLE DOT} {hashed}"
            yield f"{reference}{dot}{evaluation}"


def _told(value: Decimal | None, *, day: str, said: str) -> str:
    """What stands in the place of a fact of a case: a number, a time, or words."""
    if value is not None:
        whole = value == value.to_integral_value()
        return number(value, 0 if whole else len(str(value.normalize()).partition(".")[2]))
    if not day:
        return said
    year, month, of_month = (*day.split("-"), "", "")[:3]
    if month.startswith("H"):
        return f"the {'first' if month == 'H1' else 'second'} half of {year}"
    if not month:
        return year
    named = f"{_MONTHS[int(month) - 1]} {year}"
    return f"{int(of_month)} {named}" if of_month else named


def quality_queries() -> Iterator[tuple[str, str]]:
    """The queries of `sql/quality` by name: each gives one number about a version from
    its store.
    """
    for path in sorted((CODE_ROOT / "sql" / "quality").glob("*.sql")):
        yield path.stem, path.read_text(encoding="utf-8")


def _said(value: Any) -> str:
    if value is None:
        return ":"
    return number(Decimal(value), 1 if isinstance(value, Decimal) else 0)


def _from_row(row: tuple[Any, ...]) -> Released:
    (
        _,
        value,
        unit,
        obs,
        withheld,
        coverage,
        members,
        states,
        question,
        counts,
        wholes,
        marks,
        word,
    ) = row
    counted = "" if coverage is None else f"{coverage} of {members}"
    return Released(
        None if value is None else Decimal(value),
        unit,
        obs,
        withheld,
        counted,
        tuple(states or ()),
        question,
        counts,
        tuple(wholes or ()),
        members or 0,
        marks,
        word or "",
    )


def _from_line(row: dict[str, str]) -> Released:
    return Released(
        Decimal(row["value"]) if row["value"] else None,
        row["unit"],
        row["obs_status"],
        row["conf_status"] == "S",
        row["coverage"].replace("/", " of "),
        tuple((row.get("states") or "").split()),
        marks=row.get("marks") or "",
    )
