"""What did the last validation of a round find? Read from where it was written, without
the libraries that check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.system.kept import is_there, read_json


@dataclass(frozen=True)
class Validated:
    """A validation as later steps see it: files with their covers, findings, and
    (state, report, table) refused.
    """

    round: int
    files: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]
    refused: frozenset[tuple[str, str, str]]


def read_content(project: Project, round_: int) -> dict[str, Any]:
    """All that was written of a validation. Raises UserError when the round was not
    validated yet.
    """
    path = project.work(round_) / "validation.json"
    if not is_there(path):
        raise UserError(
            f"round {round_} was not validated yet", do=f"run 'make validate ROUND={round_}' first"
        )
    content: dict[str, Any] = read_json(path)
    return content


def read_validation(project: Project, round_: int) -> Validated:
    """The validation of a round as written. Raises UserError when the round was not
    validated yet.
    """
    content = read_content(project, round_)
    refused = frozenset((s, r, t) for s, r, t in content["refused"])
    return Validated(content["round"], tuple(content["files"]), tuple(content["findings"]), refused)
