"""Does the example notebook run from top to bottom, and is it saved without outputs?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from builds import ROOT

from pipeline.project import Project

NOTEBOOK = ROOT / "docs" / "examples" / "ask.ipynb"


def cells(kind: str) -> list[dict[str, Any]]:
    content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    found: list[dict[str, Any]] = [c for c in content["cells"] if c["cell_type"] == kind]
    assert len(found) > 3
    return found


def test_it_is_saved_without_what_its_cells_gave() -> None:
    assert [c["id"] for c in cells("code") if c["outputs"] or c["execution_count"]] == []


@pytest.mark.slow
def test_every_cell_runs_in_its_order_where_the_notebook_lies(built: Project) -> None:
    script = "\n\n".join("".join(c["source"]) for c in cells("code"))
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", script],
        cwd=NOTEBOOK.parent,
        env={
            **os.environ,
            "MPLBACKEND": "Agg",
            "PYTHONPATH": str(ROOT),
            "SELEC_OUTPUTS": str(built.outputs),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
