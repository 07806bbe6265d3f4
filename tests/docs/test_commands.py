"""Do the commands of the documentation work? Each `make ...` and tool of a fenced block
is run; help lists them all.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from builds import ROOT, ROUND, copy_project
from here import typed
from pages import FOLLOWED
from signatories import enter_signers, make_keys

from pipeline.project import Project

# What is not run here, and why.
NOT_RUN = {
    r"make test\b.*": "it would run itself",
    r"make bench\b.*": "it takes minutes; tests/bench checks what it compares",
    r"make check-pdf\b.*": "it takes minutes; tests/report/pdf runs it on a copy of each kind",
    r"make disclosure-options\b.*": (
        "it takes minutes; tests/disclosure/test_options.py runs it on a small project"
    ),
    r"make soak\b.*": "it takes an hour; the tests run one instance of each of its kinds",
    r"make drills\b.*": "it takes an hour; tests/drills does one of each kind",
    r"make spark-setup": "it fetches 400 MB; tests/spark says where what it sets up is missing",
    r"make test-spark": "it takes minutes and wants Java; .ci/spark runs it",
    r"make check\b.*": "it takes half a minute; .ci/run does it beside the tests",
    r"make reports( ROUND=2022)?": "the fixture `built` runs it",
    r"make validate( ROUND=2022)?": "a minute for all states; tests/repro runs it for three",
    r"make clean\b.*": "it would take the build from under the other commands",
    r"make remind\b.*": (
        "no round is entered in the calendar; tests/returns/test_reminders.py writes and sends"
    ),
    r"make import\b.*": (
        "it needs a file of its publisher; tests/returns/test_importers.py runs every source"
    ),
    r"make published\b.*": (
        "it needs a file of its publisher; tests/returns/test_published.py takes one in"
    ),
    r"make context\b.*": (
        "it needs a file of its publisher; tests/numbers/test_context.py takes one in"
    ),
    r"make answer\b.*": (
        "it answers what was asked before; tests/returns/test_query_log.py does both"
    ),
    r"make answers\b.*": (
        "it needs what a state filled in; tests/returns/test_answers.py enters such files"
    ),
    r"make (proof-sheets|confirm-proof|object-proof)\b.*": (
        "it builds every version; tests/release/test_proof_sheets.py makes sheets and answers"
    ),
    r"make gate\b.*": (
        "it fails: the example round is a NO-GO; tests/release/test_release_gate.py does both"
    ),
    r"make findings\b.*SUBMISSION=.*": (
        "it needs a submission of this state; tests/returns/test_submissions.py shows some"
    ),
    r"make accept .*REASON=.*": "it needs a finding of the state; tests/release/signoff does it",
    r"make explain KEY=ASM_.*": (
        "it needs judgements; tests/numbers/test_judgements.py explains one of an exercise"
    ),
    r"make record-meeting .*N=.*": (
        "it needs a paper of a meeting; tests/returns/test_meetings.py records some"
    ),
    r"make (meeting|amendments)\b.*": (
        "it needs judgements; tests/release/test_meeting_papers.py writes papers of an exercise"
    ),
    r"make clear-text .*TEXT=.*": (
        "it needs a text of a cover; tests/returns/test_cleared.py clears one"
    ),
    r"make (submit|tick|comment|reply|approve|release|withdraw) .*": (
        "each needs the one before; tests/release/signoff does them"
    ),
    r"make (copies|verify|trace) .*": "it needs a released edition; tests/release/signoff does it",
    r"make reports? .*AS_OF=.*": (
        "it takes a minute; tests/repro builds a small project as of a day"
    ),
    r"make changes\b.*": "it needs an earlier build; tests/repro compares two",
    r"make desk( (PORT|ROUND)=\d+)?": "it serves until it is ended; tests/desk asks such a server",
    r"make run\b.*": (
        "it ends as the gate says, and the example round is a NO-GO; tests/repro runs small rounds"
    ),
    r"make rehearsal\b.*": "it takes minutes; tests/steps/rehearsal tries a small year",
    r"make open\b.*": "it takes a minute; tests/returns/test_opening.py opens rounds",
    r"make PYTHON=.*": "it needs another interpreter",
    r"make (backup|check-backup|restore) .*": (
        "it needs a file of a password; tests/repro/test_backup_drill.py does all three"
    ),
    r"make review-texts ROUND=2023.*": (
        "there are no returns of 2023 yet; tests/report/texts reads the texts of such a round"
    ),
}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(page: Path) -> list[str]:
    """Lines of fenced blocks that call make or a tool, without prompt and comment."""
    blocks = re.findall(
        r"^```[^\n]*\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    lines = [
        line.strip().removeprefix("$ ")
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [
        re.split(r"\s+#", line)[0].strip()
        for line in lines
        if re.match(r"(\w+=\S+ )*(make|python3 tools/)", line)
    ]


# The tools first, and `make register` last: beside an edition the checker would have to be
# told its files as well, and every version would be chosen anew.
EVERY = sorted(
    {c for page in PAGES if page.stem not in FOLLOWED for c in commands(page)},
    key=lambda c: (c.startswith("make"), c.startswith("make register"), c),
)
RUN = [c for c in EVERY if not any(re.fullmatch(pattern, c) for pattern in NOT_RUN)]


@pytest.fixture(scope="session")
def workshop(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the reports built, to try commands in."""
    root = copy_project(tmp_path_factory.mktemp("workshop") / "copy")
    for source, name in ((built.outputs, "outputs"), (built.records, "records")):
        shutil.copytree(source, root / name, copy_function=shutil.copy2, dirs_exist_ok=True)
    enter_signers(root / "data_contracts", make_keys(root / "outputs" / "keys"))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_documentation_works(command: str, workshop: Path) -> None:
    key = str(workshop / "outputs" / "keys" / "analyst")
    done = typed(command, root=workshop, environment={"SELEC_SIGN_KEY": key})
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_the_readme_says_how_to_build_and_how_to_test() -> None:
    assert {"make reports", "make test"} <= set(commands(ROOT / "README.md"))


