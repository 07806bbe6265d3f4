"""Does the command line answer at once, name what is allowed, and keep tracebacks for
bugs?
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from builds import ROOT
from here import Done, inherited, run_here

from pipeline import __version__
from pipeline.commands.options import Hand
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.signoff.moves import MOVES, OTHERS, roles_of
from pipeline.system.signed.signers import ROLES

COMMANDS = (
    "validate",
    "numbers",
    "render",
    "template",
    "import",
    "examples",
    "explain",
    "lint",
    "version",
    "protect",
    "register",
    "audit",
    "feedback",
    "texts",
    "contract-diff",
    "queries",
    "ask",
    "answer",
)
HEAVY = (
    "pandas",
    "matplotlib",
    "weasyprint",
    "great_expectations",
    "duckdb",
    "openpyxl",
    "numpy",
    "sqlglot",
)


def run(*arguments: str, outputs: Path | None = None) -> Done:
    """In this process; as one of its own, in `run_apart`."""
    places = {"SELEC_OUTPUTS": str(outputs)} if outputs else {}
    return run_here(*arguments, environment={**inherited(), **places})


def run_apart(*arguments: str) -> Done:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_help_lists_every_command() -> None:
    told = run_apart("--help")
    assert told.returncode == 0
    listed = re.findall(r"^  ([a-z-]+)  ", told.stdout, re.MULTILINE)
    assert set(COMMANDS) <= set(listed)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    told = run(command, "--help")
    assert told.returncode == 0
    assert f"{command} [OPTIONS]" in told.stdout
    assert len(told.stdout.splitlines()) > 3


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['pipeline', '--help']\n"
        "from pipeline.commands.cli import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        f"sys.exit(', '.join(m for m in {HEAVY!r} if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == ""
    assert done.returncode == 0


def test_the_version_is_the_package_s() -> None:
    assert run_apart("version").stdout.strip() == __version__


REHEARSAL = ("--rehearsal", "--by", "Ana Pop")


@pytest.mark.parametrize("command", ["approve", "register"])
def test_nobody_acts_by_a_typed_name(command: str, tmp_path: Path) -> None:
    subject = ("--round", "2022", "--report", "thb", "--version", "public")
    done = run(command, *subject, "--by", "Ana Pop", "--role", "director", outputs=tmp_path)
    assert done.returncode == 11
    assert "nobody signs this" in done.stderr
    assert not list(tmp_path.rglob("*.jsonl"))


@pytest.mark.parametrize("command", sorted({*OTHERS, *(m.command for m in MOVES)}))
def test_who_acts_is_asked_of_every_command_that_is_signed(command: str, project: Project) -> None:
    role = roles_of(command)[-1]
    assert Hand("Ana Pop", role, "2023-05-02", "", True).person(project, command).rehearses
    for hand, told in (
        (Hand("Ana Pop", role, "", "", False), "nobody signs this"),
        (Hand("Ana Pop", role, "", "no such file", False), "nobody may sign yet"),
        (Hand("", role, "", "", True), "there is no name"),
        (Hand("Ana Pop", "boss", "", "", True), "there is no role 'boss'"),
        (Hand("Ana Pop", role, "2.5.2023", "", True), "'2.5.2023' is no day"),
    ):
        with pytest.raises(UserError, match=told):
            hand.person(project, command)
    if strangers := set(ROLES) - set(roles_of(command)):
        with pytest.raises(UserError, match=f"may not {command}"):
            Hand("Ana Pop", min(strangers), "", "", True).person(project, command)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["render", "--round", "2022", "--report", "drugs", "--version", "public"],
            "there is no report 'drugs'",
        ),
        (
            ["render", "--round", "2022", "--report", "thb", "--version", "secret"],
            "there is no version 'secret'",
        ),
        (
            ["template", "--round", "2022", "--report", "thb", "--state", "XX"],
            "'XX' does not answer the thb questionnaire",
        ),
        (
            ["template", "--round", "2022", "--report", "thb", "--state", "RO BG"],
            "'RO BG' does not answer the thb",
        ),
        (
            ["template", "--round", "20233", "--report", "thb", "--state", "RO"],
            "no round 20233: it is no year",
        ),
        (
            ["template", "--round", "2017", "--report", "thb", "--state", "HR"],
            "no round 2017: it is before the first",
        ),
        (
            ["template", "--round", "2022", "--report", "drugs", "--state", "RO"],
            "there is no report 'drugs'",
        ),
        (["validate", "--round", "1999"], "there are no returns of round 1999"),
        (["numbers", "--round", "1999"], "there are no returns of round 1999"),
        (["explain", "--round", "2022", "no key"], "is not a cell key"),
        (["explain", "--round", "2022", "THB_VICTIMS:RO.2022._T._T"], "has no numbers yet"),
        (
            ["render", "--round", "2022", "--report", "thb", "--version", "public"],
            "there is no proof",
        ),
        (
            ["render", "--round", "2022", "--report", "thb", "--version", "restricted"],
            "does not exist",
        ),
        (["queries", "--round", "2022"], "was not validated yet"),
        (
            ["ask", "--round", "2022", "--state", "RO", "--date", "2023-04-01"],
            "was not validated yet",
        ),
        (
            [
                "answer",
                "--round",
                "2022",
                "--query",
                "q1",
                "--answer",
                "a",
                "--effect",
                "confirmed",
                "--date",
                "2023-04-01",
                *REHEARSAL,
            ],
            "was not asked in round 2022",
        ),
        (["contract-diff", "--old", "no such thing"], "neither a file or folder nor a revision"),
        (["audit", "--round", "2022", "--version", "restricted"], "there is nothing to prove"),
        (["feedback", "--round", "2022", "--state", "RO"], "round 2022 was not validated yet"),
        (
            ["register", "--round", "2022", "--report", "thb", "--version", "public", *REHEARSAL],
            "there is no proof",
        ),
    ],
)
def test_what_a_person_can_repair_is_told_without_a_traceback(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    done = run(*arguments, outputs=tmp_path)
    assert done.returncode == (7 if "proof" in told else 2)
    assert done.stderr.startswith("error: ")
    assert told in done.stderr
    assert "allowed:" in done.stderr or "to do:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_round_that_is_no_number_is_refused() -> None:
    done = run_apart("validate", "--round", "next")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_bug_shows_its_traceback() -> None:
    code = (
        "import pipeline.commands.cli as cli\n"
        "import pipeline.contracts.lint as lint\n"
        "def broken(_): raise ZeroDivisionError('a bug')\n"
        "lint.lint_project = broken\n"
        "import sys; sys.argv = ['pipeline', 'lint']\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "a bug" in done.stderr


def test_a_template_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    done = run(
        "template",
        "--round",
        "2022",
        "--report",
        "thb",
        "--state",
        "RO",
        "--out",
        str(tmp_path / "RO.xlsx"),
    )
    assert done.stdout.strip() == str(tmp_path / "RO.xlsx")
    assert (tmp_path / "RO.xlsx").is_file()


def test_lint_tells_what_it_checked() -> None:
    done = run_apart("lint")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 3


@pytest.mark.slow
def test_explain_speaks_to_machines_too(built: object) -> None:
    outputs: Path = built.outputs  # type: ignore[attr-defined]
    told = run("explain", "--round", "2022", "THB_OFFENCES:SELEC.2022", "--json", outputs=outputs)
    found = json.loads(told.stdout)
    assert found["key"] == "THB_OFFENCES:SELEC.2022"
    assert sum(float(p["value"]) for p in found["parts"]) == float(found["value"])


LONG = "a" * 5000
FILES = (
    ("verify", "--", LONG),
    ("trace", "--", LONG),
    ("verify", "--password-file", LONG, "--", "README.md"),
    ("copies", "--round", "2022", "--report", "thb", "--recipients", LONG),
    ("contract-diff", "--old", LONG),
    ("import", "--source", "unodc-cts", "--round", "2022", "--file", LONG),
)


@pytest.mark.parametrize("command", FILES)
def test_a_name_that_no_file_can_have_is_told_in_a_sentence(command: tuple[str, ...]) -> None:
    told = run(*command)
    assert told.returncode == 2
    assert told.stderr.startswith("error: ")
    assert "Traceback" not in told.stderr
