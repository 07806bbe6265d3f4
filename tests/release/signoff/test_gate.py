"""Whoever changes a file on its way from the build to the release: is it refused, and
said which?

On a small project, whose two chapters are built, submitted, approved and released in
seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from builds import copy_tree
from here import run_here
from signatories import PEOPLE, enter_signers, keys, signing
from small_project import SMALL_ROUND

from pipeline.contracts.model import load_contracts
from pipeline.disclosure import protect
from pipeline.disclosure.proof import certificate_path, require_proof
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.manifest import NOT_IN_VERSIONS, sha256
from pipeline.release.signoff import checks
from pipeline.release.signoff.draft import read_files, write_draft
from pipeline.release.signoff.edition import release, signed_name
from pipeline.release.signoff.findings import accept, open_findings
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.state import look_at
from pipeline.release.signoff.steps import approve, candidate, submit
from pipeline.report.document.order import key_findings_name
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import read_signers

pytestmark = pytest.mark.slow
SUBJECT = Subject(SMALL_ROUND, "thb", "public")
PDF = f"selec-thb-{SMALL_ROUND}-public-1.pdf"
DATA = "data/THB_VICTIMS.csv"


@dataclass(frozen=True)
class Shop:
    """A small project with one version on its way to its release."""

    root: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def master(self) -> Path:
        return self.project.master_folder(SMALL_ROUND, "thb", "public")

    @property
    def certificate(self) -> Path:
        return certificate_path(self.project, SMALL_ROUND, version="public")

    @property
    def store_csv(self) -> Path:
        return self.project.released(SMALL_ROUND, "thb", version="public")

    def person(self, role: str, day: str) -> Person:
        return signing(read_signers(self.project.contracts), keys(), role, day)

    def submit(self) -> None:
        contracts = load_contracts(self.project.contracts)
        list(submit(self.project, contracts, SUBJECT, self.person("analyst", "2023-05-02")))

    def approve(self) -> list[str]:
        contracts = load_contracts(self.project.contracts)
        told = []
        for day, role in ((3, "reviewer"), (4, "director")):
            told = list(
                approve(self.project, contracts, SUBJECT, self.person(role, f"2023-05-0{day}"))
            )
        return told

    def release(self) -> list[str]:
        return list(
            release(self.project, SUBJECT, who=self.person("director", "2023-05-05"), test=True)
        )

    def refused(self) -> str:
        """What a release says that it refuses; nothing has left."""
        with pytest.raises(UserError) as refused:
            self.release()
        assert not (self.project.releases / "editions").exists()
        assert not list(self.project.releases.glob("public/*"))
        return str(refused.value)

    def vouch(self, *names: str) -> None:
        """Change the manifest of the master so that it names the files as they are now."""
        path = self.master / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for name in names:
            data = (self.master / name).read_bytes()
            manifest["outputs"][name] = {"sha256": sha256(data), "bytes": len(data)}
        path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def built_shop(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Built from a commit of its own, with a reason for each open query."""
    root = tmp_path_factory.mktemp("shop") / "shop"
    copy_tree(small_built, root)
    git = root / ".git"
    shutil.rmtree(git) if git.is_dir() else git.unlink()
    enter_signers(root / "data_contracts", keys())
    who = [
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "as it is"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    asked = ("--round", str(SMALL_ROUND), "--reports", "thb", "--versions", "public")
    done = run_here("build", *asked, "--for-review", root=root)
    assert done.returncode == 0, done.stderr
    shop = Shop(root)
    contracts = load_contracts(shop.project.contracts)
    analyst = shop.person("analyst", "2023-05-01")
    for rule in sorted(
        {f.rule for f in open_findings(shop.project, contracts, round_=SMALL_ROUND, report="thb")}
    ):
        accept(
            shop.project,
            contracts,
            round_=SMALL_ROUND,
            report="thb",
            reason="asked, and confirmed",
            rule=rule,
            who=analyst,
        )
    return shop


@pytest.fixture(scope="module")
def submitted_shop(built_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = copied(built_shop, tmp_path_factory.mktemp("submitted"))
    shop.submit()
    return shop


@pytest.fixture(scope="module")
def approved_shop(submitted_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = copied(submitted_shop, tmp_path_factory.mktemp("approved"))
    shop.approve()
    return shop


def copied(shop: Shop, folder: Path) -> Shop:
    return Shop(copy_tree(shop.root, folder / "shop"))


@pytest.fixture
def built_here(built_shop: Shop, tmp_path: Path) -> Shop:
    return copied(built_shop, tmp_path)


@pytest.fixture
def submitted_here(submitted_shop: Shop, tmp_path: Path) -> Shop:
    return copied(submitted_shop, tmp_path)


@pytest.fixture
def approved_here(approved_shop: Shop, tmp_path: Path) -> Shop:
    return copied(approved_shop, tmp_path)


def reveal(path: Path) -> str:
    """Write a count into the first withheld line of a file of cells. Returns the line
    as it is now.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if ",,persons,Q,S" in line or ",,Q,S" in line)
    lines[number] = (
        lines[number].replace(",,persons,Q,S", ",3,persons,A,F").replace(",,Q,S", ",3,Q,S")
    )
    path.write_text("".join(lines), encoding="utf-8")
    return lines[number].strip()


def append(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"\n")


# --- before it was submitted: file and manifest agree, nobody has another hash to compare with


def data_file_shows_a_withheld_count(shop: Shop) -> None:
    reveal(shop.master / DATA)
    shop.vouch(DATA)


def data_file_shows_another_count(shop: Shop) -> None:
    path = shop.master / "thb.csv"
    text = path.read_text(encoding="utf-8")
    line = next(
        line
        for line in text.splitlines()
        if line.split(",")[1].isdigit() and int(line.split(",")[1]) > 20
    )
    key, value, rest = line.split(",", 2)
    path.write_text(text.replace(line, f"{key},{int(value) + 1},{rest}"), encoding="utf-8")
    shop.vouch("thb.csv")


def hollow_certificate_and_a_count_in_store_and_master(shop: Shop) -> None:
    certificate = json.loads(shop.certificate.read_text(encoding="utf-8"))
    reveal(shop.store_csv)
    shutil.copy(shop.store_csv, shop.master / "thb.csv")
    certificate.update(base={}, suppressed=[], tables=[], at_least=[], contradicted=[])
    certificate["releases"][""]["files"]["thb.csv"] = sha256(shop.store_csv.read_bytes())
    shop.certificate.write_text(json.dumps(certificate), encoding="utf-8")
    shop.vouch("thb.csv")


def pdf_of_the_draft_for_that_of_the_master(shop: Shop) -> None:
    shutil.copy(shop.project.version_folder(SMALL_ROUND, "thb", "public") / PDF, shop.master / PDF)
    shop.vouch(PDF)


def manifest_tells_of_other_figures(shop: Shop) -> None:
    path = shop.master / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["build"]["number_audit"]["cells"] += 1
    del manifest["build"]["leak_scan"]
    manifest["build"]["accessibility"] = {"failed": 0, "looked_at_by": 1}
    manifest["inputs"]["data_contracts/thb.odcs.yaml"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")


def store_says_another_hash(shop: Shop) -> None:
    shop.store_csv.with_suffix(".sha256").write_text("0" * 64 + "\n", encoding="utf-8")


BEFORE: dict[Callable[[Shop], None], tuple[str, ...]] = {
    data_file_shows_a_withheld_count: ("leak scan: ", DATA),
    data_file_shows_another_count: (
        "leak scan: thb.csv line",
        "store: thb.csv of the version is not stores/public/thb.csv",
    ),
    hollow_certificate_and_a_count_in_store_and_master: (
        "store: thb.csv: not the released cells of thb.duckdb",
        "leak scan: thb.csv line",
        "disclosure proof: ",
    ),
    pdf_of_the_draft_for_that_of_the_master: ("leak scan: ", "number audit: ", "DRAFT"),
    manifest_tells_of_other_figures: (
        "manifest: 'build.number_audit' says {'cells': ",
        "manifest: 'build.leak_scan' says None, these files give",
        "manifest: 'build.accessibility' says {'looked_at_by': 1}, these files give {}",
        "manifest: it was built from another data_contracts/thb.odcs.yaml than lies there",
    ),
    store_says_another_hash: ("store: thb.duckdb: its tables are not those of thb.sha256",),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("tamper", BEFORE, ids=lambda t: t.__name__)
def test_what_was_changed_before_it_was_submitted_does_not_leave_although_two_approved_it(
    built_here: Shop, tamper: Callable[[Shop], None]
) -> None:
    tamper(built_here)
    built_here.submit()
    built_here.approve()
    told = built_here.refused()
    for words in BEFORE[tamper]:
        assert words in told, f"{words}\n{told}"


# --- between submission and approval


@pytest.mark.parametrize(
    ("file", "named"),
    [
        (DATA, DATA),
        ("html/index.html", "html/index.html"),
        ("proof", "proof/public.json"),
        ("store", "stores/public/thb.csv"),
        ("policy", "data_contracts/release_policy.yaml"),
        ("printed", "printed/thb-public.json"),
    ],
)
def test_nobody_approves_what_was_changed_after_it_was_submitted(
    submitted_here: Shop, file: str, named: str
) -> None:
    shop = submitted_here
    append(place(shop, file))
    if file == DATA:
        shop.vouch(DATA)
    with pytest.raises(SignOffError) as refused:
        shop.approve()
    assert f"  - {named}: changed after it was submitted" in str(refused.value)


def place(shop: Shop, name: str) -> Path:
    return {
        "proof": shop.certificate,
        "store": shop.store_csv,
        "policy": shop.project.contracts / "release_policy.yaml",
        "printed": shop.project.ledger(SMALL_ROUND, "thb", "public"),
    }.get(name, shop.master / name)


# --- between approval and release


def test_each_file_that_was_changed_added_or_taken_away_after_the_approvals_is_named(
    approved_here: Shop,
) -> None:
    shop = approved_here
    for name in (
        DATA,
        "cells.csv",
        "html/index.html",
        "data/datapackage.json",
        "data/structure.xml",
        PDF,
    ):
        append(shop.master / name)
    (shop.master / "data" / "more.csv").write_bytes(b"key,value\n")
    (shop.master / "html/style.css").unlink()
    for name in ("proof", "store", "policy", "printed"):
        append(place(shop, name))
    told = shop.refused()
    for name, how in (
        (DATA, "changed"),
        ("cells.csv", "changed"),
        ("html/index.html", "changed"),
        (PDF, "changed"),
        ("data/datapackage.json", "changed"),
        ("data/structure.xml", "changed"),
        ("data/more.csv", "new"),
        ("html/style.css", "removed"),
    ):
        assert f"  - hashes: {name}: not as it was built" in told, told
        assert f"  - hashes: {name}: {how} after it was submitted" in told, told
        assert (
            f"  - hashes: {name}: {how} after {PEOPLE['director']} approved it on 2023-05-04"
            in told
        ), told
    for name in (
        "proof/public.json",
        "stores/public/thb.csv",
        "data_contracts/release_policy.yaml",
        "printed/thb-public.json",
    ):
        assert f"  - inputs: {name}: changed after the draft was submitted" in told, told
        assert (
            f"  - inputs: {name}: changed after {PEOPLE['reviewer']} approved it on 2023-05-03"
            in told
        ), told


def a_link(path: Path) -> None:
    elsewhere = path.parents[3] / "elsewhere.csv"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def a_linked_folder(path: Path) -> None:
    elsewhere = path.parents[3] / "elsewhere"
    shutil.move(path.parent, elsewhere)
    path.parent.symlink_to(elsewhere)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("put", [a_link, a_linked_folder, a_pipe], ids=lambda p: p.__name__)
def test_what_is_no_file_of_its_own_is_refused_whatever_it_leads_to(
    approved_here: Shop, put: Callable[[Path], None]
) -> None:
    put(approved_here.master / DATA)
    told = approved_here.refused()
    assert "a link, not a file" in told or "no regular file" in told


# --- during the release


def test_what_changes_while_the_checks_run_changes_too_late(
    approved_here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the verifier runs, every file of the version, its store and its certificate
    become others.
    """
    shop, verify = approved_here, require_proof
    before = read_files(shop.master)
    cells = shop.store_csv.read_bytes()

    def tampered(*given: Any, **more: Any) -> str:
        for path in (*(shop.master / name for name in before), shop.store_csv, shop.certificate):
            append(path)
        (shop.master / "more.csv").write_bytes(b"more")
        return verify(*given, **more)

    monkeypatch.setattr(checks, "require_proof", tampered)
    shop.release()
    edition = read_files(shop.project.edition_folder("public", f"thb-{SMALL_ROUND}-public-1"))
    signed = {signed_name(name) for name in (PDF, key_findings_name(PDF))}
    own = signed | {"edition.json", "ro-crate-metadata.json"}
    assert {name: data for name, data in edition.items() if name not in own} == before
    assert (shop.project.releases / "public" / f"thb-{SMALL_ROUND}-1.csv").read_bytes() == cells


def test_what_is_registered_by_hand_is_what_the_verifier_read(
    built_here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = built_here
    verify = require_proof
    before = built_here.store_csv.read_bytes()

    def tampered(copy: Project, round_: int, *, version: str) -> str:
        append(shop.store_csv)
        return verify(copy, round_, version=version)

    monkeypatch.setattr(protect, "require_proof", tampered)
    contracts = load_contracts(shop.project.contracts)
    who = shop.person("director", "2023-05-02")
    name = protect.register_edition(
        shop.project, contracts, round_=SMALL_ROUND, report="thb", version="public", who=who
    )
    assert (
        shop.project.releases / "public" / f"{name.removeprefix('public-')}.csv"
    ).read_bytes() == before
    assert shop.store_csv.read_bytes() != before


def test_a_copy_that_others_write_to_while_it_is_checked_is_refused(
    approved_here: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = require_proof

    def tampered(copy: Project, round_: int, *, version: str) -> str:
        told = verify(copy, round_, version=version)
        append(copy.released(round_, "thb", version=version))
        return told

    monkeypatch.setattr(checks, "require_proof", tampered)
    assert "changed while it was checked: stores/public/thb.csv" in approved_here.refused()


# --- what is printed on the pages


def test_the_fingerprint_is_over_every_file_and_what_they_were_allowed_by(built_here: Shop) -> None:
    shop = built_here

    def fingerprint() -> str:
        return look_at(shop.project, SUBJECT).signed.master

    seen = {fingerprint()}
    places = [*(shop.master / name for name in read_files(shop.master)), shop.certificate]
    named = set(read_files(shop.project.contracts)) - set(NOT_IN_VERSIONS)
    places += [shop.project.contracts / name for name in sorted(named)]
    assert len(places) > 80
    for path in places[:: max(1, len(places) // 12)]:
        before = path.read_bytes()
        append(path)
        seen.add(fingerprint())
        path.write_bytes(before)
    assert len(seen) == 1 + len(places[:: max(1, len(places) // 12)])
    write_draft(shop.project, SUBJECT)
    draft = shop.project.version_folder(SMALL_ROUND, "thb", "public")
    page = (draft / "html/index.html").read_text(encoding="utf-8")
    assert f"DRAFT 1 · {fingerprint()[:8]} · not approved" in page


def test_an_approval_prints_ten_lines_at_most_and_all_of_it_stands_in_a_file(
    built_here: Shop,
) -> None:
    shop = built_here
    shop.submit()
    told = shop.approve()
    assert len(told) <= 10
    text = "\n".join(told)
    listed = shop.project.signoff_record(SMALL_ROUND, "thb", version="public").with_name(
        "thb-public.draft-1.txt"
    )
    assert str(listed) in text
    lines = [
        line for line in listed.read_text(encoding="utf-8").splitlines() if line[64:66] == "  "
    ]
    fingerprint = sha256("".join(f"{line}\n" for line in lines).encode())
    assert f"fingerprint {fingerprint}" in text
    assert len(lines) > len(read_files(shop.master)) + 40
    assert "this is the first draft" in text
    assert "asked, and confirmed" in listed.read_text(encoding="utf-8")


def test_one_reason_accepts_one_rule_or_one_finding(built_here: Shop) -> None:
    project = built_here.project
    contracts = load_contracts(project.contracts)
    who = built_here.person("analyst", "2023-05-02")
    found = open_findings(project, contracts, round_=SMALL_ROUND, report="thb")
    for state in ("", "RO"):
        with pytest.raises(UserError) as refused:
            accept(
                project,
                contracts,
                round_=SMALL_ROUND,
                report="thb",
                reason="all of it",
                state=state,
                who=who,
            )
        told = str(refused.value)
        mine = [f for f in found if f.state == state or not state]
        for rule in {f.rule for f in mine}:
            assert f"RULE={rule}: {sum(f.rule == rule for f in mine)} findings" in told
        assert f"make accept ROUND={SMALL_ROUND} REPORT=thb RULE=" in told
    rule, state = found[0].rule, found[0].state
    after = accept(
        project,
        contracts,
        round_=SMALL_ROUND,
        report="thb",
        reason="another",
        rule=rule,
        state=state,
        who=who,
    )
    assert {(f.rule, f.state) for f in after if f.reason == "another"} == {(rule, state)}
    after = accept(
        project,
        contracts,
        round_=SMALL_ROUND,
        report="thb",
        reason="this one",
        query=found[-1].id,
        who=who,
    )
    assert [f.id for f in after if f.reason == "this one"] == [found[-1].id]


def test_a_test_certificate_needs_to_be_asked_for(approved_here: Shop) -> None:
    with pytest.raises(SignOffError, match="test certificate that anybody can make.*") as refused:
        list(
            release(
                approved_here.project, SUBJECT, who=approved_here.person("director", "2023-05-05")
            )
        )
    assert "TEST=yes" in str(refused.value)
    assert not list(approved_here.project.releases.glob("public/*"))
    assert any("TEST: signed with a test certificate" in line for line in approved_here.release())
    folder = approved_here.project.edition_folder("public", f"thb-{SMALL_ROUND}-public-1")
    assert (
        "proves nothing"
        in json.loads((folder / "edition.json").read_text(encoding="utf-8"))["test"]
    )


def test_a_sound_version_misses_nothing(approved_here: Shop) -> None:
    with candidate(approved_here.project, SUBJECT) as found:
        assert checks.missing(found) == []
    assert list(unfinished(approved_here.project.outputs)) == []


def unfinished(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.unfinished*")
