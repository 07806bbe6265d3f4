"""What is kept of how files are called? Of returns only names that were asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.system.watch import RETURNS, Watch


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch({RETURNS: tmp_path / "sent", "": tmp_path}, tmp_path / "memory.json")


@pytest.mark.parametrize(
    "name",
    [
        "2022/thb/RO.xlsx",
        "2022/octa/SELEC.2.csv",
        "2022/migration/GR.11.withdrawn.csv",
        "2022/thb/MK.records.parquet",
        "2022/queries.jsonl",
    ],
)
def test_a_name_that_was_asked_for_is_kept(name: str, watch: Watch, tmp_path: Path) -> None:
    assert watch.name(tmp_path / "sent" / name) == f"returns/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "2022/thb/RO 1850101221144.xlsx",
        "2022/thb/10000000146.csv",
        "2022/thb/RO.1850101221144.csv",
        "2022/thb/Ana.Pop.xlsx",
        "2022/thb/Ana Pop/RO.xlsx",
        "2022/thb/RO.xlsx.ana@example.org",
        "Ana Pop 2022/thb/RO.xlsx",
    ],
)
def test_a_name_that_a_sender_made_up_is_kept_nowhere(
    name: str, watch: Watch, tmp_path: Path
) -> None:
    path = tmp_path / "sent" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    digest, called = watch.content(path), watch.name(path)
    watch.save()
    for told in (called, (tmp_path / "memory.json").read_text(encoding="utf-8")):
        assert not any(word in told for word in ("Ana", "1850101221144", "10000000146"))
    assert called != watch.name(path.with_name("other.xls"))
    assert json.loads((tmp_path / "memory.json").read_text(encoding="utf-8"))["files"]
    assert Watch({RETURNS: tmp_path / "sent"}, tmp_path / "memory.json").content(path) == digest
