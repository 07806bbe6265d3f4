"""Does make keep its hands off what states chose? The name of a file that was sent is
no part of a rule.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builds import ROOT, ROUND, run_make

NAMES = (
    "$(shell touch pwned).xlsx",
    "a:b #c.xlsx",
    "new\nline.xlsx",
    "`touch pwned`.xlsx",
    "%.xlsx",
    "a\tb;touch pwned.xlsx",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_runs_nothing_and_stops_nothing(name: str, tmp_path: Path) -> None:
    returns = tmp_path / "returns" / str(ROUND) / "thb"
    returns.mkdir(parents=True)
    (returns / name).write_text("x")
    environment = {
        "SELEC_RETURNS": str(tmp_path / "returns"),
        "SELEC_OUTPUTS": str(tmp_path / "outputs"),
    }
    told = run_make("-n", "reports", environment=environment)
    assert "validate --round" in told.stdout
    assert not (ROOT / "pwned").exists()


def test_a_round_is_read_again_only_when_a_file_came_went_or_changed(tmp_path: Path) -> None:
    returns = tmp_path / "returns" / str(ROUND) / "thb"
    stamp = tmp_path / "outputs" / str(ROUND) / ".returns"
    returns.mkdir(parents=True)
    environment = {
        "SELEC_RETURNS": str(tmp_path / "returns"),
        "SELEC_OUTPUTS": str(tmp_path / "outputs"),
    }

    def changed() -> bool:
        before = stamp.read_text() if stamp.exists() else ""
        run_make(str(stamp), environment=environment)
        return stamp.read_text() != before

    assert changed()
    assert not changed()
    (returns / "RO.csv").write_text("x")
    assert changed()
    (returns / "RO.csv").write_text("xy")
    assert changed()
    assert not changed()
    shutil.rmtree(returns)
    assert changed()
