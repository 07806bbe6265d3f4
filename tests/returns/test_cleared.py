"""Is a text of a sender printed for others only while somebody's clearance of that very
text stands?
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT
from signatories import enter_signers, keys, signing

from pipeline.contracts.sources import ANOTHER, text_hash
from pipeline.errors import SignOffError, UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.cleared import (
    clear_text,
    cleared_on,
    sender_texts,
    sources_of,
    take_back,
    without_cleared,
)
from pipeline.returns.intake.reading import FileReading
from pipeline.system.files import write_file
from pipeline.system.signed.chain import open_chain
from pipeline.system.signed.heads import OF_A_DAY
from pipeline.system.signed.people import Person, person

REGISTER = "Register of the Ministry of Health"
COVER = {
    "source:THB_VICTIMS": f"GLOTIP; {REGISTER}",
    "source:THB_PERSONS": REGISTER,
    "definition:THB_VICTIMS": "adults only",
    "definition:THB_PERSONS": "yes",
    "authority": "Ministry",
    "contact": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose only return names a register that is not listed."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "data_contracts").mkdir()
    (tmp_path / "root" / "data_contracts" / "codelists").symlink_to(
        ROOT / "data_contracts" / "codelists"
    )
    made = Project(tmp_path / "root", tmp_path / "outputs", tmp_path / "returns")
    enter_signers(made.contracts, keys())
    made.work(2022).mkdir(parents=True)
    file = FileReading(
        2022,
        "thb",
        "RO",
        file="2022/thb/RO.xlsx",
        sha256="",
        received="",
        contract_version="1.0.0",
        outcome="read",
        cover=COVER,
    )
    content = {
        "round": 2022,
        "findings": [],
        "refused": [],
        "files": [{**file.as_json(), "cover": COVER}],
    }
    (made.work(2022) / "validation.json").write_text(json.dumps(content), encoding="utf-8")
    return made


@pytest.fixture
def analyst(project: Project) -> Person:
    return signing(enter_signers(project.contracts, keys()), keys(), "analyst")


def finding(table: str) -> Finding:
    return Finding(
        round=2022,
        report="thb",
        state="RO",
        file="2022/thb/RO.xlsx",
        sheet="Cover",
        cell="C16",
        table=table,
        key="",
        rule="source-not-listed",
        severity="query",
        found="",
        allowed="",
        do="",
        contract_version="1.0.0",
    )


def test_texts_that_are_not_printed_are_listed_with_their_places(project: Project) -> None:
    found = {t.text: t for t in sender_texts(project, 2022)}
    assert set(found) == {REGISTER, "adults only"}
    assert found[REGISTER].places == ("RO thb source:THB_VICTIMS", "RO thb source:THB_PERSONS")
    assert found[REGISTER].sha256 == text_hash(REGISTER)
    assert not found[REGISTER].is_cleared


def test_a_cleared_text_is_printed_and_asked_about_no_more_until_it_is_taken_back(
    project: Project, analyst: Person
) -> None:
    reading = FileReading(2022, "thb", "RO", "2022/thb/RO.xlsx", "", "", "", "read", cover=COVER)
    asked = [finding("THB_VICTIMS"), finding("THB_OFFENCES")]
    assert list(without_cleared(asked, [reading], project=project)) == asked
    clear_text(
        project, 2022, sha256=text_hash(REGISTER)[:12], reason="a public register", who=analyst
    )
    assert sources_of(project).for_others(REGISTER) == REGISTER
    assert sources_of(project).for_others(f"{REGISTER} 3") == ANOTHER
    assert list(without_cleared(asked, [reading], project=project)) == asked[1:]
    assert next(t for t in sender_texts(project, 2022) if t.text == REGISTER).is_cleared
    take_back(project, 2022, sha256=text_hash(REGISTER), reason="it names a place", who=analyst)
    assert sources_of(project).for_others(REGISTER) == ANOTHER
    assert list(without_cleared(asked, [reading], project=project)) == asked


@pytest.mark.parametrize(
    ("sha256", "reason"),
    [
        ("", "why"),
        (text_hash(REGISTER)[:7], "why"),
        ("0" * 64, "why"),
        (REGISTER, "why"),
        (text_hash(REGISTER), ""),
        (text_hash(REGISTER), " "),
        (text_hash(REGISTER), "x" * 501),
        (text_hash(REGISTER), "a\u202eb"),
        (text_hash("yes"), "why"),
    ],
)
def test_nothing_is_cleared_by_a_wrong_hash_or_without_a_reason(
    project: Project, analyst: Person, sha256: str, reason: str
) -> None:
    with pytest.raises(UserError):
        clear_text(project, 2022, sha256=sha256, reason=reason, who=analyst)
    assert not project.cleared_texts.exists()


def test_nothing_is_cleared_twice_or_taken_back_before(project: Project, analyst: Person) -> None:
    with pytest.raises(UserError, match="not cleared"):
        take_back(project, 2022, sha256=text_hash(REGISTER), reason="why", who=analyst)
    clear_text(project, 2022, sha256=text_hash(REGISTER), reason="why", who=analyst)
    with pytest.raises(UserError, match="cleared already"):
        clear_text(project, 2022, sha256=text_hash(REGISTER), reason="why", who=analyst)


def test_a_clearance_of_one_text_does_not_hold_for_another_that_was_written_over_it(
    project: Project, analyst: Person
) -> None:
    clear_text(project, 2022, sha256=text_hash(REGISTER), reason="why", who=analyst)
    written = project.cleared_texts.read_text(encoding="utf-8")
    for old, new in (
        (REGISTER, "3 girls from one village"),
        (text_hash(REGISTER), text_hash("adults only")),
    ):
        project.cleared_texts.write_text(written.replace(old, new), encoding="utf-8")
        with pytest.raises(SignOffError, match=r"cleared\.jsonl line 1"):
            sources_of(project)


def test_a_build_as_of_a_day_knows_what_was_cleared_by_then(
    project: Project, analyst: Person, tmp_path: Path
) -> None:
    clear_text(project, 2022, sha256=text_hash(REGISTER), reason="why", who=analyst)  # on 2 May
    for day, count in ((date(2023, 5, 1), 0), (date(2023, 5, 2), 1)):
        then = replace(project, releases_folder=tmp_path / str(day))
        (then.releases).mkdir()
        write_file(then.releases / OF_A_DAY, b"then\n")
        assert cleared_on(project, day, folder=then.releases) == count
        assert sources_of(then).is_cleared(REGISTER) == bool(count)


@pytest.mark.parametrize("lacks", ["text", "sha256", "reason"])
def test_an_event_that_lacks_what_it_must_say_is_named(
    project: Project, analyst: Person, lacks: str
) -> None:
    event = {"event": "clear", "text": REGISTER, "sha256": text_hash(REGISTER), "reason": "why"}
    open_chain(project, "cleared texts", path=project.cleared_texts).append(
        {name: said for name, said in event.items() if name != lacks}, analyst
    )
    with pytest.raises(SignOffError, match=r"cleared\.jsonl line 1"):
        sources_of(project)


def test_what_was_cleared_in_a_rehearsal_says_so(project: Project) -> None:
    clear_text(
        project,
        2022,
        sha256=text_hash(REGISTER),
        reason="why",
        who=person("Ana Pop", "analyst", day="2023-05-02"),
    )
    assert json.loads(project.cleared_texts.read_text(encoding="utf-8"))["rehearsal"] is True
