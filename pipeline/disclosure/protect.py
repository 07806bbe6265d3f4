"""How do numbers become what others may see? Chooses what each protected version
shows, writes its stores, proves them safe.

Chooser and auditor share no code: the chooser suggests changes that agree with what is
shown, and the auditor holds each against the stores itself. What it cannot prove goes
back to the chooser, which hides more; what cannot be proven in the end stops the
release with the names of the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.cells import is_counted, is_judged
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, VersionRule, load_policy
from pipeline.disclosure.choose.decide import Chooser, Decision, Withheld
from pipeline.disclosure.choose.kept_moves import KeptMoves
from pipeline.disclosure.choose.reasons import IN_QUESTION
from pipeline.disclosure.choose.system import PublishedEdition
from pipeline.disclosure.choose.why import tables_csv, withheld_csv
from pipeline.disclosure.proof import (
    Proven,
    audit_beside,
    certificate_path,
    current_edition,
    prove_version,
    require_proof,
)
from pipeline.disclosure.register import Registered, editions, newest_of, register
from pipeline.disclosure.secret import secret_of
from pipeline.errors import DisclosureError
from pipeline.numbers.build import inputs_of, store_inputs
from pipeline.numbers.mart_rows import Marts, read_marts
from pipeline.numbers.questions import shown_without_doubtful
from pipeline.numbers.stores import cubes_of, write_stores
from pipeline.numbers.versions import StoreInputs
from pipeline.project import Project
from pipeline.returns.rules.validated import read_validation
from pipeline.system.files import UNFINISHED, clear_place, write_file
from pipeline.system.progress import Progress, silent
from pipeline.system.signed.people import Person

ATTEMPTS = 5  # times that the chooser may hide more for cells that could not be proven safe


@dataclass(frozen=True)
class Protected:
    """A version that is proven safe: what it shows, and the figures of its proof."""

    version: str
    decision: Decision
    proof: Proven
    changed_stores: tuple[str, ...]

    def line(self) -> str:
        tables = self.decision.tables.values()
        primary = sum(t.primary for t in tables)
        secondary = sum(t.secondary for t in tables)
        given_up = sum(t.given_up for t in tables)
        before = len(self.decision.given_away) + len(self.decision.already_public)
        changed = ", ".join(self.changed_stores) or "none"
        told = f"; {before:,} sensitive cells were given away by earlier editions" if before else ""
        holders = self.proof.holders
        against = f", also against each of {holders} holders of cells" if holders else ""
        return (
            f"{self.version}: {len(self.decision.shown):,} cells shown; withheld {primary:,} by"
            f" rule, {secondary:,} to protect them, {given_up:,} in breakdowns given up;"
            f" {self.proof.demands:,} sensitive cells proven safe by {self.proof.tables}"
            f" counter-tables{against}; stores changed: {changed}{told}"
        )


@dataclass(frozen=True)
class Figures:
    """What is true in a round, before anything of it is withheld."""

    round: int
    marts: Marts
    inputs: StoreInputs


def figures_of(project: Project, contracts: Contracts, *, round_: int) -> Figures:
    """The true figures of a round as its build has them."""
    return Figures(
        round_, read_marts(project, round_), inputs_of(project, contracts, round_=round_)
    )


def protect_round(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    versions: Iterable[str] | None = None,
    progress: Progress = silent,
) -> list[Protected]:
    """Choose and prove the protected versions of a round that are asked for, all without
    `versions`, and those that their readers have as well. Raises DisclosureError naming
    cells that stay unsafe.
    """
    return protect_versions(
        project,
        contracts,
        policy=load_policy(project.contracts, contracts),
        figures=figures_of(project, contracts, round_=round_),
        versions=versions,
        progress=progress,
    )


def protect_versions(
    project: Project,
    contracts: Contracts,
    *,
    policy: Policy,
    figures: Figures,
    versions: Iterable[str] | None = None,
    progress: Progress = silent,
) -> list[Protected]:
    """The same by a policy that is given, which need not be the one in force."""
    done: dict[str, Protected] = {}
    asked = with_those_of_readers(policy, versions)
    for version in in_order(policy):
        if version.name not in asked:
            continue
        done[version.name] = _protect(
            project,
            contracts,
            policy=policy,
            version=version,
            round_=figures.round,
            marts=figures.marts,
            inputs=figures.inputs,
            done=done,
            progress=progress,
        )
    return list(done.values())


def with_those_of_readers(policy: Policy, versions: Iterable[str] | None) -> set[str]:
    """Versions that are asked for with all that their readers have besides. Raises
    UserError where there is no such version.
    """
    waiting = list(policy.versions if versions is None else versions)
    found: set[str] = set()
    while waiting:
        rule = policy.version(waiting.pop())
        if rule.name not in found:
            found.add(rule.name)
            waiting += rule.readers_have
    return found


def in_order(policy: Policy) -> list[VersionRule]:
    """Protected versions, each after those that its readers have as well."""
    waiting = {v.name: v for v in policy.versions.values() if v.protected}
    found: list[VersionRule] = []
    while waiting:
        ready = [v for v in waiting.values() if not set(v.readers_have) & set(waiting)]
        if not ready:
            raise DisclosureError(
                f"the readers of {', '.join(waiting)} have each other's versions",
                where="release_policy.yaml",
                do="let readers_have name versions without a circle",
            )
        found += ready
        waiting = {n: v for n, v in waiting.items() if v not in ready}
    return found


def _protect(
    project: Project,
    contracts: Contracts,
    *,
    policy: Policy,
    version: VersionRule,
    round_: int,
    marts: Marts,
    inputs: StoreInputs,
    done: dict[str, Protected],
    progress: Progress,
) -> Protected:
    cells = marts.reported_cells()
    # What readers of this version have already: other versions of the round, and all
    # registered editions.
    known = [
        PublishedEdition(
            current_edition(v, round_), cells, done[v].decision.shown, done[v].decision.left_out
        )
        for v in version.readers_have
    ]
    registered = editions(project, (version.name, *version.readers_have))
    known += [as_edition(e) for e in registered]
    again = [as_edition(e) for e in newest_of(registered, version.name, round_=round_)]
    day = release_day(inputs)
    progress(f"{version.name}: what to withhold")
    # Chosen once, then proven; what the proof finds open is hidden as well, and proven
    # again.
    proof = project.proof(round_)
    keeping = KeptMoves(proof, version.name)
    chooser = Chooser(
        cells,
        known,
        contracts=contracts,
        policy=policy,
        version=version,
        round_=round_,
        day=day,
        progress=progress,
        again=again,
        secret=secret_of(project),
        keeping=keeping,
    )
    # rather none than another's
    clear_place(certificate_path(project, round_, version=version.name))
    failures: Mapping[str, str] = {}
    for _ in range(ATTEMPTS):
        decision = _without_doubtful(chooser.decision(), marts)
        changed = write_stores(
            project,
            contracts,
            round_=round_,
            version=version,
            marts=marts,
            inputs=inputs,
            reports=project.reports,
            shown=decision.shown,
            left_out=decision.left_out,
        )
        progress(f"{version.name}: proof")
        proven = prove_version(
            project,
            contracts,
            policy=policy,
            version=version,
            round_=round_,
            marts=marts,
            day=day,
            suggested=chooser.moves(),
        )
        if not proven.failures:
            write_file(proof / f"{version.name}.withheld.csv", withheld_csv(decision))
            write_file(proof / f"{version.name}.tables.csv", tables_csv(decision))
            keeping.clear()
            return Protected(
                version.name, decision, proven, tuple(n for n, is_new in changed.items() if is_new)
            )
        failures = proven.failures
        if any(is_judged(key.split(":")[0]) for key in failures):
            break  # nothing that is hidden beside them helps
        chooser.protect_more(sorted(failures))
    raise DisclosureError(
        "\n".join(f"{key}: {reason}" for key, reason in sorted(failures.items())),
        where=f"{version.name} version of {round_}",
        allowed="every sensitive cell keeps the values that the release policy demands",
        do=(
            "nothing of this version is published; see docs/background/disclosure.md, 'When a cell"
            " cannot be protected'"
        ),
    )


def _without_doubtful(decision: Decision, marts: Marts) -> Decision:
    """The decision without parts in question whose conflict the version cannot tell."""
    shown = shown_without_doubtful(decision.shown, marts.conflicts, doubtful=marts.doubtful)
    gone = {key: Withheld(IN_QUESTION) for key in sorted(decision.shown - shown)}
    return replace(decision, shown=shown, withheld={**decision.withheld, **gone})


def as_edition(registered: Registered) -> PublishedEdition:
    """A registered edition as the chooser knows it."""
    cells = {str(c.key): c for c in registered.cells if is_counted(c.key.cube)}
    left_out = frozenset(k for k, c in cells.items() if c.is_suppressed) - registered.named()
    return PublishedEdition(registered.label, cells, frozenset(registered.shown()), left_out)


def register_edition(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    report: str,
    version: str,
    who: Person,
    number: int | None = None,
) -> str:
    """Enter a version of a report into the register, with the figures behind it, as
    edition `number` where it is given.

    What is registered are the very bytes that the verifier read. Raises DisclosureError
    where it has no proof.
    """
    rule = load_policy(project.contracts, contracts).protected_version(version)
    with _read_once(project, round_) as copy:
        require_proof(copy, round_, version=rule.name)
        cubes = set(cubes_of(project, contracts, report=report))
        cells = [
            c for c in read_marts(project, round_).every_cell().values() if c.key.cube in cubes
        ]
        entered = register(
            copy,
            round_,
            report=report,
            version=version,
            cells=cells,
            who=who,
            number=number,
        )
        return f"{version}-{entered}"


@contextmanager
def _read_once(project: Project, round_: int) -> Iterator[Project]:
    """The project with a copy of released cells and certificates: what others change
    meanwhile is changed too late.
    """
    folder = project.round_folder(round_)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".held-", suffix=UNFINISHED, dir=folder) as temporary:
        copy = Project(
            project.root, Path(temporary), project.returns, project.releases, project.language
        )
        for path in (*folder.glob("stores/*/*.csv"), *folder.glob("proof/*.json")):
            target = copy.round_folder(round_) / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        yield copy


def audit_again(
    project: Project, contracts: Contracts, *, round_: int, version: str, extra: Path | None
) -> Iterator[str]:
    """Verify the proof of a version; with `extra`, tell what it gives away of our
    hidden cells, one line each.
    """
    policy = load_policy(project.contracts, contracts)
    rule = policy.protected_version(version)
    yield require_proof(project, round_, version=rule.name)
    if extra is None:
        return
    marts = read_marts(project, round_)
    day = release_day(
        store_inputs(read_validation(project, round_), round_, reports=project.reports)
    )
    told = audit_beside(
        project,
        contracts,
        policy=policy,
        version=rule,
        round_=round_,
        marts=marts,
        day=day,
        extra=extra,
    )
    yield from (f"stated: {key}: {what}" for key, what in told.direct)
    yield from (f"follows from both: {key}: {what}" for key, what in told.together)
    yield from (f"contradicts our figure, so nothing follows: {key}" for key in told.contradicted)
    yield (
        f"{extra}: states {len(told.direct)} hidden sensitive cells itself; {len(told.together)}"
        f" more follow from it together with this version; {len(told.contradicted)} lines"
        f" contradict our figures, {len(told.unknown)} are of cells we have no figure for"
    )


def release_day(inputs: StoreInputs) -> date:
    """The day by which embargoes are judged: that of the newest return."""
    return date.fromisoformat(max(m["cutoff"] for m in inputs.meta.values()))
