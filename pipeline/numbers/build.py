"""How do accepted returns become numbers? Loads the ledger and builds the marts; then
writes the stores of versions that show all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.contracts.layout import DEFINITION_FIELD, SOURCE_FIELD
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.errors import UserError
from pipeline.numbers.mart_rows import read_marts
from pipeline.numbers.sql.marts import Resolution, build_marts
from pipeline.numbers.stored_tables import StoredSource, values_of
from pipeline.numbers.stores import write_stores
from pipeline.numbers.versions import StoreInputs
from pipeline.numbers.warehouse.ledger import load_round
from pipeline.project import Project
from pipeline.returns.cases import load_cases
from pipeline.returns.meetings.kept import load_sheets
from pipeline.returns.meetings.recorded import decisions
from pipeline.returns.rules.query_log import read_log
from pipeline.returns.rules.validated import Validated, read_validation
from pipeline.system.progress import Progress, silent


@dataclass(frozen=True)
class Numbers:
    """What a build of the numbers did: new submissions, rows each check read, stores
    that changed.
    """

    new_submissions: int
    checks: dict[str, int]
    changed_stores: tuple[str, ...] = ()


def rounds_up_to(project: Project, round_: int) -> list[int]:
    """The rounds with returns, oldest first, up to and with this one. Raises UserError
    when this one has none.
    """
    rounds = sorted(
        int(p.name) for p in project.returns.iterdir() if p.is_dir() and p.name.isdigit()
    )
    if round_ not in rounds:
        raise UserError(
            f"there are no returns of round {round_}",
            where=str(project.returns),
            allowed=", ".join(map(str, rounds)) or "no round at all",
            do="put the returns under returns/<round>/<report>/",
        )
    return [r for r in rounds if r <= round_]


def build_numbers(
    project: Project, contracts: Contracts, *, round_: int, progress: Progress = silent
) -> Numbers:
    """Build ledger, marts and stores of a round from the validated returns of it and
    the rounds before.
    """
    built = build_cubes(project, contracts, round_=round_, progress=progress)
    changed = write_open_stores(project, contracts, round_=round_, progress=progress)
    return replace(built, changed_stores=changed)


def build_cubes(
    project: Project, contracts: Contracts, *, round_: int, progress: Progress = silent
) -> Numbers:
    """Build ledger and marts of a round from the validated returns of it and the rounds
    before. Raises UserError where none was accepted, CheckError where a check over the
    numbers finds a bad row.
    """
    submissions: list[str] = []
    new = 0
    validations = [read_validation(project, r) for r in rounds_up_to(project, round_)]
    for validated in validations:
        progress(f"loading round {validated.round}")
        staged = project.work(validated.round) / "staged.duckdb"
        loaded = load_round(
            project.warehouse, staged, contracts=contracts, refused=validated.refused
        )
        submissions += loaded.submissions
        new += loaded.new
    if not submissions:
        raise UserError(
            f"there is no figure: no return of round {round_} or of a round before was accepted",
            where=str(project.returns),
            allowed="one accepted return at least",
            do=(
                f"'make late ROUND={round_}' says who owes one; where one was refused, its page of"
                " findings says why"
            ),
        )
    answers = resolutions(project, contracts, rounds=[v.round for v in validations])
    rounds = [v.round for v in validations]
    met = [m for r in rounds for m in decisions(project, contracts, round_=r).meetings]
    checks = build_marts(
        project,
        contracts,
        round_=round_,
        submissions=submissions,
        refused=validations[-1].refused,
        resolutions=answers,
        meetings=met,
        progress=progress,
    )
    return Numbers(new, checks)


def write_open_stores(
    project: Project, contracts: Contracts, *, round_: int, progress: Progress = silent
) -> tuple[str, ...]:
    """Write the stores of the versions that show all, from the marts of a round. Returns
    those whose content changed.
    """
    progress("writing the stores")
    marts = read_marts(project, round_)
    inputs = inputs_of(project, contracts, round_=round_)
    changed: dict[str, bool] = {}
    for version in load_policy(project.contracts, contracts).versions.values():
        if not version.protected:
            changed |= write_stores(
                project,
                contracts,
                round_=round_,
                version=version,
                marts=marts,
                inputs=inputs,
                reports=project.reports,
            )
    return tuple(name for name, is_new in changed.items() if is_new)


def resolutions(
    project: Project, contracts: Contracts, *, rounds: Iterable[int]
) -> list[Resolution]:
    """What states answered of figures that one of their parts exceeds, from the logs of
    queries of these rounds.
    """
    return [
        Resolution(q.key, q.resolution, q.answer, r)
        for r in rounds
        for _, q in sorted(read_log(project, contracts, round_=r).items())
        if q.resolution
    ]


def inputs_of(project: Project, contracts: Contracts, *, round_: int) -> StoreInputs:
    """What stores of a round need beside its marts, with the cases that are told in it and
    what meetings amended. Raises UserError where the round was not validated or a sheet of
    a meeting is not as it came, ContractError where a case is wrong.
    """
    found = store_inputs(read_validation(project, round_), round_, reports=project.reports)
    return replace(
        found,
        cases=load_cases(project, contracts, round_=round_),
        decisions=decisions(project, contracts, round_=round_),
        sheets=load_sheets(project, contracts, round_=round_),
    )


def store_inputs(validated: Validated, round_: int, *, reports: Iterable[str]) -> StoreInputs:
    """What a round's returns say beside figures: findings, named sources, and the facts
    of each report.
    """
    sources = []
    for file in validated.files:
        for field, answer in sorted(file.cover.items()):
            if field.startswith(SOURCE_FIELD) and answer:
                cube = field.removeprefix(SOURCE_FIELD)
                definition = file.cover.get(DEFINITION_FIELD + cube, "")
                sources.append(StoredSource(file.state, file.report, cube, answer, definition))
    meta = {}
    for report in reports:
        received = [f.received for f in validated.files if f.received and f.report == report]
        meta[report] = {
            "round": str(round_),
            "cutoff": max(received) if received else f"{round_ + 1}-01-01",
        }
    ordered = tuple(sorted(sources, key=values_of))
    return StoreInputs(validated.findings, ordered, meta)
