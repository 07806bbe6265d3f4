"""How does one version of a report come about? Rendered in a confined process, put in
place with a manifest.

What is made here is the master: the files that a release would copy. Analysts and
reviewers read drafts of it, which `pipeline.release.signoff.draft` marks as such. A
build has three steps: `begin_version` writes down what is to be made, a confined
process makes it (`pipeline.report.document.worker`), and `finish_version` inspects what
is new, adds what was kept, and puts all of it in place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.cells import is_outside
from pipeline.contracts.known_errors import REGISTER, SCHEMA
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import VersionRule, load_policy
from pipeline.disclosure.proof import require_proof
from pipeline.inspection.leaks.scan import check
from pipeline.inspection.leaks.secrets import collect, machine_names
from pipeline.inspection.numerals.audit import check_numbers
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.numbers.stores import cubes_of
from pipeline.project import Project
from pipeline.release.manifest import (
    MANIFEST,
    NOT_IN_VERSIONS,
    accessibility_of,
    git_commit,
    hash_files,
    manifest_json,
    sha256,
)
from pipeline.release.order import EVERYTHING, Again, begin_version, charts_path, kept_paths
from pipeline.release.publish import put_in_place
from pipeline.report.document.compose import read_definition
from pipeline.report.document.order import (
    ANNEX,
    CHARTS,
    OPEN,
    SOURCE,
    Order,
    Part,
    parse_source,
)
from pipeline.report.document.worker import render_apart
from pipeline.report.edition import read_edition
from pipeline.report.ledger import parse_ledger
from pipeline.report.open_data.files import DATA, PAGE
from pipeline.returns.cleared import sources_of
from pipeline.returns.intake.folder import MEETINGS
from pipeline.system.answers import raise_end
from pipeline.system.apart import Apart
from pipeline.system.files import name_as_text
from pipeline.system.kept import check_file, is_there, keep_bytes, seal_folder


@dataclass(frozen=True)
class Built:
    """One finished version: its PDF, the figures of its build, which of its files are
    other than before, and which of its parts were made.
    """

    pdf: Path
    figures: dict[str, Any]
    changed: tuple[str, ...] = ()
    made: frozenset[Part] = frozenset()


def build_version(
    project: Project, round_: int, *, report: str, version: str, again: Again = EVERYTHING
) -> Built:
    """Render a version from its store and put PDF, cells.csv and manifest.json in place
    together; with a protected version goes everything it released, as CSV.

    Raises DisclosureError when a protected version has no proof, what the rendering
    process answered, RenderError when it was killed or its PDF was not checked,
    NumberAuditError when the PDF prints a numeral that nothing accounts for, LeakError
    when the finished files hold anything that was not released. The last good version
    stays until the new one is whole.
    """
    contracts = load_contracts(project.contracts)
    rule = load_policy(project.contracts, contracts).version(version)
    if rule.protected:
        require_proof(project, round_, version=version)
    order = begin_version(project, round_, report=report, version=version, again=again)
    try:
        _check_store(project, order, rule)
        if order.parts:
            ended = Apart(render_apart, order).end()
            if ended.code:
                raise_end(ended.code, answer=ended.told, noise=ended.noise)
        return finish_version(project, order, again=again)
    finally:
        shutil.rmtree(order.out, ignore_errors=True)


def finish_version(project: Project, order: Order, *, again: Again = EVERYTHING) -> Built:
    """Inspect what was made for an order, and put it in place with what was kept. Raises
    what `build_version` raises.
    """
    report, version, scratch = order.report, order.version, order.out
    where = order.round, report, version
    contracts = load_contracts(project.contracts)
    rule = load_policy(project.contracts, contracts).version(version)
    _check_store(project, order, rule)
    folder = project.master_folder(*where)
    old = _kept_files(folder) if order.kept else {}
    said = json.loads(old[MANIFEST])["build"] if old else {}
    papers = order.papers
    source = parse_source((scratch / SOURCE).read_bytes(), scratch / SOURCE)
    facts = dict(source.facts)
    for name in (paper.figure("accessibility") for paper in papers):
        facts[name] = accessibility_of(facts.get(name))
    kept = kept_paths(project, *where, key_findings=order.key_findings)
    data = {ANNEX: (scratch / ANNEX).read_bytes()}
    for paper in papers:
        made = scratch / paper.pdf
        data[paper.pdf] = made.read_bytes() if made.is_file() else old[paper.pdf]
    read = {p.pdf: FinishedPdf(data[p.pdf]) for p in papers}  # once, for audit and scan
    for paper in papers:
        ledger, audited = scratch / paper.ledger, paper.figure("number_audit")
        same = data[paper.pdf] == old.get(paper.pdf) and _is_kept(ledger, kept[paper.ledger])
        if same and not again.audit:
            facts[audited] = said[audited]
            continue
        facts[audited] = check_numbers(
            read[paper.pdf],
            project.store(*where),
            ledger=parse_ledger(ledger.read_bytes(), ledger),
            templates=project.templates,
            contracts=contracts,
            report=report,
            version=version,
        ).figures()
    if rule.protected:
        data[f"{report}.csv"] = project.released(order.round, report, version=version).read_bytes()
        if read_definition(project.templates, report, version=version).open_data:
            data |= _open_forms(scratch / OPEN, old)  # only what is scanned below
    rendered = _as_they_are(project, facts.pop("inputs"))
    manifest = partial(
        manifest_json,
        report=report,
        version=version,
        round_=order.round,
        reference=facts.pop("reference"),
        edition=read_edition(order.store),
        cutoff=facts.pop("cutoff"),
        commit=git_commit(project.root),
        inputs=inputs_of_version(
            project, contracts, store=order.store, report=report, rule=rule, rendered=rendered
        ),
        outputs=data,
    )
    if rule.protected:
        same = all(old.get(name) == content for name, content in data.items())
        finished = {**data, MANIFEST: manifest(figures=facts)}
        if again.scan or not same or len(old) != len(finished):
            facts["leak_scan"] = _scan(project, order, finished, read=read)
        else:
            facts["leak_scan"] = said["leak_scan"]
    finished = {**data, MANIFEST: manifest(figures=facts)}
    if finished != old:
        put_in_place(folder, dict(finished))
        seal_folder(folder)
    for name, path in kept.items():
        keep_bytes(path, (scratch / name).read_bytes())
    if (drawn := scratch / CHARTS).is_file():
        keep_bytes(charts_path(project, *where), drawn.read_bytes())
    changed = {n for n in {*finished, *old} if finished.get(n) != old.get(n)}
    return Built(folder / order.pdf, facts, tuple(sorted(changed)), _parts_made(order))


def _parts_made(order: Order) -> frozenset[Part]:
    """The parts that the renderer made, by what it left."""
    left = order.out / OPEN
    made = {
        Part.DOCUMENT: bool(order.parts - {Part.PAGES}),
        Part.PAGES: (order.out / order.pdf).is_file(),
        Part.DATA: (left / DATA).is_dir(),
        Part.WEB: (left / PAGE).is_dir(),
    }
    return frozenset(part for part, is_made in made.items() if is_made)


def _check_store(project: Project, order: Order, rule: VersionRule) -> None:
    """Raises DisclosureError without a proof, DamagedFileError where the store is not
    what was left.
    """
    if rule.protected:
        require_proof(project, order.round, version=rule.name)
    store = project.store(order.round, order.report, order.version)
    for made in (
        store,
        store.with_suffix(".sha256"),
        *([store.with_suffix(".csv")] if rule.protected else ()),
    ):
        if is_there(made):
            check_file(made)


def _kept_files(folder: Path) -> dict[str, bytes]:
    """Every file of a version by its path in its folder."""
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def _is_kept(made: Path, kept: Path) -> bool:
    return is_there(kept) and kept.read_bytes() == made.read_bytes()


def _open_forms(made: Path, old: Mapping[str, bytes]) -> dict[str, bytes]:
    """The forms for everybody by their path in the version's folder: those that were
    made, and of the others what was kept.
    """
    files = _kept_files(made)
    kinds = {_kind_of(name) for name in files}
    kept = {n: data for n, data in old.items() if _kind_of(n) and _kind_of(n) not in kinds}
    return kept | files


def _kind_of(name: str) -> str:
    """Which form for everybody a file of a version belongs to; empty for the report and
    what goes with every version.
    """
    top = name.split("/", 1)[0]
    return PAGE if top == PAGE else DATA if top == DATA or name.endswith(".xlsx") else ""


def _as_they_are(project: Project, inputs: Mapping[str, str]) -> dict[str, str]:
    """What was rendered from, with the hashes of today: of what was kept a file may have
    changed in what is not printed.
    """
    return {
        name: sha256((project.root / name).read_bytes()) if name.startswith("templates/") else hash_
        for name, hash_ in inputs.items()
    }


def _scan(
    project: Project,
    order: Order,
    finished: Mapping[str, bytes],
    *,
    read: Mapping[str, FinishedPdf],
) -> dict[str, int]:
    """Open the finished files as an attacker would. Returns how many numbers of each
    class were judged.

    Raises LeakError where anything is found that was not released.
    """
    folder = order.out / "finished"
    folder.mkdir()
    for name, content in finished.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    where = order.round, order.report, order.version
    whole, *others = order.papers
    found = check(
        folder,
        project.store(*where),
        collect(project, *where),
        shown=order.out / whole.ledger,
        beside={paper.pdf: order.out / paper.ledger for paper in others},
        root=project.root,
        machine=machine_names(),
        sources=sources_of(project),
        read=read,
    )
    return found.counts


def inputs_of_version(
    project: Project,
    contracts: Contracts,
    *,
    store: Path,
    report: str,
    rule: VersionRule,
    rendered: dict[str, str],
) -> dict[str, str]:
    """What the version was made from. A version for others names only what is theirs:
    store, templates, contracts. Who may sign it, and what is asked of states beside the
    figures, is no part of it.
    """
    contract_files = [
        f for f in project.contracts.rglob("*") if f.is_file() and f.name not in NOT_IN_VERSIONS
    ]
    if "findings" not in rule.keeps:
        # What is known of a state's errors is for those who see the findings, and so is
        # whether it changed.
        contract_files = [f for f in contract_files if f.name not in (REGISTER, SCHEMA)]
    inputs = rendered | hash_files(project.root, contract_files)
    if "returns" in rule.keeps:
        inputs |= _returns(project, contracts, report=report)
    inputs["store"] = store.with_suffix(".sha256").read_text().strip()
    return inputs


def _returns(project: Project, contracts: Contracts, *, report: str) -> dict[str, str]:
    """The returns behind a restricted version: those of its own tables and of the
    tables it borrows, and what meetings amended where it prints texts of experts.
    """
    cubes = [c for c in cubes_of(project, contracts, report=report) if not is_outside(c)]
    tables = [contracts.table(c) for c in cubes]
    names = {t.report for t in tables}
    if any(t.judged and t.judged.is_texts for t in tables):
        names.add(MEETINGS)
    hashes: dict[str, str] = {}
    for name in sorted(names):
        for folder in sorted(project.returns.glob(f"*/{name}")):
            hashes |= {
                f"returns/{name_as_text(f.relative_to(project.returns))}": sha256(f.read_bytes())
                for f in sorted(folder.rglob("*"))
                if f.is_file()
            }
    return hashes
