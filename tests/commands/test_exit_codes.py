"""Does every error end every command with a code of its own, and is each documented?"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import typer
from builds import ROOT

from pipeline import errors
from pipeline.commands import cli
from pipeline.errors import UserError
from pipeline.project import Project

PAGE = ROOT / "docs" / "reference" / "exit-codes.md"
KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UserError)
]
GROUP = typer.main.get_command(cli.app)
COMMANDS = GROUP.commands  # type: ignore[attr-defined]
# What commands ask for, by the name of the option; a word for everything else.
GIVEN = {"round": "2022", "report": "thb", "version": "public", "state": "RO"}
# These end before they look for a project: they have none, or what is given is wrong first.
WITHOUT_PROJECT = {"version", "guards", "moves", "explain"}


def documented() -> dict[int, str]:
    """Code and name of the error of each line of the table that has a code of its own."""
    lines = re.findall(r"^\| (\d+) \| (?:`(\w+)`)? ?\|", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(lines) > 10
    return {int(code): name for code, name in lines}


def test_each_error_has_a_code_of_its_own_that_no_shell_uses() -> None:
    codes = [kind.exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes) > 10
    assert all(2 <= code < 126 for code in codes)


def test_the_page_has_every_error_and_no_other() -> None:
    told = documented()
    assert {code: name for code, name in told.items() if name} == {
        kind.exit_code: kind.__name__ for kind in KINDS
    }
    assert {code for code, name in told.items() if not name} == {0, 1, 130}


def test_no_code_is_given_elsewhere() -> None:
    """A kind of error that has its own code stands in `pipeline.errors`, where the page
    and who answers for another process look for it.
    """
    given = []
    for file in sorted((ROOT / "pipeline").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef) and "id='exit_code', ctx=Store()" in ast.dump(node):
                given.append((file.name, node.name))
    assert len(given) == len(KINDS)
    assert {name for name, _ in given} == {"errors.py"}


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """The code with which the command line ends, called as the script `selec` is."""
    monkeypatch.setattr(sys, "argv", ["selec", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_ends_a_command_with_its_code(
    kind: type[UserError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(project: Project) -> None:
        raise kind("found", where="here", allowed="this", do="that")

    monkeypatch.setattr("pipeline.commands.lint.lint_everything", fails)
    assert ended(monkeypatch, "lint") == kind.exit_code
    told = capsys.readouterr()
    assert told.err.endswith("error: here: found\n  allowed: this\n  to do:   that\n")
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT_PROJECT))
def test_each_command_ends_with_the_code_of_what_it_meets(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("name,organisation\nAna Pop,Ministry\n", encoding="utf-8")

    def busy(language: str = "") -> Project:
        raise errors.BusyError("another build is at work")

    monkeypatch.setattr(Project, "here", busy)
    arguments = [name]
    for asked in COMMANDS[name].params:
        if asked.required:
            value = GIVEN.get(asked.opts[0].lstrip("-"), str(file))
            is_option = asked.param_type_name == "option"
            arguments += [asked.opts[0], value] if is_option else [value]
    assert ended(monkeypatch, *arguments) == errors.BusyError.exit_code


def test_a_bug_is_shown_and_a_wrong_option_is_an_error_of_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(project: Project) -> None:
        raise ZeroDivisionError

    assert ended(monkeypatch, "lint", "--nothing-like-it") == UserError.exit_code
    monkeypatch.setattr("pipeline.commands.lint.lint_everything", breaks)
    monkeypatch.setattr(sys, "argv", ["selec", "lint"])
    with pytest.raises(ZeroDivisionError):  # Python ends with 1
        cli.main()


def test_ctrl_c_is_told_from_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(project: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.commands.lint.lint_everything", interrupted)
    assert ended(monkeypatch, "lint") == 130


def test_few_places_end_the_process_and_each_by_the_code_of_an_error() -> None:
    """What stops a command or is told to end it, a build that failed in parts, and a run
    that goes on after a failure.
    """
    ends = set()
    for file in sorted((ROOT / "pipeline" / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.FunctionDef):
                found = ast.dump(node)
                if "attr='exit'" in found or "id='Exit'" in found or "attr='Exit'" in found:
                    ends.add((file.name, node.name))
    assert ends == {
        ("cli.py", "_end"),
        ("cli.py", "_stop"),
        ("cli_build.py", "stop_where_failed"),
        ("cli_operate.py", "run"),
    }
