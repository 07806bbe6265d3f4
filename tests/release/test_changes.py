"""Are two builds of a report compared right: words with their pages, figures with their
reasons, pages side by side?
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.changes.builds import find_build
from pipeline.release.changes.figures import (
    CODE,
    METHOD,
    PRINTED,
    PROTECTION,
    RESUBMITTED,
    UNKNOWN,
    Change,
    changed_figures,
)
from pipeline.release.changes.said import Leaf
from pipeline.release.changes.sheets import lay_pages, marks_of, pairs_of
from pipeline.release.changes.wording import Word, captions, compare, read_lines
from pipeline.release.manifest import sha256
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

DATE = datetime(2023, 3, 31, 12, tzinfo=UTC)
FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)
HEAD = "key,value,unit,obs_status,conf_status,coverage\n"


def lines(*pages: str) -> list[list[Word]]:
    """Pages of text as lines of words; a word is one point wide a character."""
    return [
        [Word(w, number, (0.0, -float(row), float(len(w)), -float(row) + 1)) for w in line.split()]
        for number, page in enumerate(pages)
        for row, line in enumerate(page.splitlines())
        if line.split()
    ]


def write_pdf(path: Path, *paragraphs: str) -> Path:
    body = "<h1>Test</h1>" + "".join(f"<p>{p}</p>" for p in paragraphs)
    html = (
        f'<html lang="en"><head><title>Test</title><style>{FACES} html {{ font-family: "Source Sans'
        ' Pro" } p { break-after: page } p:last-child { break-after: auto'
        f" }}</style></head><body>{body}</body></html>"
    )
    render_pdf(
        html, path, base_folder=path.parent, title="Test", subject="Test", date=DATE, attachments=[]
    )
    return path


def build(folder: Path, cells: str, commit: str = "unknown", **inputs: str) -> Path:
    """A finished version in a folder: its manifest, its cells, and a file in place of
    its PDF.
    """
    folder.mkdir(parents=True)
    files = {"cells.csv": (HEAD + cells).encode(), "report.pdf": b"pages"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    outputs = {
        name: {"sha256": sha256(content), "bytes": len(content)} for name, content in files.items()
    }
    manifest = {
        "report": "thb",
        "version": "restricted",
        "round": 2022,
        "reference": "SELEC/THB/2022/R",
        "data_cutoff": "2023-03-31",
        "git_commit": commit,
        "libraries": {},
        "inputs": inputs,
        "outputs": outputs,
        "build": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_a_changed_word_that_moves_a_line_break_is_one_changed_word() -> None:
    old = lines("In all 99 victims were registered\nin eleven member states of the Center.")
    new = lines("In all 1,100 victims were\nregistered in eleven member states of the Center.")
    (passage,) = compare(old, new).passages
    assert ([w.text for w in passage.old], [w.text for w in passage.new]) == (["99"], ["1,100"])
    assert passage.around == ("In all", "victims were registered in eleven member")
    assert passage.pages == (0, 0)


def test_each_page_stands_beside_the_one_it_shares_words_with() -> None:
    first = "Albania 12\nBulgaria 7"
    second = "Greece 31\nHungary 4"
    third = "Romania 500\nSerbia 80"
    compared = compare(lines(first, second, third), lines(first, "Moldova 17\nMontenegro 5", third))
    assert sorted(map(str, compared.pairs)) == ["(0, 0)", "(1, None)", "(2, 2)", "(None, 1)"]
    assert (compared.pairs[0], compared.pairs[-1]) == ((0, 0), (2, 2))
    assert pairs_of(compared, marks_of(compared)) == [p for p in compared.pairs if None in p]
    assert compare(lines(first, second), lines(first, second)).passages == ()


def test_captions_are_told_by_their_number() -> None:
    found = captions(
        lines(
            "Table 3 Registered victims by state, 2018–2022 · victims\nTable of it\nFigure 12"
            " Routes"
        )
    )
    assert found == {"Table 3": "Registered victims by state, 2018–2022", "Figure 12": "Routes"}


def test_pages_are_laid_side_by_side_with_what_differs_marked(tmp_path: Path) -> None:
    old = write_pdf(tmp_path / "old.pdf", "Registered victims: 112", "Nothing new here")
    new = write_pdf(tmp_path / "new.pdf", "Registered victims: 113", "Nothing new here")
    compared = compare(read_lines(old), read_lines(new))
    marks = marks_of(compared)
    assert [([w.text for w in p.old], [w.text for w in p.new]) for p in compared.passages] == [
        (["112"], ["113"])
    ]
    pairs = pairs_of(compared, marks)
    assert pairs == [(0, 0)]
    target = write_pdf(tmp_path / "sheets.pdf", "A list", "A sheet")
    lay_pages(target, old, new=new, pairs=pairs, marks=marks)
    with pikepdf.open(target) as sheets:
        assert len(sheets.pages) == 2
        list_, sheet = (b"".join(c.read_bytes() for c in _contents(page)) for page in sheets.pages)
        assert (list_.count(b" Do"), sheet.count(b" Do")) == (0, 2)
        # One mark a side: the number, not the words before it.
        assert sheet.count(b" re f") == 2


def _contents(page: pikepdf.Page) -> list[pikepdf.Object]:
    return list(page.Contents) if isinstance(page.Contents, pikepdf.Array) else [page.Contents]


class Said:
    """What states had said, given by hand."""

    def __init__(self, **says: str) -> None:
        self.says = {k.replace("__", ":").replace("_2022", ".2022"): v for k, v in says.items()}

    def leaves(self, key: str) -> dict[str, Leaf]:
        del key
        return {k: Leaf(k, v, "2022/thb/RO.xlsx 9 Offences C7") for k, v in self.says.items()}

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("before", "after", "said", "inputs", "why"),
    [
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "THB_OFFENCES:RO.2022,533,,A,F,",
            ("601", "533"),
            {},
            RESUBMITTED,
        ),
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "THB_OFFENCES:RO.2022,,,A,S,",
            ("601", "601"),
            {},
            PROTECTION,
        ),
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "",
            ("601", "601"),
            {"templates/thb/exhibits.yaml": "x"},
            PRINTED,
        ),
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "THB_OFFENCES:RO.2022,602,,A,F,",
            ("601", "601"),
            {"data_contracts/thb.odcs.yaml": "x"},
            METHOD,
        ),
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "THB_OFFENCES:RO.2022,602,,A,F,",
            ("601", "601"),
            {"pipeline/numbers/build.py": "x"},
            CODE,
        ),
        (
            "THB_OFFENCES:RO.2022,601,,A,F,",
            "THB_OFFENCES:RO.2022,602,,A,F,",
            ("601", "601"),
            {},
            UNKNOWN,
        ),
    ],
)
def test_a_changed_figure_has_its_reason(
    before: str,
    after: str,
    said: tuple[str, str],
    inputs: dict[str, str],
    why: str,
    project: Project,
    contracts: Contracts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides = iter(Said(THB_OFFENCES__RO_2022=s) for s in said)
    monkeypatch.setattr("pipeline.release.changes.figures.Marts", lambda *_: Said())
    monkeypatch.setattr(
        "pipeline.release.changes.figures.FiguresOfBuild", lambda *_, **__: next(sides)
    )
    folders = build(tmp_path / "old", before), build(tmp_path / "new", after, **inputs)
    old, new = (
        find_build(project, 2022, report="thb", version="restricted", name=str(f)) for f in folders
    )
    (change,) = changed_figures(project, contracts, round_=2022, old=old.side, new=new.side)
    assert isinstance(change, Change)
    assert (change.key, change.why) == ("THB_OFFENCES:RO.2022", why)
    if why == RESUBMITTED:
        place = "2022/thb/RO.xlsx 9 Offences C7"
        assert change.details == (f"THB_OFFENCES:RO.2022: '601' ({place}) became '533' ({place})",)
    assert changed_figures(project, contracts, round_=2022, old=new.side, new=new.side) == []


def test_a_build_that_is_not_there_not_whole_or_of_something_else_is_told(
    project: Project, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="make report REPORT=thb VERSION=restricted ROUND=2022"):
        find_build(project, 2022, report="thb", version="restricted", name="last")
    with pytest.raises(UserError, match="AS_OF=2026-03-01"):
        find_build(project, 2022, report="thb", version="restricted", name="2026-03-01")
    folder = build(tmp_path / "old", "")
    with pytest.raises(UserError, match="it is thb restricted 2022"):
        find_build(project, 2022, report="thb", version="public", name=str(folder))
    (folder / "cells.csv").write_text(HEAD + "THB_OFFENCES:RO.2022,1,,A,F,\n", encoding="utf-8")
    with pytest.raises(UserError, match="not the one that was built"):
        find_build(project, 2022, report="thb", version="restricted", name=str(folder))
