"""Does a finished version get into place as a whole, with a manifest that says what it
was made from?
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import DamagedFileError
from pipeline.release.manifest import (
    LIBRARIES,
    git_commit,
    hash_files,
    manifest_json,
    parse_manifest,
    sha256,
)
from pipeline.release.publish import put_in_place
from pipeline.report.edition import Edition


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """The last good version."""
    folder = tmp_path / "thb" / "public"
    put_in_place(
        folder, {"report.pdf": b"old pdf", "cells.csv": b"old cells", "manifest.json": b"{}"}
    )
    return folder


def test_a_version_is_exactly_the_files_given(good: Path, tmp_path: Path) -> None:
    (tmp_path / "rendered.pdf").write_bytes(b"new pdf")
    put_in_place(good, {"report.pdf": tmp_path / "rendered.pdf", "cells.csv": b"new cells"})
    assert content(good) == {"report.pdf": b"new pdf", "cells.csv": b"new cells"}
    assert [p.name for p in good.parent.iterdir()] == ["public"]
    assert not (tmp_path / "rendered.pdf").exists()


def test_the_last_good_version_stays_when_a_file_is_not_there(good: Path, tmp_path: Path) -> None:
    before = content(good)
    with pytest.raises(FileNotFoundError):
        put_in_place(
            good, {"cells.csv": b"new cells", "report.pdf": tmp_path / "never rendered.pdf"}
        )
    assert content(good) == before


def test_the_last_good_version_stays_when_the_build_dies_before_the_swap(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(good)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", dies)
    with pytest.raises(KeyboardInterrupt):
        put_in_place(good, {"report.pdf": b"half"})
    assert content(good) == before


def test_what_a_dead_build_left_is_cleared_away(good: Path) -> None:
    (good.parent / "public.old").mkdir()
    (good.parent / "public.old" / "rubbish").write_bytes(b"half")
    put_in_place(good, {"report.pdf": b"new"})
    assert content(good) == {"report.pdf": b"new"}
    assert [p.name for p in good.parent.iterdir()] == ["public"]


def test_a_build_that_dies_between_the_two_moves_leaves_the_old_version_beside(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(good)
    real = os.rename
    moves = []

    def dies_at_the_second(source: Path, target: Path) -> None:
        moves.append(source)
        if len(moves) == 2:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "rename", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        put_in_place(good, {"report.pdf": b"new"})
    assert before in [content(p) for p in good.parent.iterdir()]
    monkeypatch.undo()
    # the next build dies too: the last good version is back in its place
    with pytest.raises(FileNotFoundError):
        put_in_place(good, {"report.pdf": good / "never rendered.pdf"})
    assert content(good) == before


MANIFEST = Path("/outputs/2022/thb/public/manifest.json")


def manifest(**changes: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "report": "thb",
        "version": "public",
        "round_": 2022,
        "reference": "SELEC/THB/2022/P/1",
        "edition": Edition(),
        "cutoff": "2023-03-31",
        "commit": "abc",
        "inputs": {"b": "2", "a": "1"},
        "outputs": {"cells.csv": b"key\n"},
        "figures": {"pages": 23},
    }
    loaded: dict[str, object] = json.loads(manifest_json(**{**facts, **changes}))  # type: ignore[arg-type]
    return loaded


def test_a_manifest_names_inputs_outputs_libraries_and_figures() -> None:
    made = manifest()
    assert made["outputs"] == {
        "cells.csv": {"sha256": hashlib.sha256(b"key\n").hexdigest(), "bytes": 4}
    }
    assert list(made["inputs"]) == ["a", "b"]  # type: ignore[call-overload]
    assert set(made["libraries"]) == set(LIBRARIES)  # type: ignore[call-overload]
    assert (made["build"], made["data_cutoff"], made["git_commit"]) == (
        {"pages": 23},
        "2023-03-31",
        "abc",
    )


def test_a_manifest_reads_back_as_it_was_written() -> None:
    made = manifest()
    read = parse_manifest(json.dumps(made).encode(), MANIFEST)
    assert read.as_json() == made
    assert (read.round, read.outputs["cells.csv"].size) == (2022, 4)
    draft = {**made, "draft": {"number": 1, "fingerprint": "ab"}}
    assert parse_manifest(json.dumps(draft).encode(), MANIFEST) == read


@pytest.mark.parametrize(
    "changed",
    [
        {"round": "2022"},
        {"inputs": {"a": 1}},
        {"outputs": {"cells.csv": {"sha256": "ab"}}},
        {"outputs": ["cells.csv"]},
        {"git_commit": None},
    ],
)
def test_a_manifest_that_does_not_say_what_it_must_is_damaged(changed: dict[str, object]) -> None:
    made = manifest()
    for wrong in ({**made, **changed}, {k: v for k, v in made.items() if k not in changed}):
        with pytest.raises(DamagedFileError, match="make report REPORT=thb VERSION=public"):
            parse_manifest(json.dumps(wrong).encode(), MANIFEST)


def test_a_manifest_does_not_depend_on_the_order_of_what_it_names_nor_on_the_clock() -> None:
    assert manifest() == manifest(inputs={"a": "1", "b": "2"})
    assert not [k for k in manifest() if "time" in k or k == "date"]


def test_files_are_named_from_the_root_with_their_hash(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.txt").write_bytes(b"x")
    assert hash_files(tmp_path, [tmp_path / "a/b.txt", tmp_path / "a"]) == {"a/b.txt": sha256(b"x")}


def test_the_commit_has_a_plus_when_tracked_files_were_changed(tmp_path: Path) -> None:
    assert git_commit(tmp_path) == "unknown"
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        (tmp_path / "file").touch()
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    clean = git_commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "untracked").touch()
    assert git_commit(tmp_path) == clean
    (tmp_path / "file").write_text("changed")
    assert git_commit(tmp_path) == clean + "+"
