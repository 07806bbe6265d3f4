"""Does a version leave only when everything is there, and is what left the very files
that were approved?
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from builds import copy_tree
from office import PEOPLE, ROUND, Office

from pipeline.contracts.model import Contracts
from pipeline.disclosure.register import record_of_register
from pipeline.errors import SignOffError
from pipeline.release.copies.hand_out import released_edition
from pipeline.release.copies.verify import verify
from pipeline.release.manifest import sha256
from pipeline.release.signoff.draft import read_files
from pipeline.release.signoff.record import Subject, record_of, standing
from pipeline.release.signoff.state import look_at
from pipeline.release.signoff.steps import submit

pytestmark = pytest.mark.slow
PUBLIC = Subject(ROUND, "thb", "public")
PDF = f"selec-thb-{ROUND}-public-1.pdf"


def texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_every_page_of_a_draft_says_so_with_its_number_and_fingerprint(office: Office) -> None:
    master = office.master("public") / PDF
    seen = look_at(office.project, Subject(ROUND, "thb", "public"))
    told = f"DRAFT 1 · {seen.signed.master[:8]}"
    drafts = texts(office.draft("public") / PDF)
    masters = texts(master)
    assert [n for n, text in enumerate(drafts, 1) if text.count(told) != 1] == []
    assert not any("DRAFT" in text for text in masters)


def test_the_record_names_people_roles_hashes_and_accepted_findings(office: Office) -> None:
    submitted, first, second = record_of(office.project, PUBLIC).read()
    assert [(e["by"], e["role"]) for e in (first, second)] == [
        (PEOPLE[role], role) for role in ("reviewer", "director")
    ]
    for name in (PDF, "cells.csv", "thb.csv", "manifest.json"):
        hashes = {e["artefacts"][name] for e in (submitted, first, second)}
        assert hashes == {sha256((office.master("public") / name).read_bytes())}
    assert {f["reason"] for f in second["findings"]} == {"checked with the state; it's right"}
    assert len(second["findings"]) > 10
    assert (submitted["state"], first["state"], second["state"]) == (
        "in review",
        "in review",
        "approved",
    )


def test_a_release_names_everything_that_changed_and_refuses(office: Office) -> None:
    """One byte of the approved file, of what the reviewers read, of a return, a
    contract, a model, a template; a file that git does not know, and another commit.
    """
    root = office.root
    flip(office.master("public") / PDF)
    flip(office.draft("public") / PDF)
    flip(root / f"returns/{ROUND}/thb/RO.xlsx")
    for name in (
        "data_contracts/thb.odcs.yaml",
        "sql/marts/coverage.sql",
        "templates/thb/narrative/summary.md",
    ):
        path = root / name if (root / name).exists() else next((root / name).parent.iterdir())
        path.write_bytes(path.read_bytes() + b"\n")
    changed_model = next(
        line
        for line in subprocess.run(
            ["git", "status", "--short"], cwd=root, capture_output=True, text=True
        ).stdout.splitlines()
        if " sql/" in line
    ).split()[-1]
    office.commit()
    (root / "templates/thb/narrative/new.md").write_text("new\n", encoding="utf-8")
    (office.project.proof(ROUND) / "public.json").unlink()
    told = office.refused("release", VERSION="public", ROLE="director")
    for line in (
        f"hashes: {PDF}: changed after it was submitted",
        f"hashes: draft/{PDF}: changed after it was submitted",
        f"hashes: {PDF}: changed after {PEOPLE['reviewer']} approved it on 2023-05-03",
        f"inputs: returns/{ROUND}/thb/RO.xlsx: changed",
        "inputs: data_contracts/thb.odcs.yaml: changed",
        f"inputs: {changed_model}: changed",
        "inputs: templates/thb/narrative/new.md: new",
        "git: the files were built from commit",
        "git: templates/thb/narrative/new.md: not as committed",
        "disclosure proof: ",
    ):
        assert f"  - {line}" in told, f"{line}\n{told}"
    assert not (office.project.releases / "editions").exists()
    assert not list(office.project.releases.glob("public/*"))


def test_a_returned_draft_loses_its_approvals(office: Office) -> None:
    office.done(
        "return", VERSION="public", ROLE="reviewer", REASON="a word in chapter 2", DATE="2023-05-05"
    )
    last = record_of(office.project, PUBLIC).read()[-1]
    assert (last["event"], last["reason"], last["state"]) == (
        "return",
        "a word in chapter 2",
        "draft",
    )
    told = office.refused("release", VERSION="public", ROLE="director")
    assert "approvals: 0 of 2 different people" in told


def test_a_released_edition_is_what_was_approved_and_the_disclosure_engine_knows_it(
    released_office: Path,
) -> None:
    project = Office(released_office).project
    folder = project.edition_folder("public", f"thb-{ROUND}-public-1")
    released = read_files(folder)
    for name, data in read_files(Office(released_office).master("public")).items():
        assert released[name] == data, name
    assert (project.releases / "public" / f"thb-{ROUND}-1.csv").read_bytes() == (
        folder / "thb.csv"
    ).read_bytes()
    (entered,) = record_of_register(project).read()
    told = [entered[k] for k in ("day", "version", "edition", "by")]
    assert told == ["2023-05-05", "public", f"thb-{ROUND}-1", PEOPLE["director"]]
    event = record_of(project, PUBLIC).read()[-1]
    assert event["state"] == "released"
    assert event["files"] == {name: sha256(data) for name, data in released.items()}
    modes = {(p.is_dir(), p.stat().st_mode & 0o777) for p in (folder, *folder.rglob("*"))}
    assert modes == {(True, 0o500), (False, 0o400)}


def test_a_draft_that_was_handed_in_is_kept_and_compared_by_its_number(
    released_office: Path,
) -> None:
    office = Office(released_office)
    kept = office.project.draft_folder(ROUND, "thb", version="public", number=1)
    assert read_files(kept) == read_files(office.master("public"))
    assert {p.stat().st_mode & 0o777 for p in kept.iterdir()} <= {0o400, 0o500}
    told = office.done("changes", VERSION="public", FROM="draft-1", TO="edition-1")
    assert f"thb public {ROUND}: draft-1 -> edition-1\nfigures: 0\n" in told
    assert "passages of text: 0; pages: 0 of " in told
    assert "make status REPORT=thb VERSION=public" in office.refused(
        "changes", VERSION="public", FROM="draft-2"
    )


def test_a_draft_of_a_submission_that_died_does_not_stand_for_the_next(
    office: Office, contracts: Contracts
) -> None:
    """It was kept, but never recorded: its number goes to the next master, and so does
    its folder.
    """
    kept = office.project.draft_folder(ROUND, "thb", version="public", number=1)
    for folder in ("signoff", "accepted"):
        shutil.rmtree(office.project.releases / folder)
    (office.project.releases / "heads.jsonl").unlink()
    office.accept_every_rule("checked with the state; it's right")
    (kept / "cells.csv").chmod(0o600)
    (kept / "cells.csv").write_bytes(b"of another master")
    subject = Subject(ROUND, "thb", "public")
    list(submit(office.project, contracts, subject, office.person("analyst", "2023-06-02")))
    assert read_files(kept) == read_files(office.master("public"))


def test_signing_keeps_the_approved_bytes_and_what_makes_them_archival(
    released_office: Path,
) -> None:
    folder = Office(released_office).project.edition_folder("public", f"thb-{ROUND}-public-1")
    approved, signed = (
        (folder / n).read_bytes() for n in (PDF, PDF.replace(".pdf", ".signed.pdf"))
    )
    assert signed.startswith(approved)
    with (
        pikepdf.open(folder / PDF) as before,
        pikepdf.open(folder / PDF.replace(".pdf", ".signed.pdf")) as after,
    ):
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert after.pdf_version == before.pdf_version
        assert "/Version" not in after.Root
        field = after.Root.AcroForm.Fields[0]
        assert int(field.F) & 0b100110 == 0b100  # printed, neither hidden nor without view: PDF/A
        assert float(field.Rect[2]) < 0  # outside of the page, so PDF/UA asks for no tag
        assert str(field.TU)
        assert after.pages[0].Tabs == "/S"


def test_an_edition_is_released_once_withdrawn_with_a_record_and_followed_by_the_next(
    released_office: Path, contracts: Contracts, tmp_path: Path
) -> None:
    office = Office(copy_tree(released_office, tmp_path / "office"))
    with pytest.raises(SignOffError) as refused:
        office.release_here("public")
    assert "edition 1 is released already" in str(refused.value)
    assert f"it was made before edition public-thb-{ROUND}-1 was registered" in str(refused.value)
    office.done("withdraw", ROLE="director", REASON="a wrong total", DATE="2023-06-01")
    file = (
        office.project.edition_folder("restricted", f"thb-{ROUND}-restricted-1")
        / f"selec-thb-{ROUND}-restricted-1.pdf"
    )
    assert any(
        "WITHDRAWN 2023-06-01: a wrong total" in line for line in verify(office.project, file)
    )
    with pytest.raises(SignOffError, match="no released edition"):
        released_edition(office.project, Subject(ROUND, "thb", "restricted"))
    asked = "--reports", "thb", "--versions", "restricted"
    office.python("build", *asked, "--for-review")
    office.sign_here(contracts, "restricted", month=6)
    assert any("edition 2 released" in line for line in office.release_here("restricted", month=7))
    told = "\n".join(verify(office.project, file))
    second = f"thb-{ROUND}-restricted-2"
    assert f"SUPERSEDED by {second}, released 2023-07-05; WITHDRAWN 2023-06-01: a wrong" in told
    assert f"newest:    {second}: " in told
    newer = office.project.edition_folder("restricted", second) / "edition.json"
    assert not {"SUPERSEDED", "WITHDRAWN"} & set("\n".join(verify(office.project, newer)).split())
    told = office.done("status")
    assert "released, edition 2" in told
    assert "edition 1 withdrawn by Dora K., 2023-06-01: a wrong total" in told


def test_a_record_changed_by_hand_is_refused_with_its_line(office: Office) -> None:
    record = office.project.signoff_record(ROUND, "thb", version="public")
    record.write_bytes(record.read_bytes().replace(PEOPLE["reviewer"].encode(), b"Somebody Else"))
    with pytest.raises(SignOffError, match="thb-public.jsonl line 2: nobody vouches"):
        standing(office.project, Subject(ROUND, "thb", "public"))
