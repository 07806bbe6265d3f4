"""Whom may a sentence name? States that gave figures, made a movement or a sum: from
the released cells.

Nothing is named over a cell that is withheld. The renderer has its own code for the
same bindings.
"""

from __future__ import annotations

from decimal import Decimal

from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.model import Contracts
from pipeline.inspection.readback.values import Register, Texts

WHO = (
    "reporters",
    "silent",
    "lastyear",
    "members",
    "memberlist",
    "publishers",
    "driver",
    "leader",
    "state",
)
WHO_CLAIMS = (
    "empty",
    "last-year",
    "every",
    "none",
    "most-report",
    "few-report",
    "same-states",
    "other-states",
    "differ",
    "driver",
    "much",
    "apart",
    "source-is",
)
COUNTS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
)
_PARTS = {"driver": Decimal("0.5"), "much": Decimal("0.25")}
_FEW_PUBLISHERS = 6


def count_said(count: int) -> str:
    """A count as texts say it: a word up to twenty, digits above."""
    return COUNTS[count] if count < len(COUNTS) else str(count)


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


class LastGiven(str):
    """The variable `{last:TABLE.code}` of a version: the last year of a figure, or the
    reference year.
    """

    __slots__ = ("who",)
    who: Who

    def __new__(cls, who: Who) -> LastGiven:
        made = super().__new__(cls, who.round_)
        made.who = who
        return made

    def __format__(self, asked: str) -> str:
        table, *codes = asked.split(".")
        return self.who.last(table, codes, until=self.who.round_) or str(self)


