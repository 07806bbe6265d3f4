"""How do the parts that offices of a state send become one return?

Each office gives the tables that stand in its part; what a state sends later replaces
the tables of the same office alone. The same cell in two parts is told to both: figures
that agree count once, figures that do not keep their table out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.cells import CONF_LABEL, OBS_LABEL
from pipeline.contracts.layout import tables_for
from pipeline.contracts.model import Contracts
from pipeline.contracts.offices import (
    OFFICES,
    Offices,
    Parts,
    office_label,
    office_list,
)
from pipeline.findings import Finding
from pipeline.returns.intake.entry import Entry
from pipeline.returns.intake.folder import ReturnFile
from pipeline.returns.intake.parse import MISSING
from pipeline.returns.intake.problems import FindingBook
from pipeline.returns.intake.read import ReturnRead

SUPERSEDED, WITHDRAWN, IN_ANOTHER_PART = "superseded", "withdrawn", "in-another-part"
_FREE, _NORMAL = "F", "A"
# Not reported, not collected, or counted elsewhere: of one office this says nothing
# against the figure of another.
_NO_FIGURE_HERE = (MISSING, "K", "L")


@dataclass(frozen=True)
class Joined:
    """The files of a round as they count. `findings` are those about no single file,
    `not_told` are (file, table) of parts that need not answer for a table, because
    another one gives it.
    """

    read: tuple[ReturnRead, ...]
    findings: tuple[Finding, ...]
    not_told: tuple[tuple[str, str], ...]


def join_returns(
    read: Iterable[ReturnRead],
    contracts: Contracts,
    *,
    offices: Offices,
    round_: int,
    sent: Sequence[ReturnFile],
) -> Joined:
    """Join the files of each return of a round, in the order in which they were read.
    `sent` are all files that may be returns.
    """
    joined = list(read)
    findings: list[Finding] = []
    not_told: list[tuple[str, str]] = []
    returns: dict[tuple[str, str], list[int]] = {}
    for at, one in enumerate(joined):
        returns.setdefault((one.reading.report, one.reading.state), []).append(at)
    for (report, state), places in returns.items():
        parts = offices.of(report, state, round_=round_)
        files = [joined[at] for at in places]
        whole = _Return(contracts, report, state, round_, parts, files)
        if whole.is_in_parts or parts:
            named = {f.name: f.office for f in sent if (f.report, f.state) == (report, state)}
            findings += whole.join(named)
            not_told += whole.not_told()
        else:
            whole.read = supersede(whole.read)
        for at, one in zip(places, whole.read, strict=True):
            joined[at] = one
    return Joined(tuple(joined), tuple(findings), tuple(not_told))


# Several files of one office, or of a state that sends whole returns: a later one brings
# its tables anew, or takes tables back.


def supersede(files: Sequence[ReturnRead]) -> list[ReturnRead]:
    """The files of one return in the order of their numbers, without the figures that
    later files replaced.
    """
    last: dict[str, int] = {}
    for number, read in enumerate(files):
        if read.reading.outcome == "refused" and read.reading.number > 1:
            continue
        for table in _brought(read):
            last[table] = number
    return [
        _without(read, {t: files[n] for t, n in last.items() if n > number})
        for number, read in enumerate(files)
    ]


def _brought(read: ReturnRead) -> set[str]:
    """Tables of which a file says something: figures, an error that keeps them out, or
    that they are taken back.

    A remark beside a table, or a cell outside of its form, says nothing about the
    figures sent before.
    """
    errors = {f.table for f in read.findings if f.severity == "error" and f.table}
    return {e.table.name for e in read.entries} | errors | read.withdraws


def _without(read: ReturnRead, later: dict[str, ReturnRead]) -> ReturnRead:
    """A file without the figures, and the findings about them, of tables that `later`
    files bring or withdraw.
    """
    if not later:
        return read
    withdrawn = {t for t, by in later.items() if t in by.withdraws}
    account = read.account.set_aside(withdrawn, WITHDRAWN).set_aside(
        set(later) - withdrawn, SUPERSEDED
    )
    return replace(
        read,
        findings=[f for f in read.findings if f.table not in later],
        account=account,
        entries=[e for e in read.entries if e.table.name not in later],
        set_aside=tuple(e for e in read.entries if e.table.name in later),
        left=tuple(key for key in read.left if key.partition(":")[0] not in later),
    )


# Several offices of one state.


@dataclass(frozen=True)
class _Said:
    """What a file says of a cell: the place of the file among those of the return, and
    the figure.
    """

    file: int
    entry: Entry

    @property
    def figure(self) -> tuple[object, ...]:
        return self.entry.value, self.entry.obs_status

    @property
    def is_missing(self) -> bool:
        """Whether it only says that this office has no figure."""
        return self.entry.value is None and self.entry.obs_status in _NO_FIGURE_HERE


@dataclass
class _Return:
    """The files of one return, while they are joined."""

    contracts: Contracts
    report: str
    state: str
    round: int
    parts: Parts
    read: list[ReturnRead]

    def __post_init__(self) -> None:
        self.books = [self._book(r.reading.file) for r in self.read]

    @property
    def is_in_parts(self) -> bool:
        return any(r.reading.office for r in self.read)

    def join(self, named: Mapping[str, str]) -> list[Finding]:
        """Join the parts; returns the findings about no single one of them. `named` is
        the office that the name of each file says.
        """
        if self.is_in_parts:
            self._refuse_second(named)
            self._leave_out_refused()
        by_office: dict[str, list[int]] = {}
        for at, read in enumerate(self.read):
            by_office.setdefault(read.reading.office, []).append(at)
        for places in by_office.values():
            places.sort(key=lambda at: self.read[at].reading.number)
            for at, read in zip(places, supersede([self.read[p] for p in places]), strict=True):
                self.read[at] = read
        self._find_copies()
        self._find_whole()
        self._find_strange_tables()
        self._settle_cells()
        for at, book in enumerate(self.books):
            if book.findings:
                own = self.read[at]
                self.read[at] = replace(own, findings=[*own.findings, *book.findings])
        return self._incomplete(named)

    def _book(self, file: str) -> FindingBook:
        version = self.contracts.contract(self.report).version
        return FindingBook(
            self.round, self.report, state=self.state, file=file, contract_version=version
        )

    def _name(self, at: int) -> str:
        """A file with its office, as a finding names it."""
        reading = self.read[at].reading
        office = reading.office
        whose = f"the part of {office_label(self.contracts, office)}" if office else "the return"
        return f"{whose}, {reading.file}"

    def _refuse(self, at: int) -> None:
        """A file that does not count: the others stand as they are."""
        read = self.read[at]
        self.read[at] = replace(
            read,
            reading=replace(read.reading, outcome="refused"),
            account=read.account.refuse(None),
            entries=[],
            left=(),
        )

    def _refuse_second(self, named: Mapping[str, str]) -> None:
        """Two files under one number, of which the covers name the same office: the one
        counts whose name says so too.
        """
        first: dict[tuple[str, int], int] = {}
        order = sorted(
            range(len(self.read)), key=lambda at: not named.get(self.read[at].reading.file)
        )
        for at in order:
            reading = self.read[at].reading
            if not reading.office or reading.outcome != "read":
                continue
            other = first.setdefault((reading.office, reading.number), at)
            if other != at:
                self.books[at].add("part-twice", f"beside {self._name(other)}")
                self._refuse(at)

    def _leave_out_refused(self) -> None:
        """A whole return that is refused leaves the parts beside it as they are."""
        for at, read in enumerate(self.read):
            if read.reading.outcome == "refused" and read.entries:
                self._refuse(at)

    def _read_ones(self) -> list[int]:
        return [at for at, r in enumerate(self.read) if r.reading.outcome == "read"]

    def _find_copies(self) -> None:
        by_bytes: dict[str, list[int]] = {}
        for at in self._read_ones():
            if not self.read[at].withdraws:
                by_bytes.setdefault(self.read[at].reading.sha256, []).append(at)
        for same in by_bytes.values():
            for at in same:
                others = [
                    self._name(o)
                    for o in same
                    if self.read[o].reading.office != self.read[at].reading.office
                ]
                if others:
                    self.books[at].add("part-copied", f"the bytes of {'; '.join(others)}")

    def _find_whole(self) -> None:
        there = self._read_ones()
        wholes = [at for at in there if not self.read[at].reading.office]
        parts = [at for at in there if self.read[at].reading.office]
        if wholes and parts:
            for at in there:
                beside = wholes if at in parts else parts
                names = "; ".join(self._name(o) for o in beside)
                self.books[at].add("whole-beside-parts", f"beside {names}")

    def _find_strange_tables(self) -> None:
        """Tables that an office gives, and are another's by the list of offices."""
        if not self.parts:
            return
        for at in self._read_ones():
            office = self.read[at].reading.office
            own = self.parts.get(office, ())
            given = {e.table.name: e.table for e in self.read[at].entries}
            for name, table in given.items() if office else ():
                if name not in own:
                    owners = [
                        office_label(self.contracts, o) for o, t in self.parts.items() if name in t
                    ]
                    self.books[at].add(
                        "table-of-another-office",
                        f"figures of a table that {OFFICES} leaves to {' and '.join(owners)}"
                        if owners
                        else f"figures of a table that {OFFICES} leaves to nobody",
                        sheet=table.layout.sheet,
                        table=name,
                        allowed=", ".join(own) or f"no table: {OFFICES} does not name this office",
                    )

    # The same cell in two parts.

    def _settle_cells(self) -> None:
        said: dict[str, dict[str, _Said]] = {}
        for at in self._read_ones():
            office = self.read[at].reading.office
            for entry in self.read[at].entries:
                said.setdefault(entry.key, {}).setdefault(office, _Said(at, entry))
        aside: dict[int, set[str]] = {}
        for by_office in said.values():
            if len(by_office) > 1:
                for lost in self._settle(self._in_order(by_office)):
                    aside.setdefault(lost.file, set()).add(lost.entry.key)
        for at, keys in aside.items():
            self._set_aside(at, keys)

    def _in_order(self, by_office: Mapping[str, _Said]) -> list[_Said]:
        """First who gives the table by the list of offices, then as the offices are
        listed, the whole return last.
        """
        listed = [c.code for c in office_list(self.contracts)]
        table = next(iter(by_office.values())).entry.table.name

        def place(office: str) -> tuple[bool, int]:
            at = listed.index(office) if office in listed else len(listed)
            return table not in self.parts.get(office, ()), at

        return [by_office[office] for office in sorted(by_office, key=place)]

    def _settle(self, said: list[_Said]) -> list[_Said]:
        """Tell each part what the others say of the cell; returns what does not count.

        One that is refused as it was read keeps its table out already.
        """
        usable = [s for s in said if s.entry.usable]
        if len(usable) < 2:
            return [s for s in said if not s.entry.usable][: len(said) - 1]
        figures = [s for s in usable if not s.is_missing] or usable
        agree = (
            len({s.figure for s in figures}) == 1
            and len({s.entry.conf_status for s in usable}) == 1
        )
        # The same file twice is told once, not again for each of its figures.
        is_copied = len({self.read[s.file].reading.sha256 for s in usable}) == 1
        for own in () if is_copied else usable:
            others = "; ".join(
                f"{_shown(o.entry)} in {self._name(o.file)}, {_place(o.entry)}"
                for o in usable
                if o is not own
            )
            self.books[own.file].add(
                "cell-in-two-parts" if agree else "parts-disagree",
                f"{_shown(own.entry)} here; {others}",
                sheet=own.entry.sheet,
                cell=own.entry.address,
                table=own.entry.table.name,
                key=own.entry.key,
            )
        return [s for s in said if s is not figures[0]]

    def _set_aside(self, at: int, keys: set[str]) -> None:
        read = self.read[at]
        lost = [e for e in read.entries if e.key in keys]
        cells: dict[str, int] = {}
        for entry in lost:
            if entry.usable:
                cells[entry.table.name] = cells.get(entry.table.name, 0) + entry.cells
        self.read[at] = replace(
            read,
            account=read.account.leave_out(cells, IN_ANOTHER_PART) if cells else read.account,
            entries=[e for e in read.entries if e.key not in keys],
            set_aside=(*read.set_aside, *lost),
        )

    # What is not there.

    def _incomplete(self, named: Mapping[str, str]) -> list[Finding]:
        """What the return lacks: parts that nobody sent, and parts that were refused.
        A whole return lacks none.
        """
        there = {self.read[at].reading.office for at in self._read_ones()}
        sent = {r.reading.office for r in self.read} | set(named.values())
        book = self._book("")
        if "" in there:
            return []
        for code in office_list(self.contracts):
            if code.code in there or code.code not in {*self.parts, *sent}:
                continue
            tables = ", ".join(
                self.contracts.table(t).layout.sheet for t in self.parts.get(code.code, ())
            )
            rule = "part-refused" if code.code in sent else "part-missing"
            book.add(rule, f"{code.label}{f': {tables}' if tables else ''}")
        return book.findings

    def not_told(self) -> Iterator[tuple[str, str]]:
        """Files that are not asked about what stood in a table before: those of other
        offices than the ones that give it.
        """
        there = self._read_ones()
        tables = tables_for(self.contracts.contract(self.report), self.state, round_=self.round)
        for table in tables if self.is_in_parts else ():
            owners = {o for o, given in self.parts.items() if table.name in given}
            told = {
                at
                for at in there
                if self.read[at].reading.office in owners or _says(self.read[at], table.name)
            }
            if told or owners:
                yield from (
                    (self.read[at].reading.file, table.name) for at in there if at not in told
                )


def _says(read: ReturnRead, table: str) -> bool:
    return (
        table in _brought(read)
        or any(e.table.name == table for e in read.set_aside)
        or any(key.partition(":")[0] == table for key in read.left)
    )


def _shown(entry: Entry) -> str:
    """A figure as its sender wrote it, with what binds it."""
    more = []
    if entry.obs_status != _NORMAL:
        more.append(OBS_LABEL.get(entry.obs_status, entry.obs_status))
    if entry.conf_status != _FREE:
        more.append(CONF_LABEL.get(entry.conf_status, entry.conf_status))
    return f"{entry.raw} ({'; '.join(more)})" if more else entry.raw


def _place(entry: Entry) -> str:
    return " ".join(part for part in (entry.sheet, entry.address) if part)


def owner_of_table(parts: Parts, table: str) -> str:
    """The one office that gives a table; empty where there is none, or several."""
    owners = [office for office, given in parts.items() if table in given]
    return owners[0] if len(owners) == 1 else ""
