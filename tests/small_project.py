"""What is the smallest project that runs every step? One report of two chapters, one
round, three states.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml
from builds import copy_project

from pipeline.contracts.gate_rules import GATE

SMALL_ROUND = 2021
STATES = ("BG", "GR", "RO")
CHAPTERS = ["introduction", "justice"]


def small_project(folder: Path) -> Path:
    """A working copy that builds in a few seconds what the whole project builds in
    minutes.
    """
    root = copy_project(folder)
    keep_few_returns(root)
    keep_chapters(root, CHAPTERS)
    open_gate(root / "data_contracts", states=len(STATES))
    return root


def open_gate(contracts: Path, *, states: int = 1, asks: tuple[str, ...] = ()) -> None:
    """A release gate that a few states pass, for tests of what comes after it."""
    content = yaml.safe_load((contracts / GATE).read_text(encoding="utf-8"))
    content |= {"reference": "a test", "states": states, "headline_states": 0, "asks": [*asks]}
    (contracts / GATE).write_text(yaml.safe_dump(content), encoding="utf-8")


def keep_few_returns(root: Path, round_: int = SMALL_ROUND, report: str = "thb") -> None:
    """Leave the returns of one round, one report and three states."""
    for path in (root / "returns").iterdir():
        if path.is_dir() and path.name != str(round_):
            shutil.rmtree(path)
    for path in (root / "returns" / str(round_)).iterdir():
        if path.is_dir() and path.name != report:
            shutil.rmtree(path)
    for path in (root / "returns" / str(round_) / report).iterdir():
        if path.name.split(".")[0] not in STATES:
            path.unlink()


def keep_chapters(root: Path, chapters: list[str], report: str = "thb") -> None:
    """Leave these chapters in every version of a report, and its last as key findings of
    the public one.
    """
    description = root / "templates" / report / "report.yaml"
    content = yaml.safe_load(description.read_text(encoding="utf-8"))
    content["versions"] = dict.fromkeys(content["versions"], chapters)
    content["key_findings"] = {"public": chapters[-1:]}
    description.write_text(yaml.safe_dump(content), encoding="utf-8")
