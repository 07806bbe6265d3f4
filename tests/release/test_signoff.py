"""Which moves are allowed, by whom, and does a record show when it was changed?"""

from __future__ import annotations

import io
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from builds import ROOT

from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.pagemark import MarkLine, mark_pages
from pipeline.release.signoff.again import Found, unlike_attached
from pipeline.release.signoff.events import (
    Approval,
    Release,
    SentBack,
    Submission,
    Withdrawal,
    parse_event,
)
from pipeline.release.signoff.moves import BEGIN, END, MOVES, STATES, move, moves_markdown
from pipeline.release.signoff.record import Subject, enter, person, play, standing
from pipeline.release.signoff.state import Signed, changed_inputs
from pipeline.system.files import owner_only, write_file

SUBJECT = Subject(2022, "thb", "public")
DAY = "2023-05-02"


def submit(project: Project, master: str, by: str = "Ana Pop") -> None:
    draft = standing(project, SUBJECT).draft_of(master)
    enter(
        project,
        SUBJECT,
        command="submit",
        who=person(by, "analyst", day=DAY),
        draft=draft,
        master=master,
    )


def test_the_page_about_sign_off_shows_the_table_and_its_diagram() -> None:
    page = (ROOT / "docs" / "how-to" / "sign-off.md").read_text(encoding="utf-8")
    shown = BEGIN + page.split(BEGIN, 1)[1].split(END, 1)[0] + END
    assert shown == moves_markdown(), "run 'make moves'"


def test_every_state_is_reached_and_every_move_leads_somewhere() -> None:
    assert {m.after for m in MOVES} == set(STATES)
    assert {m.before for m in MOVES} == set(STATES) - {"withdrawn"}


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("draft", "approve"),
        ("draft", "release"),
        ("in review", "release"),
        ("approved", "submit"),
        ("released", "release"),
        ("released", "return"),
        ("withdrawn", "withdraw"),
    ],
)
def test_a_move_that_is_not_in_the_table_is_refused(state: str, command: str) -> None:
    with pytest.raises(SignOffError, match=f"'{command}' is no move from '{state}'"):
        move(state, command, role="director")


def test_a_role_may_do_only_what_the_table_gives_it() -> None:
    with pytest.raises(SignOffError, match="ROLE=analyst may not approve"):
        move("in review", "approve", role="analyst")
    assert move("in review", "approve", role="director", approvals=1).after == "in review"
    assert move("in review", "approve", role="director", approvals=2).after == "approved"


def test_drafts_are_numbered_by_what_was_submitted(project: Project) -> None:
    assert standing(project, SUBJECT).draft_of("aa") == 1
    submit(project, "aa")
    now = standing(project, SUBJECT)
    assert (now.draft_of("aa"), now.draft_of("bb")) == (1, 2)
    submit(project, "bb")
    submit(project, "aa")
    now = standing(project, SUBJECT)
    assert (now.state, now.draft_of("aa"), now.draft_of("bb"), now.draft_of("cc")) == (
        "in review",
        1,
        2,
        3,
    )


def test_a_changed_draft_needs_its_approvals_again(project: Project) -> None:
    submit(project, "aa")
    enter(project, SUBJECT, command="approve", who=person("Bogdan I.", "reviewer", day=DAY))
    assert len(standing(project, SUBJECT).approvals) == 1
    submit(project, "bb")
    assert standing(project, SUBJECT).approvals == ()
    enter(project, SUBJECT, command="approve", who=person("Bogdan I.", "reviewer", day=DAY))
    enter(project, SUBJECT, command="approve", who=person("Dora K.", "director", day=DAY))
    assert standing(project, SUBJECT).state == "approved"
    with pytest.raises(SignOffError, match="no move from 'approved'"):
        submit(project, "cc")


