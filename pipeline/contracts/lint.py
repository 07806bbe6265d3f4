"""Are contracts, code lists, policy and registers well formed? Checks them without
running any step.

Whatever a later step could not use, or would use otherwise than it reads, is told with
file, line and repair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline.cells import CONF_LABEL, OBS_LABEL
from pipeline.contracts.anchors import load_anchors
from pipeline.contracts.answer import read_answer_days
from pipeline.contracts.calendar import CALENDAR, Calendar, load_calendar
from pipeline.contracts.center_export import load_exports
from pipeline.contracts.codelists import fold, load_codelist
from pipeline.contracts.gate_rules import load_gate_rules
from pipeline.contracts.known_errors import load_known_errors
from pipeline.contracts.layout import form_of, tables_for
from pipeline.contracts.lint_contracts import lint_contract as lint_contract
from pipeline.contracts.lint_contracts import lint_together
from pipeline.contracts.lint_contracts import odcs_schema as odcs_schema
from pipeline.contracts.lint_states import lint_states, without_consent
from pipeline.contracts.lists import ListLine, read_list
from pipeline.contracts.mail import load_mail
from pipeline.contracts.mirrors import load_mirrors
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.offices import load_offices
from pipeline.contracts.operations import OPERATIONS, Operations, load_operations
from pipeline.contracts.outside import load_figures
from pipeline.contracts.policy import load_policy
from pipeline.contracts.population import load_population
from pipeline.contracts.published import load_published_figures
from pipeline.errors import ContractError, UserError
from pipeline.project import ENDING, Project
from pipeline.system.signed.signers import lint_signers
from pipeline.system.yaml_files import name_of

_OWN_FORM = ("population", "cell_symbols")  # these two are not lists of codes
_SYMBOLS = ("text", "obs_status", "language", "note")
_NAMES = "names_in_texts.csv"
_HEADERS = (
    "table",
    "code",
    "state",
    "year",
    "sex",
    "age",
    "citizenship",
    "value",
    "status",
    "conf_status",
    "note",
)
T = TypeVar("T")


class Wrong:
    """All that was found wrong, each once."""

    def __init__(self) -> None:
        self.told: dict[str, None] = {}

    def tried(self, read: Callable[[], T]) -> T | None:
        """What a reader gives, or nothing where it refuses: then what it says is kept."""
        try:
            return read()
        except UserError as problem:
            self.told[str(problem)] = None
            return None

    def tell(self) -> None:
        """Raise ContractError with everything, if there is anything."""
        if self.told:
            raise ContractError("\n".join(self.told), do="correct what is named")


def lint_project(project: Project) -> Iterator[str]:
    """Check everything; yields a line per kind that is right. Raises ContractError with
    all that is wrong.
    """
    wrong = Wrong()
    files = [project.contracts / f"{report}{ENDING}" for report in project.collected]
    wrong.told |= dict.fromkeys(w for file in files for w in lint_contract(file))
    # A contract names lists: one that cannot be read is told by itself, not once for
    # every table that uses it.
    lists = [p for p in sorted(project.codelists.glob("*.csv")) if p.stem not in _OWN_FORM]
    checked = [wrong.tried(partial(load_codelist, project.codelists, p.stem)) for p in lists]
    wrong.tell()
    wrong.told |= dict.fromkeys(lint_together(files))
    contracts = wrong.tried(lambda: load_contracts(project.contracts))
    wrong.tell()
    assert contracts is not None
    wrong.told |= dict.fromkeys(_unusable(contracts, project))
    wrong.tell()
    yield f"contracts: {len(contracts.by_report)} follow ODCS 3.2, {len(contracts.tables)} tables"

    policy = wrong.tried(lambda: load_policy(project.contracts, contracts))
    if policy:
        persons = sum(rule.counts_persons for rule in policy.tables.values())
        yield f"release policy: {', '.join(policy.versions)}; {persons} tables count persons"
    if signers := wrong.tried(lambda: lint_signers(project.contracts)):
        yield signers
    if days := wrong.tried(lambda: read_answer_days(project.contracts)):
        yield f"feedback: states have {days} days to answer"
    days_of = policy and wrong.tried(
        lambda: load_calendar(project.contracts, contracts, policy=policy)
    )
    if days_of:
        rounds = sorted({str(entry.round) for entry in days_of.entries})
        yield f"calendar: {', '.join(rounds) or 'no round is entered'}"
    if policy and (runs := wrong.tried(lambda: load_operations(project.contracts, policy))):
        wrong.told |= dict.fromkeys(_never_built(runs, days_of) if days_of else ())
        yield f"operations: runs build {', '.join(runs.versions)}, scheduled at {runs.at}"
    before = len(wrong.told)
    mail = wrong.tried(lambda: load_mail(project.contracts, contracts))
    if len(wrong.told) == before:
        yield f"mail: addresses of {len(mail.states) if mail else 0} states, " + (
            f"sent through {mail.relay.host}" if mail and mail.relay else "nothing is sent"
        )
    if policy and (
        gate := wrong.tried(lambda: load_gate_rules(project.contracts, contracts, policy=policy))
    ):
        yield (
            f"release gate: {gate.states} states a report, {gate.headline_states} a headline table;"
            f" {len(gate.asks)} further conditions; {gate.reference}"
        )
    offices = wrong.tried(lambda: load_offices(contracts))
    if offices is not None:
        states = sorted({e.state for e in offices.entries})
        yield f"offices: {', '.join(states) or 'no state'} sends its returns in parts"
    known = wrong.tried(lambda: load_known_errors(project.contracts, contracts))
    if known is not None:
        yield f"known errors: {len(known)}" + (
            f", {', '.join(e.id for e in known)}" if known else ""
        )
    figures = wrong.tried(lambda: load_figures(project.contracts))
    if figures is not None:
        many = sum(map(len, figures.values()))
        yield f"context: {many} figures of others, in {', '.join(figures) or 'no cube'}"
    anchors = wrong.tried(lambda: load_anchors(project.contracts, contracts))
    if anchors is not None:
        yield f"anchors: {len(anchors)} totals that publishers printed elsewhere"
    series = wrong.tried(lambda: load_published_figures(project.contracts, contracts))
    if series is not None:
        many = sum(map(len, series.values()))
        yield f"published: {many} figures of states that returns are compared with"
    mirrors = wrong.tried(lambda: load_mirrors(project.contracts, contracts))
    if mirrors is not None:
        yield f"mirrors: {len(mirrors)} pairs of tables in which two states report of the same"
    if judged := contracts.assessment:
        asked = sum(len(table.scales) for table in judged.tables.values())
        yield f"assessment: {asked} questions on scales, in {', '.join(judged.tables)}"
    exports = wrong.tried(lambda: load_exports(project.contracts, contracts))
    if exports is not None:
        told = f", {', '.join(e.id for e in exports)}" if exports else ""
        yield f"exports of the Center's system: {len(exports)}{told}"
    wrong.told |= dict.fromkeys(_wrong_lists(project, contracts))
    found = [c for c in checked if c is not None]
    yield f"code lists: {len(found)} with {sum(len(c) for c in found)} codes"
    yield "units and crime areas: every table uses listed ones"
    yield (
        f"records: {sum(t.records is not None for t in contracts.tables)} tables may be sent as"
        " records"
    )
    wrong.tell()
    if lacking := list(lint_states(project, contracts)):
        raise ContractError(
            "\n  ".join(["member states lack something:", *lacking]),
            do="do what stands behind each",
        )
    yield "member states: population, spellings, border sections, citizenship and outline are there"
    assert policy is not None
    yield from without_consent(contracts, policy)


def _never_built(runs: Operations, calendar: Calendar) -> Iterator[str]:
    """Versions that have a day of release, and that no run builds or shows to the states."""
    for entry in calendar.entries:
        for version, _ in entry.release:
            if version not in runs.versions:
                yield (
                    f"{OPERATIONS}: runs build {', '.join(runs.versions)}, and {CALENDAR} has an"
                    f" hour of release for the {version} version of {entry.report} {entry.round};"
                    " add it to the versions, or take the hour out"
                )


def _unusable(contracts: Contracts, project: Project) -> Iterator[str]:
    """Forms that cannot be laid out for a member in the last year of the population: no
    line, no column, no code.
    """
    population = load_population(project.codelists)
    last = max(p.year for p in population)
    for contract in contracts:
        where = name_of(contract.path)
        asked = [*(m.code for m in contracts.members(last)), "SELEC"]
        told: set[str] = set()
        for state in asked:
            for table in tables_for(contract, state, round_=last):
                form = form_of(table, contract, state=state, round_=last)
                if table.name not in told and not form.addresses() and not table.layout.open_rows:
                    told.add(table.name)
                    yield (
                        f"{where}: {table.name} has no cell that {state} could fill in for {last};"
                        " correct its lists"
                    )


def _wrong_lists(project: Project, contracts: Contracts) -> Iterator[str]:
    """Lists that are no lists of codes, or whose codes our own program must know."""
    folder = project.codelists
    for name, known in (("obs_status", OBS_LABEL), ("conf_status", CONF_LABEL)):
        for code in contracts.codelist(name):
            if code.code not in known:
                yield (
                    f"codelists/{name}.csv: '{code.code}' is no status that the reports can print;"
                    " allowed: " + ", ".join(known)
                )
    if "F" not in contracts.codelist("conf_status"):
        yield (
            "codelists/conf_status.csv: there is no status F, which every figure has that nobody"
            " bound"
        )
    statuses = {c.code for c in contracts.codelist("obs_status")}
    wrong = Wrong()
    wrong.tried(lambda: load_population(folder))
    wrong.tried(
        lambda: _spellings(
            folder / "cell_symbols.csv",
            "text",
            meaning="obs_status",
            known=statuses,
            columns=_SYMBOLS,
        )
    )
    for path in sorted((folder / "aliases").glob("*.csv")):
        if path.stem == "headers":
            wrong.tried(
                partial(
                    _spellings,
                    path,
                    "alias",
                    meaning="code",
                    known=set(_HEADERS),
                    columns=("alias", "code", "language"),
                )
            )
        elif path.stem.endswith("_aggregates"):
            wrong.tried(partial(read_list, path, ("alias", "source", "note"), keys=("alias",)))
        elif (folder / f"{path.stem}.csv").is_file():
            codes = {c.code for c in contracts.codelist(path.stem)}
            columns = ("alias", "code") if path.stem == "states" else ("alias", "code", "source")
            wrong.tried(
                partial(_spellings, path, "alias", meaning="code", known=codes, columns=columns)
            )
        else:
            yield (
                f"{name_of(path)}: there is no list '{path.stem}' that it has spellings of; rename"
                " or remove it"
            )
    if (names := project.contracts / _NAMES).is_file():
        wrong.tried(lambda: _names(names, {s.code for s in contracts.codelist("states")}))
    yield from wrong.told


def _spellings(
    path: Path, spelling: str, *, meaning: str, known: set[str], columns: tuple[str, ...]
) -> None:
    """A spelling leads to one code, and that code is there. Raises ContractError."""
    seen: dict[str, ListLine] = {}
    for line in read_list(path, columns, keys=(spelling, meaning)):
        if line[meaning] not in known:
            allowed = ", ".join(sorted(known)[:40])
            raise line.wrong(
                f"'{line[spelling]}' leads to '{line[meaning]}', which is not there",
                allowed=allowed,
            )
        first = seen.setdefault(fold(line[spelling]), line)
        if first[meaning] != line[meaning]:
            raise line.wrong(
                f"'{line[spelling]}' leads to {line[meaning]}, and in line {first.number} to"
                f" {first[meaning]}",
                do="keep the one that is meant",
            )


def _names(path: Path, states: set[str]) -> None:
    for line in read_list(path, ("kind", "code", "name"), keys=("kind", "name")):
        if line["kind"] not in ("state", "publisher"):
            raise line.wrong(f"the kind is '{line['kind']}'", allowed="state, publisher")
        if line["kind"] == "state" and line["code"] not in states:
            raise line.wrong(
                f"there is no state '{line['code']}'", allowed=", ".join(sorted(states))
            )
