"""Does make keep its hands off what states chose? The name of a file that was sent is
no part of a rule.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import ROOT, ROUND, run_make
from here import done_here
from small_project import SMALL_ROUND

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
    told = run_make("plan", environment=environment)
    assert f"validate {ROUND}: " in told.stdout
    assert not (ROOT / "pwned").exists()


def test_a_round_is_read_again_only_when_a_file_came_went_or_changed(small: Path) -> None:
    """The build is that of a small project, whose plan is then looked at."""
    returns = small / "returns" / str(SMALL_ROUND) / "thb"

    def planned() -> str:
        asked = ("plan", "REPORTS=thb", "VERSIONS=restricted", f"ROUND={SMALL_ROUND}")
        told = done_here(*asked, root=small)
        return next((line for line in told.splitlines() if line.startswith("validate")), "")

    kept = (returns / "RO.xlsx").read_bytes()
    assert planned() == ""
    (returns / "HU.csv").write_text("x")
    assert (
        planned() == f"validate {SMALL_ROUND}: return HU.csv of thb is new ({_in(returns)}/HU.csv)"
    )
    (returns / "HU.csv").unlink()
    assert planned() == ""
    (returns / "RO.xlsx").write_bytes(kept + b"x")
    assert "return RO.xlsx of thb changed" in planned()
    (returns / "RO.xlsx").unlink()
    assert "return RO.xlsx of thb is gone" in planned()
    (returns / "RO.xlsx").write_bytes(kept)
    assert planned() == "", "another time of the same bytes is no change"


def _in(returns: Path) -> str:
    return f"returns/{SMALL_ROUND}/{returns.name}"