@pytest.mark.parametrize(
    ("by", "role", "day", "told"),
    [
        ("", "analyst", DAY, "no name"),
        ("Ana", "boss", DAY, "no role 'boss'"),
        ("Ana", "analyst", "2.5.", "no day"),
        ("Ana\x1b[2J", "analyst", DAY, "no name"),
    ],
)
def test_who_acts_must_be_said_right(by: str, role: str, day: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        person(by, role, day=day)


def test_one_person_is_not_two_by_another_spelling() -> None:
    assert person("Ana  Pop", "reviewer", day=DAY).same_as("ana pop")
    assert person("Bogdan Ilić", "reviewer", day=DAY).same_as("Bogdan Ilic")
    assert not person("Ana Pop", "reviewer", day=DAY).same_as("Ana Popa")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ({}, None),
        (None, None),
        ("passed", None),
        ({"accessibility": True}, True),
        ({"accessibility": {"failed": "none"}}, {"failed": "none"}),
        ({"accessibility": {"failed": 2}}, {"failed": 2}),
        ({"accessibility": {"failed": 0, "skipped": 1}}, {"failed": 0, "skipped": 1}),
    ],
)
def test_what_a_build_recorded_is_compared_with_what_is_found_again(
    build: object, said: object
) -> None:
    found = Found((), {"accessibility": {"failed": 0}})
    assert list(found.unlike(build)) == [("accessibility", said, {"failed": 0})]
    assert not list(found.unlike({"accessibility": {"failed": 0}, "pages": 7}))


def signed(proof: str, *beside: str) -> Signed:
    return Signed(
        "0" * 64,
        {},
        {"proof/public.json": proof, "data_contracts/thb.odcs.yaml": "c"},
        beside,
        "0" * 40,
    )


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (signed("a", "public-thb-2022-1"), []),
        # made again beside an edition that is registered
        (
            signed("b", "public-thb-2022-1", "public-octa-2022-1"),
            [],
        ),
        (signed("b", "public-thb-2022-1"), ["proof/public.json"]),
        # it forgets one that it was made beside
        (
            signed("b", "public-octa-2022-1"),
            ["proof/public.json"],
        ),
        # nobody registered that
        (
            signed("b", "public-thb-2022-1", "public-octa-2022-7"),
            ["proof/public.json"],
        ),
        (
            replace(
                signed("b", "public-thb-2022-1", "public-octa-2022-1"),
                inputs={"proof/public.json": "b"},
            ),
            ["data_contracts/thb.odcs.yaml"],
        ),
        (
            replace(
                signed("b", "public-thb-2022-1", "public-octa-2022-1"),
                inputs={**signed("b").inputs, "new": "n"},
            ),
            ["new"],
        ),
        (replace(signed("a"), inputs={"data_contracts/thb.odcs.yaml": "c"}), ["proof/public.json"]),
    ],
)
def test_a_certificate_is_another_one_only_because_an_edition_was_registered(
    project: Project, now: Signed, told: list[str]
) -> None:
    for name in ("thb-2022-1", "octa-2022-1"):
        write_file(project.releases / "public" / f"{name}.csv", b"key,value\n")
    before = parse_event(event("submit", draft=1, **signed("a", "public-thb-2022-1").as_dict()))
    assert isinstance(before, Submission)
    assert [name for name, _ in changed_inputs(project, SUBJECT, event=before, now=now)] == told


def event(command: str, **says: object) -> dict[str, object]:
    return {"event": command, "by": "Ana Pop", "role": "analyst", "day": DAY, **says}


def test_each_event_of_a_record_is_read_as_what_it_is() -> None:
    who = ("Ana Pop", "analyst", DAY, None, False)
    sealed: dict[str, object] = {
        "artefacts": {"a.pdf": "f0"},
        "inputs": {"x": "f1"},
        "beside": ["e-1"],
    }
    found = [{"id": "q1", "reason": "known", "state": "RO"}]
    read = [
        parse_event(
            event("submit", draft=2, master="aa", commit="c0", state="in review", **sealed)
        ),
        parse_event(event("approve", draft=2, findings=found, **sealed)),
        parse_event(event("return", reason="a typing error")),
        parse_event(
            event("release", edition=1, name="thb-2022-1", files={"a.pdf": "f0"}, test=True)
        ),
        parse_event(event("withdraw", edition=1, reason="a wrong total")),
    ]
    assert read == [
        Submission(*who, 2, "aa", "c0", {"a.pdf": "f0"}, {"x": "f1"}, ("e-1",)),
        Approval(*who, {"a.pdf": "f0"}, {"x": "f1"}, ("e-1",), {"q1": "known"}),
        SentBack(*who),
        Release(*who, 1, "thb-2022-1", {"a.pdf": "f0"}, True),
        Withdrawal(*who, 1, "a wrong total"),
    ]
    signed_by = parse_event(event("return", key="ab", rehearsal=False))
    assert (signed_by.key, signed_by.is_rehearsal) == ("ab", True)  # said at all, it counts as one


