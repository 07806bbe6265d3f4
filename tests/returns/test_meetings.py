"""Does a paper of a meeting count only as somebody signed it, and is whatever is wrong in it
told with its line?
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from assessments import EXERCISE, MEETING, PRIORITIES
from builds import ROOT
from here import run_here

from pipeline.contracts.model import Contracts
from pipeline.disclosure.register import as_known_on
from pipeline.errors import ContractError, SignOffError, UserError
from pipeline.project import Project
from pipeline.returns.archive import archive_round
from pipeline.returns.cases import load_cases
from pipeline.returns.intake.folder import find_returns
from pipeline.returns.meetings.papers import Meeting, Priorities, load_papers, texts_of
from pipeline.returns.meetings.recorded import (
    decisions,
    papers_of,
    record_paper,
    recorded_on,
    take_back,
)
from pipeline.system.signed.people import Person, person

WHO: Person = person("Exercise", "analyst", day="2024-01-10")


@pytest.fixture
def folder(project: Project) -> Path:
    own = project.returns / str(EXERCISE) / "meetings"
    own.mkdir(parents=True)
    return own


def told(project: Project, contracts: Contracts) -> str:
    with pytest.raises(ContractError) as caught:
        load_papers(project, contracts, round_=EXERCISE)
    return f"{caught.value}"


def record(project: Project, contracts: Contracts, name: str, reason: str = "") -> None:
    record_paper(project, contracts, round_=EXERCISE, name=name, reason=reason, who=WHO)


def test_papers_are_read_with_levels_reasons_and_who_agreed(
    project: Project, contracts: Contracts, folder: Path
) -> None:
    (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
    (folder / "priorities.yaml").write_text(PRIORITIES, encoding="utf-8")
    meeting, chosen = load_papers(project, contracts, round_=EXERCISE)
    assert isinstance(meeting, Meeting)
    drugs, trafficking, _ = meeting.levels
    assert (drugs.area, drugs.level, drugs.agreed) == ("DRUGS", 4, meeting.states)
    assert drugs.reason == "Routes moved, and what states seize follows them late."
    assert (trafficking.agreed, trafficking.line) == (("AL", "BG", "RO"), 9)
    assert isinstance(chosen, Priorities)
    assert [area for area, _ in chosen.areas] == ["MIG", "DRUGS"]


def test_every_reason_and_who_chose_is_a_text_that_may_be_secret(
    project: Project, contracts: Contracts, folder: Path
) -> None:
    (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
    (folder / "priorities.yaml").write_text(PRIORITIES, encoding="utf-8")
    texts = list(texts_of(load_papers(project, contracts, round_=EXERCISE)))
    assert [text.partition(" ")[0] for text in texts] == [
        "Routes",
        "Victims",
        "A",
        "heads",
        "Harm",
        "It",
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("level: very high", "level: extreme", "there is no level 'extreme'; allowed: low, medium"),
        ("area: THB", "area: PIRACY", "'PIRACY' is no crime area that is assessed"),
        ("area: THB", "area: DRUGS", "DRUGS stands twice"),
        ("[RO, AL, BG]", "[RO, ME]", "ME agreed, and did not take part"),
        ("[RO, AL, BG]", "[RO, XX]", "'XX' is no member state"),
        ("[RO, AL, BG]", "[]", "agreed"),
        ("2023-10-04", "2023-02-30", "there is no such day: 2023-02-30"),
        ("2023-10-04", "2019-10-04", "outside of 2023 to 2025"),
        ("found by few offices", "found by 3 offices", "'3' is a number"),
        ("found by few offices", "found by thirty offices", "'thirty' is a number"),
        ("Victims are", "It is highly likely that victims are", "'highly likely' is a judgement"),
        ("Victims are", "With moderate confidence victims are", "'moderate confidence' is a jud"),
        (
            "Victims are found",
            "Victims in Romania are found",
            "it names Romania, and is cleared as",
        ),
        ("Victims are found", "Victims in ROMANIA were found", "it names Romania"),
        ("Victims are", "A Bulgarian office says that victims are", "take 'Bulgarian' out"),
        ("Victims are", "Turkey found that victims are", "take 'Turkey' out"),
        ("Victims are", "Write to a.pop@example.org, victims are", "names no person"),
        ("Victims are", "Vic\\u202etims are", "turns of its direction"),
        ("Victims are", "Victims *often* are", "'*' is no sign of a plain text"),
        ("clearance: public\n    reason: Vic", "clearance: secret\n    reason: Vic", "clearance"),
        ("levels:", "level:", "levels"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    project: Project, contracts: Contracts, folder: Path, was: str, becomes: str, says: str
) -> None:
    changed = MEETING.replace(was, becomes, 1)
    if "\\u" in becomes:
        changed = changed.replace(
            "reason: Vic\\u202etims are found by few offices.",
            'reason: "Vic\\u202etims are found by few offices."',
        )
    assert changed != MEETING
    (folder / "1.yaml").write_text(changed, encoding="utf-8")
    said = told(project, contracts)
    assert says in said
    assert "2023/meetings/1.yaml" in said
    assert "a.pop" not in said


@pytest.mark.parametrize("name", ["10.yaml", "meeting.yaml", "1.yml", "notes.txt", "1.YAML"])
def test_a_file_of_another_name_is_told(
    project: Project, contracts: Contracts, folder: Path, name: str
) -> None:
    (folder / name).write_text(MEETING, encoding="utf-8")
    assert "is no paper of a meeting" in told(project, contracts)


@pytest.mark.parametrize("name", [".~lock.1.amendments.xlsx#", "~$1.yaml", ".DS_Store"])
def test_what_a_program_left_beside_papers_is_no_paper(
    project: Project, contracts: Contracts, folder: Path, name: str
) -> None:
    (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
    (folder / name).write_bytes(b"x")
    (folder / "1.amendments.xlsx").write_bytes(b"x")
    assert len(load_papers(project, contracts, round_=EXERCISE)) == 1


def test_what_lies_beside_papers_is_told_and_stands_for_no_paper(
    project: Project, contracts: Contracts, folder: Path
) -> None:
    (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
    record(project, contracts, "1")
    for beside in ("old", "1.txt"):
        path = folder / beside
        path.mkdir() if beside == "old" else path.write_text("x", encoding="utf-8")
        (paper,) = papers_of(project, EXERCISE)
        assert paper.counts
        assert len(decisions(project, contracts, round_=EXERCISE).papers) == 1
        assert "is no paper of a meeting" in told(project, contracts)
        path.rmdir() if beside == "old" else path.unlink()
    (folder / "2.yaml").symlink_to("nowhere.yaml")
    assert [p.name for p in papers_of(project, EXERCISE)] == ["1"]


def test_who_chose_names_no_state_where_others_read_it(
    project: Project, contracts: Contracts, folder: Path
) -> None:
    text = PRIORITIES.replace("by: heads", "by: Romanian heads")
    (folder / "priorities.yaml").write_text(text, encoding="utf-8")
    assert "it names Romania, and is cleared as public" in told(project, contracts)
    restricted = text.replace("clearance: public", "clearance: restricted")
    (folder / "priorities.yaml").write_text(restricted, encoding="utf-8")
    assert load_papers(project, contracts, round_=EXERCISE)


def test_the_folder_is_no_return(project: Project, contracts: Contracts, folder: Path) -> None:
    (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
    assert find_returns(project, contracts, round_=EXERCISE) == []


class TestOnRecord:
    def test_nothing_counts_that_nobody_signed(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
        assert not decisions(project, contracts, round_=EXERCISE).papers
        assert "not recorded" in str(papers_of(project, EXERCISE)[0])
        record(project, contracts, "1")
        (met,) = decisions(project, contracts, round_=EXERCISE).meetings
        assert met.name == "1"
        assert papers_of(project, EXERCISE)[0].counts

    def test_a_paper_that_was_changed_or_is_gone_stops_the_build(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        path = folder / "1.yaml"
        path.write_text(MEETING, encoding="utf-8")
        record(project, contracts, "1")
        path.write_text(MEETING.replace("very high", "high"), encoding="utf-8")
        with pytest.raises(SignOffError, match="changed since it was recorded"):
            decisions(project, contracts, round_=EXERCISE)
        with pytest.raises(UserError, match="no reason"):
            record(project, contracts, "1")
        record(project, contracts, "1", "a slip of the pen")
        assert decisions(project, contracts, round_=EXERCISE).meetings[0].levels[0].level == 3
        path.unlink()
        with pytest.raises(SignOffError, match="its file gone"):
            decisions(project, contracts, round_=EXERCISE)
        with pytest.raises(UserError, match="its file gone"):
            record(project, contracts, "1", "again")

    def test_a_reason_is_kept_whole_or_not_taken(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
        with pytest.raises(UserError, match="no reason that can be kept"):
            record(project, contracts, "1", "long " * 200)
        assert not project.meetings.exists()

    def test_a_record_is_taken_back_with_a_reason(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        path = folder / "1.yaml"
        path.write_text(MEETING, encoding="utf-8")
        record(project, contracts, "1")
        with pytest.raises(UserError, match="on record already"):
            record(project, contracts, "1")
        with pytest.raises(UserError, match="no reason"):
            take_back(project, round_=EXERCISE, name="1", reason=" ", who=WHO)
        left = take_back(project, round_=EXERCISE, name="1", reason="not yet agreed", who=WHO)
        assert left is not None
        assert not left.counts
        assert not decisions(project, contracts, round_=EXERCISE).papers
        with pytest.raises(UserError, match="not on record"):
            take_back(project, round_=EXERCISE, name="1", reason="again", who=WHO)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("2", MEETING.replace("medium", "so so")),
            ("2", MEETING.replace("found by", "found in Romania by")),
            ("3", "held: [\n"),
            ("priorities", PRIORITIES.replace("area: MIG", "area: PIRACY")),
            ("priorities", "\x00"),
        ],
    )
    def test_a_wrong_paper_that_nobody_recorded_stops_no_build_and_no_other_paper(
        self, project: Project, contracts: Contracts, folder: Path, name: str, text: str
    ) -> None:
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        assert not decisions(project, contracts, round_=EXERCISE).papers
        (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
        record(project, contracts, "1")
        assert [p.file for p in decisions(project, contracts, round_=EXERCISE).papers] == [
            "2023/meetings/1.yaml"
        ]
        assert f"{name}.yaml" in told(project, contracts)  # as make check has it
        with pytest.raises(ContractError, match=f"{name}.yaml"):
            record(project, contracts, name)

    def test_a_wrong_paper_is_not_recorded(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        (folder / "1.yaml").write_text(MEETING.replace("medium", "so so"), encoding="utf-8")
        with pytest.raises(ContractError, match="there is no level"):
            record(project, contracts, "1")
        assert not project.meetings.exists()

    def test_a_line_taken_out_of_the_record_is_seen(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        for name in ("1", "2"):
            (folder / f"{name}.yaml").write_text(MEETING, encoding="utf-8")
            record(project, contracts, name)
        lines = project.meetings.read_text(encoding="utf-8").splitlines()
        project.meetings.write_text(f"{lines[1]}\n", encoding="utf-8")
        with pytest.raises(SignOffError):
            decisions(project, contracts, round_=EXERCISE)

    def test_the_later_meeting_stands(
        self, project: Project, contracts: Contracts, folder: Path
    ) -> None:
        for name in ("2", "1"):
            (folder / f"{name}.yaml").write_text(MEETING, encoding="utf-8")
            record(project, contracts, name)
        meetings = decisions(project, contracts, round_=EXERCISE).meetings
        assert [met.name for met in meetings] == ["1", "2"]


class TestOfADay:
    """A build as of a day has the papers that were on record then, as they were."""

    @pytest.fixture
    def then(self, project: Project, tmp_path: Path) -> Project:
        return Project(project.root, tmp_path / "then" / "outputs", tmp_path / "then" / "returns")

    def at(
        self, project: Project, then: Project, contracts: Contracts, day: str
    ) -> list[tuple[str, int]]:
        """The papers that count on a day, with the level of the first crime area."""
        for folder in (then.returns, then.records):
            shutil.rmtree(folder, ignore_errors=True)
        as_known_on(project, date.fromisoformat(day), folder=then.releases)
        recorded_on(project, date.fromisoformat(day), then=then)
        found = decisions(then, contracts, round_=EXERCISE)
        levels = [(m.name, m.levels[0].level) for m in found.meetings]
        return levels + ([("priorities", 0)] if found.priorities else [])

    def test_papers_are_those_of_the_day(
        self, project: Project, contracts: Contracts, folder: Path, then: Project
    ) -> None:
        path = folder / "1.yaml"

        def do(name: str, day: str, *, reason: str = "", back: bool = False) -> None:
            given = {"round_": EXERCISE, "name": name, "reason": reason}
            who = person("Exercise", "analyst", day=day)
            if back:
                take_back(project, **given, who=who)  # type: ignore[arg-type]
            else:
                record_paper(project, contracts, **given, who=who)  # type: ignore[arg-type]

        path.write_text(MEETING, encoding="utf-8")
        do("1", "2024-01-10")
        path.write_text(MEETING.replace("very high", "low"), encoding="utf-8")
        do("1", "2024-02-10", reason="a slip of the pen")
        (folder / "priorities.yaml").write_text(PRIORITIES, encoding="utf-8")
        do("priorities", "2024-03-10")
        do("1", "2024-04-10", reason="not agreed", back=True)
        path.unlink()
        for day, expected in {
            "2024-01-09": [],
            "2024-01-10": [("1", 4)],
            "2024-02-09": [("1", 4)],
            "2024-02-10": [("1", 1)],
            "2024-03-10": [("1", 1), ("priorities", 0)],
            "2024-04-10": [("priorities", 0)],
        }.items():
            assert self.at(project, then, contracts, day) == expected, day

    def test_a_paper_that_lies_nowhere_as_it_was_recorded_ends_it(
        self, project: Project, contracts: Contracts, folder: Path, then: Project
    ) -> None:
        (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
        record(project, contracts, "1")
        shutil.rmtree(project.archive)
        # it was recorded before papers were kept, and still lies there
        assert self.at(project, then, contracts, "2024-01-10") == [("1", 4)]
        shutil.rmtree(project.archive)
        (folder / "1.yaml").write_text(MEETING.replace("very high", "low"), encoding="utf-8")
        with pytest.raises(UserError, match=r"2023/meetings/1\.yaml is nowhere as it was recorded"):
            self.at(project, then, contracts, "2024-01-10")
        assert self.at(project, then, contracts, "2024-01-09") == []

    def test_the_command_puts_cases_and_papers_beside_the_returns(
        self, project: Project, contracts: Contracts, folder: Path, then: Project
    ) -> None:
        (folder / "1.yaml").write_text(MEETING, encoding="utf-8")
        record(project, contracts, "1")
        case = ROOT / "returns" / "2022" / "cases" / "discussion.yaml"
        cases = project.returns / "2022" / "cases"
        cases.mkdir(parents=True)
        shutil.copy(case, cases)
        archive_round(project, 2022, dates={}, today=date(2024, 1, 5))
        shutil.copy(case, cases / "later.yaml")
        (cases / "discussion.yaml").unlink()
        archive_round(project, 2022, dates={}, today=date(2024, 2, 5))
        done = run_here(
            *("as-of", "2024-01-10", "--folder", str(then.returns.parent)),
            environment={
                "SELEC_OUTPUTS": str(project.outputs),
                "SELEC_RETURNS": str(project.returns),
            },
        )
        assert done.returncode == 0, done.stderr
        assert "1 files known on 2024-01-10, 0 released editions, 1 papers" in done.stdout
        assert "not there: 2022/cases/later.yaml, first seen on 2024-02-05" in done.stdout
        assert [c.id for c in load_cases(then, contracts, round_=2022)] == ["discussion"]
        assert [m.name for m in decisions(then, contracts, round_=EXERCISE).meetings] == ["1"]
