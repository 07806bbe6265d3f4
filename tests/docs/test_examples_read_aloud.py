"""Are the examples of reading aloud what a screen reader says of the reports now?

Each example opens with the command that made it; what follows must be what that command
prints of the public reports that the tests build from the example returns.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from here import inherited, run_here

from pipeline.project import Project
from pipeline.release.manifest import pdf_of

_EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*-read-aloud.txt"))


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_what_the_command_says(example: Path, built: Project) -> None:
    first, _, said = example.read_text(encoding="utf-8").partition("\n\n")
    make, command, *given = shlex.split(first)
    options = dict(word.split("=", 1) for word in given)
    assert (make, command) == ("make", "read-aloud")

    folder = built.version_folder(
        int(options["ROUND"]), options["REPORT"], version=options["VERSION"]
    )
    pdf = folder / pdf_of(p.name for p in folder.iterdir())
    asked = ("--round", options["ROUND"], "--file", f"{pdf}", "--pages", options["PAGES"])
    done = run_here(command, *asked, environment=inherited())

    assert said == done.stdout, f"{example.name} is old: run its first line, and keep what it says"


def test_each_public_report_has_an_example() -> None:
    assert {path.name.split("-")[0] for path in _EXAMPLES} == {"migration", "octa", "thb"}
