"""Can anybody but its owner open what a build made?"""

from __future__ import annotations

import pytest

from pipeline.project import Project


@pytest.mark.slow
def test_everything_that_a_build_makes_is_for_its_owner_only(built: Project) -> None:
    paths = [built.outputs, *built.outputs.rglob("*")]
    assert len(paths) > 200
    modes = {
        str(p.relative_to(built.outputs)): (p.is_dir(), p.stat().st_mode & 0o777) for p in paths
    }
    assert {
        n: oct(m) for n, (folder, m) in modes.items() if m != (0o700 if folder else 0o600)
    } == {}