@pytest.mark.parametrize(
    "found",
    [
        event("submit", master="aa"),
        event("submit", draft="1", master="aa"),
        event("submit", draft=1, master=None),
        event("submit", draft=1, master="aa", artefacts=["a.pdf"]),
        event("submit", draft=1, master="aa", inputs={"x": 1}),
        event("submit", draft=1, master="aa", beside="e-1"),
        {**event("submit", draft=1, master="aa"), "by": None},
    ],
)
def test_an_event_that_lacks_what_its_kind_says_is_named_with_its_line(
    found: dict[str, object],
) -> None:
    with pytest.raises(SignOffError, match="line 1 of the record: this event lacks"):
        play([found])


def test_an_event_of_no_known_kind_is_refused_and_not_passed_over() -> None:
    with pytest.raises(SignOffError, match="'publish' is no move"):
        play([event("publish", draft=1)])
    with pytest.raises(ValueError, match="no event 'publish'"):
        parse_event(event("publish", draft=1))


def carrying(**attached: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for name, data in attached.items():
            pdf.attachments[f"{name}.csv"] = data
        pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("attached", "files", "told"),
    [
        ({"cells": b"a"}, {"cells.csv": b"a", "thb.csv": b"c"}, []),
        ({"cells": b"a"}, {"cells.csv": b"b"}, ["cells.csv"]),
        ({"cells": b"a"}, {}, ["cells.csv"]),
        ({}, {"cells.csv": b"a"}, ["cells.csv"]),
        ({"cells": b"a", "more": b"m"}, {"cells.csv": b"a"}, ["more.csv"]),
    ],
)
def test_the_data_file_beside_a_pdf_is_the_one_that_it_carries(
    attached: dict[str, bytes], files: dict[str, bytes], told: list[str]
) -> None:
    assert [line.split()[0] for line in unlike_attached(carrying(**attached), files)] == told


def blank(pages: int = 2) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for number in range(pages):
            pdf.add_blank_page(page_size=(595, 842) if number % 2 == 0 else (842, 595))
            pdf.pages[-1].contents_add(b"1 0 0 -1 0 842 cm 0 0 10 10 re f")
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def test_a_mark_is_an_artifact_in_an_embedded_font_and_the_same_bytes_each_time() -> None:
    def lines(width: float, height: float) -> list[MarkLine]:
        return [MarkLine("DRAFT 3 · Щ Ω ș", width / 2, 20)]

    marked = mark_pages(blank(), lines)
    assert marked == mark_pages(blank(), lines)
    with pikepdf.open(io.BytesIO(marked)) as pdf:
        for page in pdf.pages:
            operators = [str(i.operator) for i in pikepdf.parse_content_stream(page)]
            assert operators[0] == "q"  # what the page does to its coordinates ends before the mark
            text = operators.index("BT")
            assert "BMC" in operators[:text]
            assert operators[:text][-3:] == ["re", "f", "rg"]  # a ground, whatever it stands on
            assert operators.count("q") == operators.count("Q")
            assert (
                "/FontFile2" in page.Resources.Font["/SelecMark"].DescendantFonts[0].FontDescriptor
            )
    import pypdfium2

    with pypdfium2.PdfDocument(marked) as opened:
        assert [page.get_textpage().get_text_range().strip() for page in opened] == [
            "DRAFT 3 · Щ Ω ș"
        ] * 2


def test_what_a_build_makes_is_for_its_owner_only_and_an_open_tree_is_closed(
    tmp_path: Path,
) -> None:
    old = tmp_path / "outputs" / "2022" / "old.csv"
    old.parent.mkdir(parents=True)
    old.write_text("figures", encoding="utf-8")
    for path in (old, old.parent, tmp_path / "outputs"):
        path.chmod(0o755)
    before = os.umask(0o022)
    try:
        with owner_only(tmp_path / "outputs"):
            (tmp_path / "outputs" / "new").mkdir()
            (tmp_path / "outputs" / "new" / "new.json").write_text(json.dumps({}), encoding="utf-8")
        assert os.umask(0o022) == 0o022  # as it was
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "outputs").rglob("*")}
    assert modes == {"2022": 0o700, "old.csv": 0o700, "new": 0o700, "new.json": 0o600}
