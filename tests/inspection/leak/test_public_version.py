"""Does nothing restricted reach a public version: not in its bytes, not through its
input?
"""

from __future__ import annotations

import csv
import json
import zipfile
import zlib
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pikepdf
import pytest
from builds import REPORTS, ROOT, ROUND, files_of
from elsewhere import CANARIES, Elsewhere

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import load_policy
from pipeline.project import Project
from pipeline.report.printing import Printing

pytestmark = pytest.mark.slow


def everything_in(path: Path) -> bytes:
    """The bytes of a file; of a PDF also those of its streams, of a workbook those of
    its parts, unpacked.
    """
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            return data + b"".join(parts.read(name) for name in parts.namelist())
    if path.suffix != ".pdf":
        return data
    with pikepdf.open(path) as opened:
        streams = [o for o in opened.objects if isinstance(o, pikepdf.Stream)]
        return data + b"".join(_unpacked(s) for s in streams)


def _unpacked(stream: pikepdf.Stream) -> bytes:
    try:
        return bytes(stream.read_bytes())
    except (pikepdf.PdfError, zlib.error):
        return bytes(stream.read_raw_bytes())


def test_restricted_only_changes_do_not_change_a_byte_of_the_public_report(
    elsewhere: Elsewhere,
) -> None:
    """A note, a contact and a text of the restricted version were changed, everything
    built again. The bytes are those that would leave; the mark on a draft is over the
    certificate too, which knows the figures behind.
    """
    first, last = (
        p.master_folder(ROUND, "thb", "public") for p in (elsewhere.first, elsewhere.last)
    )
    assert set(files_of(first)) == set(files_of(last))
    for name, path in files_of(first).items():
        if name != "manifest.json":
            assert path.read_bytes() == (last / name).read_bytes(), name
    before, after = (
        json.loads((f / "manifest.json").read_text(encoding="utf-8")) for f in (first, last)
    )
    del before["git_commit"], after["git_commit"]
    assert before == after


def test_the_public_store_does_not_change_either(elsewhere: Elsewhere) -> None:
    first, last = (
        p.store(ROUND, "thb", "public").with_suffix(".sha256")
        for p in (elsewhere.first, elsewhere.last)
    )
    assert first.read_text() == last.read_text()


def test_no_canary_is_in_a_public_file(elsewhere: Elsewhere) -> None:
    restricted = elsewhere.last.store(ROUND, "thb", "restricted").read_bytes()
    # it did reach the restricted store, so the search can find it
    assert CANARIES[0].encode() in restricted
    last = elsewhere.last
    folders = (
        last.version_folder(ROUND, "thb", "public"),
        last.master_folder(ROUND, "thb", "public"),
    )
    files = [path for folder in folders for path in files_of(folder).values()]
    files += [elsewhere.last.store(ROUND, r, "public") for r in REPORTS]
    for path in files:
        content = everything_in(path)
        assert not [c for c in CANARIES if c.encode() in content], path.name


def test_no_note_or_address_of_a_return_is_in_a_public_file(
    built: Project, contracts: Contracts
) -> None:
    for report in REPORTS:
        full = Printing(
            built.store(ROUND, report, "restricted"), contracts, report=report, version="restricted"
        )
        notes = {
            c.note
            for t in contracts.tables
            for c in full.cells_of(t.name)
            if len(c.note) > 25 and "Sum of" not in c.note
        }
        for path in files_of(built.version_folder(ROUND, report, "public")).values():
            content = everything_in(path)
            assert not [n for n in notes if n.encode() in content], path.name


def test_a_withheld_line_of_the_data_annex_tells_nothing(built: Project) -> None:
    for row in published(built):
        if row["conf_status"] == "S":
            assert (row["value"], row["coverage"], row["obs_status"]) == ("", "", "Q"), row["key"]


@lru_cache(maxsize=4)
def _published(folder: Path) -> list[dict[str, str]]:
    rows = []
    for report in REPORTS:
        path = folder / report / "public" / "cells.csv"
        rows += list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    return rows


def published(built: Project) -> list[dict[str, str]]:
    """Every line of the three public data annexes."""
    return _published(built.round_folder(ROUND))


@pytest.fixture(scope="module")
def truth(built: Project, contracts: Contracts) -> dict[Key, Decimal]:
    """What the restricted stores know of the cells of tables that count persons."""
    policy = load_policy(ROOT / "data_contracts", contracts)
    sensitive = sorted(t.name for t in contracts.tables if policy.table(t.name).counts_persons)
    stores = [
        Printing(built.store(ROUND, r, "restricted"), contracts, report=r, version="restricted")
        for r in REPORTS
    ]
    cells = [c for s in stores for name in sensitive for c in s.cells_of(name)]
    return {c.key: c.value for c in cells if c.value is not None}


def test_no_small_count_is_in_a_public_file(built: Project, truth: dict[Key, Decimal]) -> None:
    for report in REPORTS:
        rows = csv.DictReader(
            built.released(ROUND, report, version="public").read_text(encoding="utf-8").splitlines()
        )
        shown = {Key.parse(r["key"]): Decimal(r["value"]) for r in rows if r["value"]}
        assert shown
        assert not [str(k) for k, v in shown.items() if 0 < v < 5 and k in truth]
