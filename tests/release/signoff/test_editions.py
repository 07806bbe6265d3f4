"""Does a corrected edition say what it corrects, and does everything know which edition
is the newest?

On a small project: its public version is released, a state corrects its return, and the
next edition goes the whole way.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from builds import copy_tree
from here import make_here, run_here
from signatories import enter_signers, keys, signing
from small_project import SMALL_ROUND

from pipeline.contracts.model import load_contracts
from pipeline.contracts.policy import load_policy
from pipeline.desk.page import write_desk
from pipeline.disclosure.register import editions
from pipeline.errors import SignOffError, UserError
from pipeline.project import Project
from pipeline.release.copies.verify import verify
from pipeline.release.manifest import sha256
from pipeline.release.signoff.built import BuiltNow, built_now
from pipeline.release.signoff.draft import read_files
from pipeline.release.signoff.edition import release
from pipeline.release.signoff.findings import accept, open_findings
from pipeline.release.signoff.record import Subject, standing
from pipeline.release.signoff.review import comment, reply, review_of, tick, told
from pipeline.release.signoff.steps import approve, status, submit
from pipeline.release.succession import edition_problems
from pipeline.report.edition import SHOWN, note_path, read_edition
from pipeline.steps.stale import stale_versions
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import read_signers

pytestmark = pytest.mark.slow
PUBLIC = Subject(SMALL_ROUND, "thb", "public")
FIRST, SECOND = (f"thb-{SMALL_ROUND}-public-{n}" for n in (1, 2))
SHEET = "6 Offenders sex"
# What the state corrects: persons suspected of 2019, and so many fewer men convicted in 2018
# that their number is withheld.
CORRECTED = {"H7": 880, "F19": 3, "F17": 38}


@dataclass(frozen=True)
class Office:
    """A small project in which people build and sign."""

    root: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    def person(self, role: str, day: str) -> Person:
        return signing(read_signers(self.project.contracts), keys(), role, day)

    def commit(self) -> None:
        who = ("user.name=test", "user.email=test@example.org", "commit.gpgsign=false")
        given = [part for setting in who for part in ("-c", setting)]
        subprocess.run(["git", "add", "-A"], cwd=self.root, check=True)
        subprocess.run(["git", *given, "commit", "-qm", "as it is"], cwd=self.root, check=True)

    def build(self, *options: str) -> str:
        """Build the public version as `make submit` does before it hands in."""
        named = ["--round", str(SMALL_ROUND), "--reports", "thb", "--versions", "public"]
        done = run_here("build", *named, *options, root=self.root)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def accept(self) -> None:
        contracts = load_contracts(self.project.contracts)
        where = {"round_": SMALL_ROUND, "report": "thb"}
        for rule in {f.rule for f in open_findings(self.project, contracts, **where)}:  # type: ignore[arg-type]
            accept(
                self.project,
                contracts,
                **where,  # type: ignore[arg-type]
                reason="asked, and confirmed",
                rule=rule,
                who=self.person("analyst", ""),
            )

    def sign(self, month: int) -> Iterator[BuiltNow]:
        """Hand in, approve and release; yields what is said of the build after each."""
        contracts = load_contracts(self.project.contracts)
        list(submit(self.project, contracts, PUBLIC, self.person("analyst", f"2024-{month:02}-01")))
        yield self.built()
        for exhibit in review_of(self.project, PUBLIC).changed:
            who = self.person("reviewer", f"2024-{month:02}-02")
            list(tick(self.project, PUBLIC, ref=exhibit.ref, who=who))
        for role in ("reviewer", "director"):
            who = self.person(role, f"2024-{month:02}-02")
            list(approve(self.project, contracts, PUBLIC, who))
            yield self.built()
        who = self.person("director", f"2024-{month:02}-03")
        list(release(self.project, PUBLIC, who=who, test=True))
        yield self.built()

    def built(self) -> BuiltNow:
        found = built_now(self.project, PUBLIC)
        assert found is not None
        return found

    def folder(self, name: str) -> Path:
        return self.project.edition_folder("public", name)


@pytest.fixture(scope="module")
def first(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The first edition is released, and nothing was built since."""
    root = tmp_path_factory.mktemp("first") / "office"
    office = Office(copy_tree(small_built, root))
    git = root / ".git"
    shutil.rmtree(git) if git.is_dir() else git.unlink()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    enter_signers(office.project.contracts, keys())
    office.commit()
    office.build("--for-review")
    office.accept()
    states = [found.state for found in office.sign(6)]
    assert states == ["in review", "in review", "approved", "released"]
    return office


