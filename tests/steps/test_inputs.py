"""Does every step name what it reads? Each is done on a small project, in a process that
notes which files of the project it opens.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from builds import copy_tree
from small_project import SMALL_ROUND

# Does each step, all before it built, in a process of its own that notes what it opens of
# the project; prints that and what the step names. Code is no concern here:
# tests/system/test_closure.py.
NOTE = """
import json, os, sys
from pathlib import Path
import pipeline.disclosure.protect, pipeline.returns.rules.judged, pipeline.steps.renew
from pipeline.project import Project
from pipeline.release.build import finish_version
from pipeline.release.order import begin_version
from pipeline.report.document.worker import make_document, print_pages
from pipeline.steps.plan import Plan
from pipeline.steps.work import WORK
FOLDERS = ("data_contracts", "templates", "sql", "returns")
root, opened = Path.cwd(), set()
# The desk asks the plan which versions are out of date, and the plan compares digests of
# everything: none of it is what the page is made from.
pipeline.steps.renew.stale_versions = lambda project, round_: []
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = Path(os.path.abspath(os.fspath(arguments[0])))
        name = os.path.relpath(path, root)
        if path.is_file() and name.split("/")[0] in FOLDERS:
            opened.add(name)
def opens(step):
    asked = {"reports": ("thb",), "versions": ("restricted", "public")}
    plan = Plan(Project.here(), int(sys.argv[1]), **asked)
    step = plan.steps[step]
    named = {name for group in step.reads().values() for name in group}
    if not step.report:
        sys.addaudithook(note)
        WORK[step.kind](plan, step)
        return opened, named
    order = begin_version(plan.project, plan.round, report=step.report, version=step.version)
    sys.addaudithook(note)
    make_document(order)
    print_pages(order)
    kept = set(opened)
    finish_version(plan.project, order)
    # What is public already is read from all templates, so that a leak scan takes no
    # common word for a secret: it makes the scan milder, never what is written another.
    return kept | {name for name in opened - kept if not name.startswith("templates/")}, named
for step in sys.argv[2:]:
    child = os.fork()
    if not child:
        with open(f"{step}.json", "w") as file:
            file.write(json.dumps([sorted(names) for names in opens(step)]))
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
"""
# Who may sign is looked at wherever a signed record is read; it changes no figure.
SIGNERS = "data_contracts/allowed_signers"
STEPS = (
    *(f"{kind} {SMALL_ROUND}" for kind in ("validate", "findings", "numbers", "stores", "protect")),
    *(f"render thb {version} {SMALL_ROUND}" for version in ("restricted", "public")),
    f"desk {SMALL_ROUND}",
)


# Of these the entries are looked at, each by its name: none where none is placed.
BY_ENTRY = "templates/shared/exhibits.yaml"


@pytest.fixture(scope="module")
def seen(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project with what each step opened and named beside it."""
    root = Path(copy_tree(small_built, tmp_path_factory.mktemp("inputs") / "small"))
    done = subprocess.run(
        [sys.executable, "-c", NOTE, str(SMALL_ROUND), *STEPS],
        cwd=root,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return root


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_opens_is_what_it_names(step: str, seen: Path) -> None:
    opened, named = json.loads((seen / f"{step}.json").read_text(encoding="utf-8"))
    known = {name.split(": ")[0].removesuffix(" (bytes)") for name in named}
    assert opened
    assert set(opened) - known <= {SIGNERS, BY_ENTRY}
