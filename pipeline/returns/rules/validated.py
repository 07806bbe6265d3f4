"""What did the last validation of a round find? Read from where it was written, without
the libraries that check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.reading import FileReading
from pipeline.system.kept import damaged, is_there, read_json

VALIDATION = "validation.json"  # in the working files of a round


@dataclass(frozen=True)
class Validated:
    """A validation as later steps see it: files with their covers, findings, and
    (state, report, table) refused.
    """

    round: int
    files: tuple[FileReading, ...]
    findings: tuple[Finding, ...]
    refused: frozenset[tuple[str, str, str]]


def read_content(project: Project, round_: int) -> dict[str, Any]:
    """All that was written of a validation. Raises UserError when the round was not
    validated yet.
    """
    path = project.work(round_) / VALIDATION
    if not is_there(path):
        raise UserError(
            f"round {round_} was not validated yet", do=f"run 'make validate ROUND={round_}' first"
        )
    content: dict[str, Any] = read_json(path)
    return content


def read_validation(project: Project, round_: int) -> Validated:
    """The validation of a round as written. Raises UserError when the round was not
    validated yet, DamagedFileError where a file or finding is none.
    """
    return parse_validation(read_content(project, round_), project=project, round_=round_)


def parse_validation(content: dict[str, Any], *, project: Project, round_: int) -> Validated:
    """What later steps see of all that was written. Raises DamagedFileError where a file
    or finding is none.
    """
    try:
        return Validated(
            content["round"],
            tuple(FileReading.from_json(f) for f in content["files"]),
            tuple(Finding.from_json(f) for f in content["findings"]),
            frozenset((s, r, t) for s, r, t in content["refused"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        path = project.work(round_) / VALIDATION
        raise damaged(path, f"it is no record of a validation: {problem}") from problem