def test_every_exception_stands_for_a_target_of_the_makefile() -> None:
    named = {
        match[1]
        for pattern in NOT_RUN
        if (match := re.match(r"make ([a-z]+(?:-[a-z]+)*)", pattern))
    }
    assert named <= set(phony())


def phony() -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return [
        name
        for line in re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
        for name in line.split()
    ]


def told_by_make_help() -> str:
    command = ["make", "--no-print-directory", "help"]  # also where make runs the tests
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_help_lists_every_target_with_its_purpose() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = told_by_make_help()
    assert len(phony()) >= 10
    for name in phony():
        assert re.search(rf"^{name}:.*  ## \S", makefile, re.MULTILINE), f"{name} has no ## comment"
        assert re.search(rf"^  {name} +\S", told, re.MULTILINE), f"make help does not list {name}"
    assert f"ROUND={ROUND}" in told


def test_help_has_the_groups_of_the_year_and_one_column_for_all_purposes() -> None:
    told = told_by_make_help()
    groups = re.findall(r"^([A-Z]\w+): ", told, re.MULTILINE)
    assert groups == ["Open", "Receive", "Build", "Review", "Release", "Operate", "Develop"]
    place, columns, group = {}, set(), ""
    for line in told.splitlines()[:-1]:
        if head := re.match(r"([A-Z]\w+): ", line):
            group = head[1]
        elif target := re.match(r"  (\S+) +", line):
            columns.add(target.end())
            place[target[1]] = group
    assert len(columns) == 1
    year = ("open", "validate", "reports", "desk", "release", "run", "test")
    assert [place[name] for name in year] == groups
    assert {name for name, group in place.items() if not group} == {"help"}
    assert set(place) == set(phony())


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
