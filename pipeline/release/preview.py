"""What does an analyst see of a chapter before the report is built? A page and a PDF,
each marked, in a folder that nothing else looks into.

A preview is made from the store of its version by a confined process, as any version
is, but nobody audits it, and no manifest names it. It goes to the folder `preview` of
the round, where sign-off, copies, release and desk look for nothing.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.model import load_contracts
from pipeline.contracts.policy import VersionRule, load_policy
from pipeline.disclosure.proof import certificate_path
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.order import charts_path
from pipeline.release.pagemark import MM, MarkLine, mark_pages
from pipeline.report.document.compose import read_definition
from pipeline.report.document.order import CHARTS
from pipeline.report.document.preview import (
    MARK,
    PAGE,
    PDF,
    ChapterOrder,
    require_chapter,
    write_pages_apart,
    write_pdf_apart,
)
from pipeline.system.answers import do_apart
from pipeline.system.files import UNFINISHED, owner_only, write_file
from pipeline.system.kept import check_file, is_kept, is_there
from pipeline.system.repairable import repairable
from pipeline.system.watch import files_below

_BEAT = 0.2  # seconds between two looks at the files
State = dict[Path, tuple[int, int, int]]


@dataclass(frozen=True)
class Asked:
    """Which chapter of which version of which report of a round."""

    round: int
    report: str
    version: str
    chapter: str


def require_names(project: Project, asked: Asked) -> VersionRule:
    """The row of the release policy. Raises UserError with the names that are allowed,
    where one is not.
    """
    policy = load_policy(project.contracts, load_contracts(project.contracts))
    rule = policy.version(asked.version)
    definition = read_definition(project.templates, asked.report, version=asked.version)
    require_chapter(definition, version=asked.version, chapter=asked.chapter)
    return rule


def _require_store(project: Project, asked: Asked, rule: VersionRule) -> Path:
    """The store of a version. Raises UserError where it was not built; where the version
    is protected, a store without a certificate was not.
    """
    store = project.store(asked.round, asked.report, asked.version)
    proof = certificate_path(project, asked.round, version=asked.version)
    if not is_there(store) or (rule.protected and not is_there(proof)):
        raise UserError(
            f"the {asked.version} version of {asked.report} was not built for {asked.round}",
            where=str(store),
            do=f"run 'make report REPORT={asked.report} VERSION={asked.version}"
            f" ROUND={asked.round}' once",
        )
    check_file(store)
    return store


def preview_chapter(project: Project, asked: Asked) -> Iterator[Path]:
    """Make the page of a chapter, then its PDF, and give the path of each as soon as it
    is in place.

    Raises UserError where a name is wrong or the version was not built, and what a
    renderer answers.
    """
    store = _require_store(project, asked, require_names(project, asked))
    target = project.preview_folder(asked.round) / "-".join(
        (asked.report, asked.version, asked.chapter)
    )
    with owner_only(project.outputs), _scratch(target.parent) as out:
        if is_kept(charts := charts_path(project, asked.round, asked.report, asked.version)):
            shutil.copyfile(charts, out / CHARTS)
        order = ChapterOrder(
            project.root.resolve(),
            store.resolve(),
            out.resolve(),
            asked.report,
            asked.version,
            asked.chapter,
        )
        do_apart(write_pages_apart, order)
        write_file(page := target.with_suffix(".html"), (out / PAGE).read_bytes())
        yield page
        do_apart(write_pdf_apart, order)
        write_file(pdf := target.with_suffix(".pdf"), mark_pages((out / PDF).read_bytes(), _marks))
        yield pdf


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for what is unfinished, gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    out = Path(tempfile.mkdtemp(prefix=".", suffix=UNFINISHED, dir=folder))
    try:
        yield out
    finally:
        try:
            shutil.rmtree(out, ignore_errors=True)
        except KeyboardInterrupt:  # again: somebody ended it just then
            shutil.rmtree(out, ignore_errors=True)
            raise


def _marks(width: float, height: float) -> Iterator[MarkLine]:
    """Large at the side that is not bound, and a sentence at the foot."""
    yield MarkLine(MARK, width - 5 * MM, height / 2, size=20, turn=True)
    yield MarkLine(f"{MARK}: not audited, not for use", width / 2, 6 * MM)


# Again whenever something is saved.


def watch_chapter(
    project: Project,
    asked: Asked,
    *,
    tell: Callable[[str], None],
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Make a preview now and whenever a template, text, exhibit or style is saved or the
    store is another one, as long as `goes_on` says so. Paths and faults are told.

    Raises UserError only where a name is wrong at the beginning.
    """
    require_names(project, asked)
    while goes_on():
        seen = look_at(project, asked)
        try:
            for path in preview_chapter(project, asked):
                tell(str(path))
        except Exception as problem:
            fault = repairable(problem)
            if fault is None:
                raise
            tell(f"error: {fault}")
        while goes_on() and look_at(project, asked) == seen:
            time.sleep(_BEAT)
        _wait_until_saved(project, asked, goes_on=goes_on)


def _wait_until_saved(project: Project, asked: Asked, *, goes_on: Callable[[], bool]) -> None:
    """Editors and version control write several files: wait until none changes any more."""
    before: State = {}
    while goes_on() and (now := look_at(project, asked)) != before:
        before = now
        time.sleep(_BEAT / 2)


def look_at(project: Project, asked: Asked) -> State:
    """The state of every file that a preview may be made from, as far as people save
    them: those of the templates, and the hash of the store.
    """
    sum_ = project.store(asked.round, asked.report, asked.version).with_suffix(".sha256")
    found: State = {}
    for path in (*files_below(project.templates), sum_):
        try:
            now = path.stat()
        except OSError:  # just being replaced
            continue
        found[path] = now.st_ino, now.st_size, now.st_mtime_ns
    return found
