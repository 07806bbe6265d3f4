"""Does a rehearsal go the whole way without keys, say so everywhere, and never end in a
true release?
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pypdfium2
import pytest
from builds import copy_tree
from office import ROUND, Office

from pipeline.contracts.model import Contracts
from pipeline.errors import SignOffError
from pipeline.release.signoff.findings import open_findings
from pipeline.release.signoff.reasons import enter_reason
from pipeline.release.signoff.record import Subject, record_of
from pipeline.system.files import owner_only
from pipeline.system.signed.people import person

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
PDF = f"selec-thb-{ROUND}-restricted-1.pdf"
SUBJECT = Subject(ROUND, "thb", "restricted")
PEOPLE = {"analyst": "Ana Pop", "reviewer": "B. Ilić", "director": "D. K."}


@pytest.fixture(scope="module")
def rehearsed(
    approved_office: Path, contracts: Contracts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Office, dict[str, str]]:
    """An office that had signed nothing and rehearsed everything, with what each
    command said.
    """
    office = Office(Path(copy_tree(approved_office, tmp_path_factory.mktemp("r") / "office")))
    shutil.rmtree(office.project.releases)
    told = {}
    with owner_only(office.project.outputs):
        ids = [
            finding.id
            for finding in open_findings(office.project, contracts, round_=ROUND, report="thb")
        ]
        enter_reason(
            office.project,
            ROUND,
            report="thb",
            reason="seen",
            ids=ids,
            who=person(PEOPLE["analyst"], "analyst", day="2023-05-01"),
        )
        steps: list[tuple[str, str, dict[str, str]]] = [
            ("submit", "analyst", {}),
            ("approve", "reviewer", {}),
            ("approve", "director", {}),
            ("status", "", {}),
            ("release", "director", {"TEST": "yes"}),
        ]
        for command, role, more in steps:
            who = {"ROLE": role, "BY": PEOPLE[role], "DATE": "2023-05-02"} if role else {}
            told[f"{command} {role}".strip()] = office.done(command, REHEARSAL="yes", **who, **more)
    return office, told


def pages_of(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


def test_a_rehearsal_says_so_in_every_step_and_on_every_page(
    rehearsed: tuple[Office, dict[str, str]],
) -> None:
    office, told = rehearsed
    for command in ("approve reviewer", "approve director", "status", "release director"):
        assert "REHEARSAL" in told[command], command
    edition = office.project.edition_folder("restricted", f"REHEARSAL-thb-{ROUND}-restricted-1")
    about = json.loads((edition / "edition.json").read_text(encoding="utf-8"))
    assert (about["edition"], about["rehearsal"]) == (f"REHEARSAL-thb-{ROUND}-restricted-1", True)
    for path, mark in (
        (edition / PDF, "REHEARSAL: signed by nobody"),
        (edition / PDF.replace(".pdf", ".signed.pdf"), "REHEARSAL: "),
        (office.draft("restricted") / PDF, "REHEARSAL DRAFT 1"),
    ):
        assert [n for n, text in enumerate(pages_of(path), 1) if mark not in text] == [], path
    assert not any("REHEARSAL" in text for text in pages_of(office.master("restricted") / PDF))
    assert all(event["rehearsal"] is True for event in record_of(office.project, SUBJECT).read())
    assert f"REHEARSAL-thb-{ROUND}-restricted-1" in office.done("verify", FILE=str(edition / PDF))


def test_nothing_true_follows_a_rehearsal_and_no_rehearsal_what_is_true(
    rehearsed: tuple[Office, dict[str, str]], office: Office, contracts: Contracts
) -> None:
    mixed = "cannot follow"
    assert mixed in rehearsed[0].refused("withdraw", ROLE="director", REASON="wrong")
    with pytest.raises(SignOffError, match=mixed):
        rehearsed[0].sign_here(contracts, "public")
    assert mixed in office.refused(
        "return", VERSION="public", REHEARSAL="yes", BY="Ana Pop", ROLE="analyst", REASON="a word"
    )


def test_without_a_key_and_without_a_rehearsal_nobody_acts(office: Office) -> None:
    told = office.refused(
        "return", VERSION="public", SIGN_KEY="", BY="Ana Pop", ROLE="analyst", REASON="a word"
    )
    assert "nobody signs this" in told
    assert "SIGN_KEY=" in told
    assert "Ana Pop is not whose key this is" in office.refused(
        "return", VERSION="public", ROLE="director", BY="Ana Pop", REASON="a word"
    )
