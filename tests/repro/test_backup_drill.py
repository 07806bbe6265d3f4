"""Does everything come back after the machine is lost? Back up, destroy, restore, build
again, compare bytes.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from here import done_here
from small_project import SMALL_ROUND

VERSIONS = ("restricted", "public")


def published(root: Path) -> dict[str, str]:
    """The files of the versions and the returns' findings by their hash."""
    folder = root / "outputs" / str(SMALL_ROUND)
    parts = (*(folder / "thb" / version for version in VERSIONS), folder / "masters")
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in parts
        for path in sorted(part.rglob("*"))
        if path.is_file() and ".kept" not in path.parts
    }


@pytest.mark.thorough
@pytest.mark.slow
def test_what_was_lost_comes_back_byte_for_byte(small: Path, tmp_path: Path) -> None:
    before = published(small)
    password = tmp_path / "password"
    password.write_text("a made-up password", encoding="utf-8")
    password.chmod(0o600)
    secret = f"PASSWORD_FILE={password}"
    safe = tmp_path / "safe"
    archived = sorted(p.name for p in (small / "records" / "archive").rglob("*") if p.is_file())
    told = done_here("backup", f"TO={safe}", secret, root=small)
    assert "read back whole" in told
    for lost in ("outputs", "records", "returns", "data_contracts"):
        shutil.rmtree(small / lost)
    done_here("check-backup", f"FROM={safe}", secret, root=small)
    done_here("restore", f"FROM={safe}", f"INTO={small}", secret, root=small)
    assert archived == sorted(
        p.name for p in (small / "records" / "archive").rglob("*") if p.is_file()
    )
    done_here("reports", "REPORTS=thb", f"ROUND={SMALL_ROUND}", root=small)
    assert len(before) > 10
    assert published(small) == before
