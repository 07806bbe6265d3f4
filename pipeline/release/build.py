"""How does one version of a report come about? Rendered in a confined process, put in
place with a manifest.

What is made here is the master: the files that a release would copy. Analysts and
reviewers read drafts of it, which `pipeline.release.signoff.draft` marks as such.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.contracts.known_errors import REGISTER, SCHEMA
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.policy import VersionRule, load_policy
from pipeline.disclosure.proof import require_proof
from pipeline.inspection.leaks.scan import check
from pipeline.inspection.leaks.secrets import collect, machine_names
from pipeline.inspection.numerals.audit import check_numbers
from pipeline.numbers.sql.marts import POPULATION_CUBE
from pipeline.numbers.stores import cubes_of
from pipeline.project import Project
from pipeline.release.manifest import (
    accessibility_of,
    git_commit,
    hash_files,
    manifest_json,
    sha256,
)
from pipeline.release.publish import put_in_place
from pipeline.report.document.answer import raise_end
from pipeline.report.document.worker import OPEN, pdf_name
from pipeline.report.ledger import parse_ledger
from pipeline.returns.cleared import sources_of
from pipeline.system.files import UNFINISHED, name_as_text
from pipeline.system.kept import check_file, is_there, keep_bytes, seal_folder
from pipeline.system.signed.signers import FILE as SIGNERS


@dataclass(frozen=True)
class Built:
    """One finished version: its PDF and the figures of its build."""

    pdf: Path
    figures: dict[str, Any]


def build_version(project: Project, round_: int, *, report: str, version: str) -> Built:
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
    store = project.store(round_, report, version)
    for made in (
        store,
        store.with_suffix(".sha256"),
        *([store.with_suffix(".csv")] if rule.protected else ()),
    ):
        if is_there(made):
            check_file(made)
    folder = project.master_folder(round_, report, version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{version}-", suffix=UNFINISHED, dir=folder.parent))
    try:
        _render(project, store, scratch=scratch, report=report, version=version)
        facts = json.loads((scratch / "figures.json").read_text(encoding="utf-8"))
        facts["accessibility"] = accessibility_of(facts.get("accessibility"))
        pdf = scratch / pdf_name(report, version, round_=round_)
        ledger = (scratch / "shown.json").read_bytes()
        facts["number_audit"] = check_numbers(
            pdf.read_bytes(),
            store,
            ledger=parse_ledger(ledger, scratch / "shown.json"),
            templates=project.templates,
            contracts=contracts,
            report=report,
            version=version,
        ).figures()
        annex = (scratch / "cells.csv").read_bytes()
        data = {"cells.csv": annex}
        if rule.protected:
            data[f"{report}.csv"] = project.released(round_, report, version=version).read_bytes()
            data |= _open_forms(scratch / OPEN)  # only what is scanned below
        manifest = partial(
            manifest_json,
            report=report,
            version=version,
            round_=round_,
            reference=facts.pop("reference"),
            cutoff=facts.pop("cutoff"),
            commit=git_commit(project.root),
            inputs=inputs_of_version(
                project,
                contracts,
                store=store,
                report=report,
                rule=rule,
                rendered=facts.pop("inputs"),
            ),
            outputs={pdf.name: pdf.read_bytes(), **data},
        )
        finished: dict[str, bytes | Path] = {
            pdf.name: pdf,
            **data,
            "manifest.json": manifest(figures=facts),
        }
        if rule.protected:
            facts["leak_scan"] = _scan(
                project, round_, report=report, version=version, scratch=scratch, finished=finished
            )
            finished["manifest.json"] = manifest(figures=facts)
        put_in_place(folder, finished)
        seal_folder(folder)
        keep_bytes(project.ledger(round_, report, version), ledger)
        return Built(folder / pdf.name, facts)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _open_forms(folder: Path) -> dict[str, bytes]:
    """The forms for everybody by their path in the version's folder; none for other
    versions.
    """
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def _scan(
    project: Project,
    round_: int,
    *,
    report: str,
    version: str,
    scratch: Path,
    finished: Mapping[str, bytes | Path],
) -> dict[str, int]:
    """Open the finished files as an attacker would. Returns how many numbers of each
    class were judged.

    Raises LeakError where anything is found that was not released.
    """
    folder = scratch / "finished"
    folder.mkdir()
    for name, content in finished.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.read_bytes() if isinstance(content, Path) else content)
    found = check(
        folder,
        project.store(round_, report, version),
        collect(project, round_, report, version),
        shown=scratch / "shown.json",
        root=project.root,
        machine=machine_names(),
        sources=sources_of(project),
    )
    return found.counts


def _render(project: Project, store: Path, *, scratch: Path, report: str, version: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pipeline.report.document.worker",
        str(project.root),
        str(store),
        str(scratch),
        report,
        version,
    ]
    # Nothing of the surroundings reaches the renderer: the same bytes on any machine,
    # in any time zone and language.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(project.root),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=project.root
    )
    if done.returncode:
        raise_end(done.returncode, answer=done.stdout, noise=done.stderr)


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
    store, templates, contracts. Who may sign it is no part of it.
    """
    contract_files = [f for f in project.contracts.rglob("*") if f.is_file() and f.name != SIGNERS]
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
    tables it borrows.
    """
    cubes = [c for c in cubes_of(project, contracts, report=report) if c != POPULATION_CUBE]
    hashes: dict[str, str] = {}
    for name in sorted({contracts.table(c).report for c in cubes}):
        for folder in sorted(project.returns.glob(f"*/{name}")):
            hashes |= {
                f"returns/{name_as_text(f.relative_to(project.returns))}": sha256(f.read_bytes())
                for f in sorted(folder.rglob("*"))
                if f.is_file()
            }
    return hashes