@pytest.fixture(scope="module")
def corrected(first: Office, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The state corrected its return, and the next edition was built, not handed in."""
    root = tmp_path_factory.mktemp("corrected") / "office"
    office = Office(Path(shutil.copytree(first.root, root, symlinks=True)))
    path = office.project.returns / str(SMALL_ROUND) / "thb" / "RO.xlsx"
    book = openpyxl.load_workbook(path)
    for address, figure in CORRECTED.items():
        book[SHEET][address] = figure
    book.save(path)
    office.commit()
    assert [s.version for s in stale_versions(office.project, SMALL_ROUND)] == [
        "restricted",
        "public",
    ]
    office.build("--for-review")
    return office


def cells(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as opened:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in opened]


def test_a_released_version_rests_until_something_of_it_changes(first: Office) -> None:
    """The proof is made again beside the edition that was registered; the files stay."""
    before = read_files(first.project.master_folder(SMALL_ROUND, "thb", "public"))
    told = first.build()
    assert read_files(first.project.master_folder(SMALL_ROUND, "thb", "public")) == before
    assert first.built().state == "released"
    assert "public.pdf" not in told
    assert "STALE" not in told.split("restricted")[0]
    assert "built now: the very files of edition 1" in "\n".join(status(first.project, PUBLIC))


def test_a_corrected_edition_says_so_everywhere(corrected: Office) -> None:
    folder = corrected.project.master_folder(SMALL_ROUND, "thb", "public")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["edition"], manifest["replaces"]) == (2, FIRST)
    assert manifest["reference"].endswith("/P/2")
    pdf = folder / f"selec-{SECOND}.pdf"
    note = read_edition(corrected.project.store(SMALL_ROUND, "thb", "public"))
    said = f"Replaces edition 1 of 3 June 2024; {len(note.corrections)} figures corrected"
    cover, *_, last = texts(pdf)
    assert f"{said}, see page {len(texts(pdf))}" in cover
    assert "Edition 2" in cover
    assert f"{said}." in last
    with pypdfium2.PdfDocument(pdf) as opened:
        assert opened.get_metadata_dict()["Subject"].endswith(
            "edition 2, replaces edition 1 of 3 June 2024"
        )
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert f'<a href="../selec-{SECOND}.pdf" download>' in page
    assert said in page
    assert 'href="../../index.html"' in page
    draft = corrected.project.version_folder(SMALL_ROUND, "thb", "public") / "html" / "index.html"
    assert 'href="../../index.html"' not in draft.read_text(encoding="utf-8")


def test_the_corrigendum_lists_what_differs_and_no_value_of_what_is_withheld(
    corrected: Office,
) -> None:
    project = corrected.project
    before = cells(corrected.folder(FIRST))
    now = cells(project.master_folder(SMALL_ROUND, "thb", "public"))
    note = read_edition(project.store(SMALL_ROUND, "thb", "public"))
    told = {c.key: c for c in note.corrections}

    def reads(row: dict[str, str]) -> tuple[str, ...]:
        return (row["value"],) if row["value"] else (row["obs_status"], row["conf_status"])

    assert set(told) == {key for key in before if reads(before[key]) != reads(now[key])}
    hidden = [key for key in told if before[key]["value"] and now[key]["conf_status"] == "S"]
    assert hidden
    assert all(told[key].value == "" for key in hidden)
    shown = [key for key in told if key not in hidden]
    assert shown
    assert all(told[key].value == before[key]["value"] for key in shown)
    assert {told[key].why for key in shown} == {"a state sent other figures, or none"}
    assert all("to protect it or others" in told[key].why for key in hidden)
    last = texts(project.master_folder(SMALL_ROUND, "thb", "public") / f"selec-{SECOND}.pdf")[-1]
    assert last.count(f" {SHOWN} c ") == len(hidden)
    assert "1,045 1,028 A state sent other figures, or none." in last


def test_a_note_that_says_otherwise_than_the_released_files_is_refused(corrected: Office) -> None:
    project = corrected.project
    store = project.store(SMALL_ROUND, "thb", "public")
    shown = project.released(SMALL_ROUND, "thb", version="public").read_bytes()
    contracts = load_contracts(project.contracts)
    rule = load_policy(project.contracts, contracts).version("public")
    note = json.loads(note_path(store).read_bytes())

    def problems(number: object = 2, **change: object) -> str:
        seen = json.dumps({**note, **change}).encode()
        found = edition_problems(project, PUBLIC, rule=rule, shown=shown, seen=seen, number=number)
        return "\n".join(found)

    assert problems() == ""
    one, *others = note["corrections"]
    assert "says edition" not in problems(number=1)
    assert "next one is edition 2" in problems(number=1)
    assert "it would replace edition 1 of 3 June" in problems(replaces=None)
    assert f"wrong about {one['key']}" in problems(corrections=others)
    assert f"wrong about {one['key']}" in problems(corrections=[{**one, "value": "7"}, *others])
    hidden = next(c for c in note["corrections"] if c["obs_status"] == "hidden")
    told = [
        {**c, "value": "95", "obs_status": "A", "conf_status": "F"} if c == hidden else c
        for c in note["corrections"]
    ]
    assert f"wrong about {hidden['key']}" in problems(corrections=told)
    assert "a reason that is none" in problems(corrections=[{**one, "why": "because"}, *others])
    assert "does not say which edition" in problems(corrections=7)


def test_files_of_the_edition_before_that_are_not_as_released_stop_the_next(
    corrected: Office, tmp_path: Path
) -> None:
    office = Office(Path(shutil.copytree(corrected.root, tmp_path / "office", symlinks=True)))
    path = office.folder(FIRST) / "cells.csv"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b",1045,", b",1044,"))
    with pytest.raises(UserError, match="cells.csv of edition 1 is not what was released"):
        list(office.sign(7))


def test_the_next_edition_goes_the_whole_way_and_the_old_one_is_told_to_be_superseded(
    corrected: Office, tmp_path: Path
) -> None:
    office = Office(Path(shutil.copytree(corrected.root, tmp_path / "office", symlinks=True)))
    project = office.project
    old = {name: sha256(data) for name, data in read_files(office.folder(FIRST)).items()}
    assert "DRAFT 2, another build than edition 1; not handed in" in office.built().told
    said = "\n".join(status(project, PUBLIC))
    assert said.startswith(f"thb {SMALL_ROUND} public: released, edition 1")
    assert "built now: DRAFT 2, another build than edition 1" in said
    office.accept()
    states = [(found.state, found.edition) for found in office.sign(7)]
    assert states == [("in review", 2), ("in review", 2), ("approved", 2), ("released", 2)]
    # Both editions stand, the first as it was, in record, register and list.
    assert {n: sha256(d) for n, d in read_files(office.folder(FIRST)).items()} == old
    assert [e.name for e in standing(project, PUBLIC).released] == [FIRST, SECOND]
    known = {e.name for e in editions(project, ["public"])}
    assert known == {f"thb-{SMALL_ROUND}-1", f"thb-{SMALL_ROUND}-2"}
    page = office.folder("index.html").read_text(encoding="utf-8")
    newest, _, replaced = page.partition(f'id="{FIRST}"')
    assert "The newest edition" in newest
    assert f'id="{SECOND}"' in newest
    assert "Replaced by edition 2 of 3 July 2024" in replaced
    newer = office.folder(SECOND) / f"selec-{SECOND}.pdf"
    for link in (f"{FIRST}/html/index.html", f"{SECOND}/html/index.html", f"{SECOND}/{newer.name}"):
        assert f'href="{link}"' in page
        assert (office.folder(link)).is_file()
    told = "\n".join(verify(project, office.folder(FIRST) / f"selec-{FIRST}.pdf"))
    assert f"{FIRST}, public version, edition 1, released 2024-06-03; SUPERSEDED by" in told
    assert f"newest:    {SECOND}: {newer}" in told
    assert "SUPERSEDED" not in "\n".join(verify(project, newer))


def test_an_approval_waits_for_ticks_and_replies(corrected: Office, tmp_path: Path) -> None:
    office = Office(Path(shutil.copytree(corrected.root, tmp_path / "office", symlinks=True)))
    project, contracts = office.project, load_contracts(office.project.contracts)
    analyst, reviewer, director = (
        office.person(role, "2024-07-02") for role in ("analyst", "reviewer", "director")
    )
    with pytest.raises(SignOffError, match="the version is 'released'"):
        list(tick(project, PUBLIC, ref="thb:T1", who=reviewer))
    office.accept()
    list(submit(project, contracts, PUBLIC, analyst))
    # What changed are the exhibits that print a figure of the corrigendum, and it itself.
    found = review_of(project, PUBLIC)
    assert found.beside == "edition 1"
    titles = [exhibit.title for exhibit in found.changed]
    assert "Figures that this edition corrects" in titles
    assert len(titles) > 1
    refs = [exhibit.ref for exhibit in found.changed]
    with pytest.raises(SignOffError, match=f"{refs[0]} is not ticked"):
        list(approve(project, contracts, PUBLIC, reviewer))
    with pytest.raises(SignOffError, match="is no changed exhibit of this draft"):
        list(tick(project, PUBLIC, ref="thb:T99", who=reviewer))
    with pytest.raises(SignOffError, match="handed this draft in"):
        list(tick(project, PUBLIC, ref=refs[0], who=analyst))
    for ref in refs:
        list(tick(project, PUBLIC, ref=ref, who=reviewer))
    assert "ticked already" in "\n".join(tick(project, PUBLIC, ref=refs[0], who=director))
    # A comment is on what is printed, and answered by somebody else.
    for wrong in ("thb:T99", "thb:p99", "octa:T1", "thb:T1.r99.c1", ""):
        with pytest.raises(UserError):
            list(comment(project, PUBLIC, ref=wrong, text="why?", who=reviewer))
    for text in ("", "write to ana.pop@mai.example", "x" * 1001):
        with pytest.raises(UserError):
            list(comment(project, PUBLIC, ref=refs[0], text=text, who=reviewer))
    list(comment(project, PUBLIC, ref="thb:p1", text="Is the day right?", who=reviewer))
    (asked,) = review_of(project, PUBLIC).comments
    with pytest.raises(SignOffError, match=f"comment {asked.number} on thb:p1 has no reply"):
        list(approve(project, contracts, PUBLIC, reviewer))
    list(reply(project, PUBLIC, number=asked.number, text="I mean the cover", who=reviewer))
    assert review_of(project, PUBLIC).comments[0].is_open
    with pytest.raises(SignOffError, match="there is no comment 99"):
        list(reply(project, PUBLIC, number=99, text="yes", who=analyst))
    list(reply(project, PUBLIC, number=asked.number, text="It is", who=analyst))
    assert "(answered), Bogdan" in "\n".join(told(project, PUBLIC))
    for who in (reviewer, director):
        list(approve(project, contracts, PUBLIC, who))
    # What is asked after the approvals keeps the release waiting as well.
    list(comment(project, PUBLIC, ref=refs[0], text="One more", who=director))
    with pytest.raises(SignOffError, match="review: comment [0-9]+ on .* has no reply: One more"):
        list(release(project, PUBLIC, who=office.person("director", "2024-07-03"), test=True))
    view = (write_desk(project, contracts, round_=SMALL_ROUND)).read_text(encoding="utf-8")
    assert "✓ Bogdan" in view
    assert "No reply yet." in view


def test_files_of_an_edition_that_was_released_are_not_released_again(first: Office) -> None:
    """Who hands in without building anew is told that the files say another edition."""
    with pytest.raises(SignOffError, match="say edition 1, and the next one is edition 2"):
        list(first.sign(8))


def test_a_run_by_make_lists_what_is_stale(corrected: Office) -> None:
    asked = ("reports", f"ROUND={SMALL_ROUND}", "REPORTS=thb", "VERSIONS=public")
    done = make_here(*asked, root=corrected.root)
    public, stale = done.stdout.strip().splitlines()[-2:]
    assert public.endswith(f"selec-{SECOND}.pdf")
    assert stale.startswith("not built now, STALE: ")
    assert "restricted" in stale
    assert "RO.xlsx" in stale or "figures" in stale or "store" in stale
