"""Does the check of PDFs fail whenever something was not checked? veraPDF itself runs
in tests/report/pdf.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT

TOOL = ROOT / "tools" / "check_pdf.py"
JAR = "greenfield-apps-1.28.2.jar"
PROFILES = ("PDF/UA-1 validation profile", "PDF/A-3A validation profile")
RULE = {
    "specification": "ISO 14289-1:2014",
    "clause": "7.3",
    "testNumber": 1,
    "failedChecks": 4,
    "description": "Figures",
    "checks": [{"errorMessage": "no text", "context": "root/page[3]"}],
}


class Place:
    """A copy of the tool with a file in place of veraPDF, and a `java` that says what a
    test wants it to say.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.jar = folder, folder / "jars" / JAR
        self.file = folder / "a.pdf"
        for name in ("tools/verapdf", "jars", "bin"):
            (folder / name).mkdir(parents=True)
        (folder / "tools" / TOOL.name).write_bytes(TOOL.read_bytes())
        self.jar.write_bytes(b"veraPDF")
        sums = f"{hashlib.sha256(b'veraPDF').hexdigest()}  {JAR}\n"
        (folder / "tools" / "verapdf" / "SHA256SUMS").write_text(sums)
        self.file.write_bytes(b"%PDF-1.7")

    def program(self, name: str, lines: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)

    def says(
        self, *profiles: str, status: str = "normal", passed: int = 100, rules: tuple[Any, ...] = ()
    ) -> None:
        results = [
            {
                "profileName": p,
                "jobEndStatus": status,
                "compliant": not rules,
                "details": {"passedRules": passed, "ruleSummaries": list(rules)},
            }
            for p in profiles
        ]
        job = {"itemDetails": {"name": str(self.file)}, "validationResult": results}
        (self.folder / "report.json").write_text(json.dumps({"report": {"jobs": [job]}}) + "\n")
        self.program(
            "java",
            f"while read -r line; do printf '%s' \"$line\"; done < '{self.folder / 'report.json'}'",
        )

    def check(self, *paths: Path) -> tuple[int, str]:
        command = [
            sys.executable,
            str(self.folder / "tools" / TOOL.name),
            *map(str, paths or (self.file,)),
        ]
        environment = {"PATH": str(self.folder / "bin"), "SELEC_VERAPDF": str(self.jar.parent)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.says(*PROFILES)
    return made


def test_what_passed_both_standards_passes(place: Place) -> None:
    code, told = place.check()
    assert (code, "1 PDFs checked against PDF/UA-1 and PDF/A-3a: 0 with failed rules" in told) == (
        0,
        True,
    )


def test_a_failed_rule_is_named_with_its_place(place: Place) -> None:
    place.says(*PROFILES, rules=(RULE,))
    code, told = place.check()
    assert code == 1
    assert (
        "PDF/UA-1: ISO 14289-1:2014, clause 7.3, test 1, 4 times: Figures\n    first: no text"
        " root/page[3]" in told
    )


@pytest.mark.parametrize(
    ("profiles", "facts"),
    [
        (PROFILES[:1], {}),  # the file claims one standard only
        ((), {}),
        (PROFILES, {"status": "cancelled"}),
        (PROFILES, {"passed": 0}),
    ],
)
def test_what_was_not_checked_did_not_pass(
    place: Place, profiles: tuple[str, ...], facts: dict[str, Any]
) -> None:
    place.says(*profiles, **facts)
    code, told = place.check()
    assert (code, "not checked" in told) == (1, True)


def test_a_file_that_the_report_leaves_out_did_not_pass(place: Place, tmp_path: Path) -> None:
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7")
    code, told = place.check(place.file, tmp_path / "b.pdf")
    assert (code, f"FAILED  {tmp_path / 'b.pdf'}" in told) == (1, True)


def test_a_folder_stands_for_its_finished_pdfs_and_an_empty_one_is_an_error(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "out" / ".thb-1.unfinished").mkdir(parents=True)
    (tmp_path / "out" / ".thb-1.unfinished" / "c.pdf").write_bytes(b"%PDF-1.7")
    for path in (tmp_path / "out", tmp_path / "nowhere"):
        code, told = place.check(path)
        assert (code, f"there is no PDF: {path}" in told) == (2, True)
    place.file = place.file.rename(tmp_path / "out" / "a.pdf")
    place.says(*PROFILES)
    code, told = place.check(tmp_path / "out")
    assert (code, "1 PDFs checked" in told) == (0, True)


def test_no_report_is_an_error(place: Place) -> None:
    place.program("java", "echo 'out of memory' >&2; exit 3")
    code, told = place.check()
    assert (code, "veraPDF gave no report, it ended with 3" in told, "out of memory" in told) == (
        2,
        True,
        True,
    )


@pytest.mark.parametrize("program", ["java", "mvn"])
def test_a_missing_program_is_named_with_its_packages(place: Place, program: str) -> None:
    place.jar.unlink()
    (place.folder / "bin" / program).unlink(missing_ok=True)
    code, told = place.check()
    assert code == 2
    assert f"error: {program} is not installed" in told
    assert "apt-get install default-jre-headless maven" in told


def test_a_file_of_other_content_is_not_run_whether_it_was_there_or_fetched(place: Place) -> None:
    place.jar.write_bytes(b"something else")
    code, told = place.check()
    assert (code, "is not the file that" in told) == (2, True)
    place.jar.unlink()
    fetch = (
        f'for a in "$@"; do case "$a" in -DoutputDirectory=*) echo other > "${{a#*=}}/{JAR}";;'
        " esac; done"
    )
    place.program("mvn", fetch)
    code, told = place.check()
    assert (code, "is not the file that" in told) == (2, True)
    place.jar.unlink()
    place.program("mvn", "echo 'Central cannot be reached'; exit 1")
    code, told = place.check()
    assert (code, "Central cannot be reached" in told) == (2, True)
