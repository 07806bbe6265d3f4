"""Does each argument of each make target reach the program as it was typed, whatever
stands in it?

Make runs here with a program in the place of Python's that notes what it was given.
Targets and arguments are read from the Makefile, so that a new one is tried too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from builds import ROOT, ROUND

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# Names of letters and digits, which make refuses to be anything else.
WORDS = ("ROUND", "REPORT", "VERSION")
LISTS = ("REPORTS", "VERSIONS", "FILES", "SIZES", "AXES")  # parted at spaces
FOLDERS = ("SELEC_OUTPUTS", "SELEC_RETURNS", "SELEC_RECORDS", "SELEC_RELEASES")
# only whether they are given, or whether they say no
SWITCHES = (
    "AGAIN",
    "JSON",
    "SEND",
    "STRICT",
    "SERVE",
    "TEST",
    "TAKE_BACK",
    "WATCH",
)
# What a file name can hold. Each would leave a file `pwned` if one of its characters
# meant anything.
HOSTILE = {
    "quote": "x'; touch pwned; '",
    "double quote": 'x"; touch pwned; "',
    "make function": "$(shell touch pwned)$$(touch pwned)${shell touch pwned}$(error pwned)",
    "shell": "`touch pwned`; touch pwned & touch pwned | touch pwned > pwned",
    "line break": "x\ntouch pwned\n\t@touch pwned",
    "dash": "--help",
    "signs": "a  b\t* ? [!a] {x,y} # % = : := \\ \\n ~ ! ^ é €",
}

# Writes down what it is told.
PROGRAM = """#!/bin/bash
{ printf '%s\\0' "$@"
for name in SELEC_BY SELEC_REASON SELEC_ANSWER SELEC_TEXT SELEC_SIGN_KEY SELEC_REHEARSAL; do
printf '%s\\0' "$name=${!name}"; done
printf '\\0'; } >> noted
exit 0
"""


def targets() -> list[str]:
    return sorted(set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.MULTILINE)) - {"help"})


def declared() -> set[str]:
    found = re.search(r"^ARGUMENTS := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert found
    return set(found[1].replace("\\\n", " ").split())


def recipe(target: str) -> str:
    """The lines of a target, with those of the variables of the Makefile that they use."""
    start = (
        MAKEFILE.index(f"\n{target}: .venv")
        if f"\n{target}: .venv" in MAKEFILE
        else MAKEFILE.index(f"\n{target}:")
    )
    lines = MAKEFILE[start + 1 :].split("\n")
    text = "\n".join([lines[0], *(line for line in _until_blank(lines[1:]))])
    for name in ("SUBJECT", "WHO", "SPOKEN"):
        if f"$({name})" in text:
            text += re.search(rf"^{name} :?= (.*)$", MAKEFILE, re.MULTILINE)[1]  # type: ignore[index]
    if "$(call build," in text:
        text += "GIVEN_AS_OF"
    return text


def _until_blank(lines: list[str]) -> list[str]:
    return lines[: lines.index("")] if "" in lines else lines


def handed_over(target: str) -> set[str]:
    """The arguments that a target hands to its program."""
    text = recipe(target)
    named = set(re.findall(r"GIVEN_(\w+)", text)) | set(
        re.findall(r"\$\(call (?:option|given),[^,]*,(\w+)\)", text)
    )
    for users, name in re.findall(
        r"^([a-z -]+): export SELEC_([A-Z]+) = \$\(\2\)$", MAKEFILE, re.MULTILINE
    ):
        if target in users.split():
            named.add(name)
    return named


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working copy with a program that notes what it is told in the place of each
    that make runs.
    """
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("templates", "data_contracts", "pipeline"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "returns" / str(ROUND) / "thb").mkdir(parents=True)
    for name in (".venv/bin/python", ".venv/bin/ruff", ".venv/bin/mypy", ".ci/setup", "pythonx"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROGRAM)
        path.chmod(0o755)
    for lock in ("requirements", "requirements-dev"):
        (folder / f"{lock}.lock").touch()
        (folder / ".venv" / f".installed-{lock}").touch()
    return folder


Done = subprocess.CompletedProcess[str]


def run(house: Path, target: str, *given: str, **environment: str) -> tuple[Done, list[str]]:
    """Run a target. Returns how it ended and every argument and exported answer that a
    program was told.
    """
    noted = house / "noted"
    noted.unlink(missing_ok=True)
    shutil.rmtree(house / "outputs", ignore_errors=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "SELEC_"))}
    done = subprocess.run(
        ["make", target, "PYTHON=./pythonx", *given],
        cwd=house,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean | environment,
    )
    told = noted.read_text().split("\0") if noted.exists() else []
    traces = [
        p for p in (house / "pwned", house / "returns/pwned", house / "outputs/pwned") if p.exists()
    ]
    for path in traces:
        path.unlink()
    assert not traces, f"make {target} ran what stood in an argument: {given} {environment}"
    return done, told


