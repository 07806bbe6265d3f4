"""What is there before a meeting of experts? A round in which only experts answered, with
its restricted store.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from assessments import EXERCISE, write_forms
from builds import ROOT

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.numbers.build import build_numbers
from pipeline.project import Project
from pipeline.report.exhibits.judged_cells import AFTER, BEFORE
from pipeline.returns.rules.validation import validate_and_write

STATES = ("AL", "BG", "GR", "HU", "RO", "TR")


def assessed_round(
    folder: Path, *, states: Iterable[str] = STATES, sessions: Iterable[str] = (BEFORE, AFTER)
) -> tuple[Project, Contracts]:
    """A working copy whose texts somebody read for the exercise, its returns and stores."""
    root = folder / "root"
    for name in ("data_contracts", "templates", "sql"):
        shutil.copytree(ROOT / name, root / name)
    for path in root.glob("templates/**/*.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"reviewed: \d{4}", f"reviewed: {EXERCISE}", text), encoding="utf-8")
    contracts = load_contracts(root / "data_contracts")
    project = Project(root, folder / "outputs", folder / "returns")
    write_forms(contracts, project.returns, states=states, sessions=sessions)
    validate_and_write(project, contracts, round_=EXERCISE)
    build_numbers(project, contracts, round_=EXERCISE)
    return project, contracts