class Who:
    """The bindings and claims of one version that name states, years of figures or
    publishers.
    """

    def __init__(self, register: Register, contracts: Contracts, *, round_: int) -> None:
        self.register, self.contracts, self.round_ = register, contracts, round_
        self.members = contracts.members(round_)
        self.labels = {m.code: m.label for m in self.members}

    def texts(self, words: list[str]) -> Texts:
        """What a binding may have become; nothing where it had nothing to show."""
        command, *given = words
        if command == "state":
            return (self.contracts.codelist("states").label(given[0]),)
        if command == "members":
            return (count_said(len(self.members)),)
        if command == "memberlist":
            return (listed([f"{m.code} {m.label}" if given else m.label for m in self.members]),)
        if command == "publishers":
            found = sorted(self._publishers())
            return (listed(found),) if 0 < len(found) <= _FEW_PUBLISHERS else ()
        if command == "lastyear":
            cube, _, codes = given[0].partition(":")
            _, year, *others = codes.split(".")
            last = self.last(cube, others, until=int(year))
            return (last,) if last else ()
        if command in ("reporters", "silent"):
            return self._reporting(command, given)
        return self._driver(given[0], given[2]) if command == "driver" else self._leader(given[0])

    def _reporting(self, command: str, given: list[str]) -> Texts:
        states = self._givers(given[0], window=len(given) > 1)
        if states is None:
            return ()
        chosen = [
            label
            for code, label in self.labels.items()
            if (code in states) == (command == "reporters")
        ]
        if not chosen:
            return ("no state",) if command == "reporters" else ()
        if len(chosen) == len(self.members):
            return (
                (
                    f"all {count_said(len(chosen))} member states"
                    if command == "reporters"
                    else "any member state"
                ),
            )
        return (listed([in_running_text(label) for label in chosen]),)

    def _gave(self, key: str) -> bool | None:
        """Whether a cell says a figure or that there is one; None where it is withheld."""
        cell = self.register.cells.get(key)
        if cell is None:
            return False
        return None if cell.withheld else cell.value is not None or cell.obs_status in ("Q", "N")

    def _givers(self, pattern: str, window: bool = False) -> set[str] | None:
        """The states that gave the figure of a pattern, or gave it in each year; None
        where one is withheld.
        """
        cube, _, codes = pattern.partition(":")
        _, year, *others = codes.split(".")
        report = self.contracts.table(cube).report
        years = (
            [str(y) for y in self.contracts.contract(report).years(self.round_)]
            if window
            else [year]
        )
        found = set()
        for code in self.labels:
            gave = [self._gave(f"{cube}:{'.'.join([code, y, *others])}") for y in years]
            if None in gave:
                return None
            if all(gave):
                found.add(code)
        return found

    def last(self, table: str, codes: list[str], *, until: int) -> str:
        """The last year in which somebody gave a figure, a withheld one too; empty
        where nobody did.
        """
        years = [
            parts[1]
            for parts in self._keys(table)
            if all(code in ("*", own) for code, own in zip(codes, parts[2:], strict=False))
            and (int(parts[1]) <= until or self.contracts.is_scored(table))
        ]
        return max(years, default="")

    def _keys(self, table: str) -> list[list[str]]:
        """State, year and codes of every cell of a table that a respondent filled, in
        the window of the round.
        """
        contract = self.contracts.table(table)
        respondents = ["SELEC"] if contract.respondent == "center" else list(self.labels)
        years = {str(y) for y in self.contracts.contract(contract.report).years(self.round_)}
        found = []
        for key in self.register.cells:
            cube, _, codes = key.partition(":")
            parts = codes.split(".")
            if (
                cube == table
                and parts[0] in respondents
                and (parts[1] in years or self.contracts.is_scored(table))
                and self._gave(key) is not False
            ):
                found.append(parts)
        return found

    # --- movements and sums

    def _pairs(self, key: str, year: str) -> dict[str, tuple[Decimal, Decimal]] | None:
        """The two figures of each state behind a regional figure and the one of an
        earlier year.
        """
        cube, _, codes = key.partition(":")
        region, now, *others = codes.split(".")
        cells = [
            self.register.cells.get(f"{cube}:{'.'.join([region, y, *others])}") for y in (year, now)
        ]
        if any(c is None or c.withheld for c in cells):
            return None
        pairs = {}
        for state in cells[1].states if cells[1] else ():
            keys = [f"{cube}:{'.'.join([state, y, *others])}" for y in (year, now)]
            if any(c is not None and c.withheld for c in map(self.register.cells.get, keys)):
                return None
            known = [
                c for c in map(self.register.cells.get, keys) if c is not None and c.is_compared
            ]
            values = (
                [self.register.value(k) for k in keys] if len(known) == len(keys) else [None, None]
            )
            if (
                cells[0]
                and state in cells[0].states
                and values[0] is not None
                and values[1] is not None
            ):
                pairs[state] = (values[0], values[1])
        return pairs if len(pairs) > 1 else None

    def _parts(self, key: str, year: str) -> dict[str, Decimal]:
        pairs = self._pairs(key, year) or {}
        total = sum((now - then for then, now in pairs.values()), Decimal(0))
        return {s: (now - then) / total for s, (then, now) in pairs.items()} if total else {}

    def _driver(self, key: str, year: str) -> Texts:
        cube, _, codes = key.partition(":")
        _, now, *others = codes.split(".")
        for state, part in self._parts(key, year).items():
            if part > _PARTS["driver"] and part == max(self._parts(key, year).values()):
                texts = [
                    self.register.text(f"{cube}:{'.'.join([state, y, *others])}")
                    for y in (year, now)
                ]
                return (f"{in_running_text(self.labels[state])} (from {texts[0]} to {texts[1]})",)
        return ()

    def _leader(self, pattern: str) -> Texts:
        cube, _, codes = pattern.partition(":")
        keys = {code: f"{cube}:{code}{codes[1:]}" for code in self.labels}
        if self._givers(pattern) is None:
            return ()
        values = {c: v for c, k in keys.items() if (v := self.register.value(k)) is not None}
        if len(values) < 2:
            return ()
        first = min(values, key=lambda c: (-values[c], self.labels[c]))
        region = f"{cube}:SELEC{codes[1:]}"
        whole = self.register.cells.get(region)
        base = region if whole and whole.states != (first,) else keys[first]
        shares = self.register.printed(f"share({keys[first]}, {base})")
        return tuple(
            f"{in_running_text(self.labels[first])} ({share} per cent)" for share in shares
        )

    # --- claims

    def _publishers(self) -> set[str]:
        parts = [p for source in self.register.sources for p in source.split(";")]
        return {p.split(",")[0].strip() for p in parts if p.strip()}

    def holds(self, name: str, given: list[str]) -> bool:
        """Whether a claim is true of the released cells; what is withheld is not
        claimed.
        """
        what = given[0]
        last = given[-1]
        if name == "source-is":
            named = set(what.replace("_", " ").split(","))
            found = self._publishers()
            return bool(found) and (found <= named if len(given) == 1 else named & found == named)
        if name in _PARTS:
            return self._parts(given[2], last).get(what, Decimal(0)) > _PARTS[name]
        if name == "apart":
            pairs = (self._pairs(what.replace(":*", ":SELEC"), last) or {}).values()
            return any(b > a for a, b in pairs) and any(b < a for a, b in pairs)
        if name == "last-year":
            return self.texts(["lastyear", what]) == (last,)
        if name == "empty" and ":" not in what:
            return not [k for k in self._keys(what) if len(given) == 1 or k[1] == last]
        if name in ("same-states", "other-states", "differ"):
            return self._states_hold(name, what, last=last)
        states = self._givers(what)
        if states is None:
            return False
        count = len(states)
        of = len(self.members)
        return {
            "every": count == of,
            "none": not count,
            "empty": not count,
            "most-report": count * 2 > of,
            "few-report": count * 2 < of,
        }[name]

    def _states_hold(self, name: str, what: str, *, last: str) -> bool:
        if name == "differ":
            keys = [what, last]
        else:
            cube, _, codes = what.partition(":")
            state, now, *others = codes.split(".")
            years = (
                range(int(last), int(now) + 1) if name == "same-states" else (int(last), int(now))
            )
            keys = [f"{cube}:{'.'.join([state, str(y), *others])}" for y in years]
        cells = [self.register.cells.get(k) for k in keys]
        if any(c is None or c.value is None for c in cells):
            return False
        return (len({c.states for c in cells if c}) == 1) == (name == "same-states")
