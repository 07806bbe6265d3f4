"""Does every step name what it reads? Each is done on a small project, in a process that
notes which files of the project it opens.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import SMALL_ROUND

# Does one step with everything before it built, and prints what it opened and what it
# names. Libraries and code are no concern here: tests/system/test_closure.py.
NOTE = """
import json, os, sys
from pathlib import Path
root = Path.cwd()
opened = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = Path(os.path.abspath(os.fspath(arguments[0])))
        if path.is_relative_to(root) and path.relative_to(root).parts[0] in FOLDERS:
            opened.add(path.relative_to(root).as_posix())
FOLDERS = ("data_contracts", "templates", "sql", "returns")
from pipeline.project import Project
from pipeline.release.build import build_version
from pipeline.steps.plan import Plan
from pipeline.steps.work import WORK
kind, round_ = sys.argv[1], int(sys.argv[2])
plan = Plan(Project.here(), round_, reports=("thb",), versions=("restricted", "public"))
step = plan.steps[kind]
named = {name for group in step.reads().values() for name in group}
if not step.report:
    sys.addaudithook(note)
    WORK[step.kind](plan, step)
else:
    from pipeline.release.build import finish_version
    from pipeline.release.order import begin_version
    from pipeline.report.document.worker import render
    order = begin_version(plan.project, round_, report=step.report, version=step.version)
    sys.addaudithook(note)
    render(order)
    finish_version(plan.project, order)
print(json.dumps([sorted(opened), sorted(named)]))
"""
# Who may sign is looked at wherever a signed record is read; it changes no figure.
SIGNERS = "data_contracts/allowed_signers"
STEPS = (
    *(f"{kind} {SMALL_ROUND}" for kind in ("validate", "findings", "numbers", "stores", "protect")),
    *(f"render thb {version} {SMALL_ROUND}" for version in ("restricted", "public")),
    f"desk {SMALL_ROUND}",
)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_opens_is_what_it_names(step: str, small: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTE, step, str(SMALL_ROUND)],
        cwd=small,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(small)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    opened, named = json.loads(done.stdout.splitlines()[-1])
    known = {name.split(": ")[0].removesuffix(" (bytes)") for name in named}
    assert opened
    assert set(opened) - known <= {SIGNERS}