def test_every_argument_that_the_makefile_uses_or_explains_is_declared() -> None:
    explained = {
        n
        for line in re.findall(r"## (.*)", MAKEFILE)
        for n in re.findall(r"\b([A-Z][A-Z_]+)=", line)
    }
    used = set(re.findall(r"GIVEN_([A-Z_]+)\b", MAKEFILE))
    used |= set(re.findall(r"\$\(call (?:option|given),[^,]*,([A-Z_]+)\)", MAKEFILE))
    made_here = set(re.findall(r"^(?:define )?([A-Z_]+) ?(?:[:?]?=|$)", MAKEFILE, re.MULTILINE))
    read = (
        set(re.findall(r"\$\(([A-Z][A-Z_]+)\)", MAKEFILE)) - made_here - {"MAKE", "FORCE", *FOLDERS}
    )
    defaults = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
    by_program = {"SEED"}  # read by the program itself
    assert (explained | used | read | defaults) - by_program - declared() == set()
    assert declared() <= explained | used | read | defaults
    assert len(declared()) > 35


def test_no_recipe_puts_an_argument_between_quotes_of_the_shell() -> None:
    free = declared() - {*WORDS, *LISTS, *SWITCHES}
    for line in (line for line in MAKEFILE.split("\n") if line.startswith("\t")):
        inserted = set(re.findall(r"\$\(([A-Z_]+)\)", re.sub(r"\$\(if \$\([A-Z_]+\),", "", line)))
        assert inserted & free == set(), line


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_value_reaches_the_program_as_it_was_typed(kind: str, house: Path) -> None:
    free = sorted(declared() - {*WORDS, *LISTS, *SWITCHES, "PYTHON"})
    values = {name: f"{HOSTILE[kind]}{'' if kind == 'dash' else name}" for name in free}
    tried = 0
    for target in targets():
        wanted = handed_over(target) & set(free)
        if not wanted:
            continue
        # Two that exclude each other, or change which command is run, are tried one
        # after the other.
        _, told = run(house, target, *(f"{n}={v}" for n, v in values.items() if n in wanted))
        for name in wanted:
            value = values[name]
            assert value in told or f"SELEC_{name}={value}" in told, (
                f"make {target} {name}={value!r}: {told}"
            )
            tried += 1
    assert tried > 45


def test_a_value_from_the_environment_reaches_the_program_as_it_was_set(house: Path) -> None:
    value = "".join(
        HOSTILE[k]
        for k in ("make function", "quote", "double quote", "shell", "line break", "signs")
    )
    free = declared() - {*WORDS, *LISTS, *SWITCHES, "PYTHON", "LANGUAGE"}
    for target in targets():
        wanted = handed_over(target) & free
        if wanted:
            _, told = run(house, target, **dict.fromkeys(wanted, value))
            for name in wanted:
                assert value in told or f"SELEC_{name}={value}" in told, f"make {target} {name}"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_value_that_a_target_does_not_use_does_nothing_there(kind: str, house: Path) -> None:
    values = [
        f"{n}={HOSTILE[kind]}"
        for n in sorted(declared() - {*WORDS, "REPORTS", "VERSIONS", "AS_OF", "PYTHON", "READ"})
    ]
    for target in ("status", "moves", "validate", "check"):
        done, _ = run(house, target, *values, f"UNKNOWN={HOSTILE[kind]}")
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", [*WORDS, "REPORTS", "VERSIONS", *FOLDERS])
def test_a_part_of_a_file_name_is_refused_with_a_sentence(
    name: str, kind: str, house: Path
) -> None:
    for by_environment in (False, True):
        given = () if by_environment else (f"{name}={HOSTILE[kind]}",)
        done, told = run(
            house, "status", *given, **({name: HOSTILE[kind]} if by_environment else {})
        )
        # the name of a version or report that there is not: its program says so
        if name in LISTS and kind == "dash":
            continue
        assert done.returncode == 2
        assert re.search(rf"\*\*\* {name} (is|are) ", done.stderr)
        assert "Traceback" not in done.stderr
        assert told == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_list_is_parted_at_spaces_and_means_nothing_else(kind: str, house: Path) -> None:
    targets = {"check-pdf": "FILES", "bench-disclosure": "SIZES", "bench-growth": "AXES"}
    for target, name in targets.items():
        _, told = run(house, target, f"{name}={HOSTILE[kind]}")
        words = HOSTILE[kind].split()
        at = max(i for i, word in enumerate(told) if word == words[0])  # the program runs last
        assert told[at : at + len(words)] == words


STRAY = (
    "~$source.csv",
    ".~lock.source.csv#",
    "Copy of x.csv",
    "a$(shell touch pwned)b.csv",
    "a'b;touch pwned.csv",
    "new\nline.csv",
    "100%.csv",
    "a:b.csv",
    "é.csv",
    "a=b.csv",
)


@pytest.mark.parametrize("name", STRAY)
def test_the_name_of_a_file_that_lies_about_stops_nothing(name: str, house: Path) -> None:
    """In folders that make looks through: an open spreadsheet leaves such files, and
    whoever unpacks an archive.
    """
    folders = (
        "data_contracts/codelists",
        "templates/thb",
        "templates/shared",
        "returns",
        f"returns/{ROUND}/thb",
        "releases/public",
    )
    for folder in folders:
        (house / folder).mkdir(parents=True, exist_ok=True)
        (house / folder / name).touch()
    (house / "returns" / f"x\n{ROUND - 3}").mkdir(exist_ok=True)
    try:
        done, told = run(house, "reports", SELEC_RELEASES="releases")
    finally:
        for folder in folders:
            (house / folder / name).unlink()
    assert done.returncode == 0, done.stderr
    assert told.count("build") == 1
    assert str(ROUND - 3) not in told
