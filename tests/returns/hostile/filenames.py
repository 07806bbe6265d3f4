"""Hostile names, and things in the folder that are no files."""

from __future__ import annotations

import os
from pathlib import Path

from .forms import Put, Traps, csv_of, form, in_folder


def _named(name: str) -> Put:
    def put(folder: Path, state: str, traps: Traps) -> None:
        (folder / name).write_bytes(form("RO"))

    return put


for _what, _file in (
    ("name_with_a_line_break", "X\nO.xlsx"),
    ("name_that_looks_like_a_way_up", "..\u2215..\u2215RO.xlsx"),
    ("name_with_marks_of_a_terminal_library", "[link=x][blink]RO.xlsx"),
    ("name_that_turns_its_direction", "R\u202exslx.O.xlsx"),
    ("name_with_a_letter_that_looks_alike", "R\u041e.xlsx"),
    ("name_whose_capital_is_another", "r\u017f.xlsx"),
    ("name_that_is_an_option", "--help.xlsx"),
    ("name_with_a_template", "{{7*7}}<b>.xlsx"),
):
    # A name with more points than a return has belongs to nobody, unless a state is in
    # it; one without is taken for that of a state.
    _rule = "unclear-name" if "RO." in _file and _file.count(".") > 2 else "not-a-return"
    in_folder(_rule if _file.count(".") > 1 else "not-a-member", _what)(_named(_file))


@in_folder("linked-file")
def link_to_a_secret(folder: Path, state: str, traps: Traps) -> None:
    (folder / f"{state}.xlsx").symlink_to(traps.secret)


@in_folder("linked-file")
def link_to_nothing(folder: Path, state: str, traps: Traps) -> None:
    (folder / f"{state}.csv").symlink_to(folder / "nowhere")


@in_folder("linked-file")
def link_as_a_cover(folder: Path, state: str, traps: Traps) -> None:
    (folder / f"{state}.csv").write_text(csv_of(state), encoding="utf-8")
    (folder / f"{state}.cover.csv").symlink_to(traps.secret)


@in_folder("not-a-file")
def pipe_that_nobody_fills(folder: Path, state: str, traps: Traps) -> None:
    os.mkfifo(folder / f"{state}.csv")


@in_folder("not-a-file")
def folder_named_as_a_workbook(folder: Path, state: str, traps: Traps) -> None:
    (folder / f"{state}.xlsx").mkdir()
