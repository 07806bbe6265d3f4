"""Does a preview come at a command, marked on every page, beside everything that is
built, and again when a text is saved?
"""

from __future__ import annotations

import hashlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from builds import ROOT
from here import Done, done_here, make_here
from small_project import CHAPTERS, SMALL_ROUND

from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.release.preview import Asked, preview_chapter, require_names
from pipeline.report.document import preview
from pipeline.report.document.preview import MARK, ChapterOrder
from pipeline.steps.plan import Plan
from pipeline.system.apart import Apart

ASKED = {"REPORT": "thb", "CHAPTER": CHAPTERS[1], "ROUND": str(SMALL_ROUND)}


def digests(folder: Path, *, without: str = "") -> dict[str, str]:
    """Every file of a folder by its path, times left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (without and path.is_relative_to(folder / without))
    }


def previewed(root: Path, **given: str) -> Done:
    return make_here("preview", *(f"{n}={v}" for n, v in {**ASKED, **given}.items()), root=root)


@pytest.mark.parametrize("version", ["public", "restricted"])
def test_a_preview_is_marked_on_every_page_and_changes_nothing_that_is_built(
    small: Path, version: str
) -> None:
    before, planned = digests(small / "outputs"), to_do(small)
    done = previewed(small, VERSION=version)
    assert done.returncode == 0, done.stderr
    folder = Path("outputs") / str(SMALL_ROUND) / "preview"
    page, pdf = (small / folder / f"thb-{version}-{CHAPTERS[1]}.{end}" for end in ("html", "pdf"))
    assert [small / line for line in done.stdout.split()] == [page, pdf]
    with pypdfium2.PdfDocument(pdf.read_bytes()) as opened:
        pages = [found.get_textpage().get_text_range() for found in opened]
    assert pages
    assert all(text.count(MARK) >= 2 for text in pages)
    assert f"<strong>{MARK}</strong>" in page.read_text("utf-8")
    assert {p.name for p in (small / folder).iterdir()} == {page.name, pdf.name}
    # Nothing that others gather is another one, nor has a build anything more to do.
    assert digests(small / "outputs", without=f"{SMALL_ROUND}/preview") == before
    assert to_do(small) == planned


def to_do(root: Path) -> list[str]:
    """The steps that a build would do."""
    plan = Plan(Project(root), SMALL_ROUND, reports=("thb",), versions=("restricted", "public"))
    return [step.name for step in plan.steps.values() if plan.changes(step)]


def test_what_gathers_finished_files_passes_over_a_preview(small: Path) -> None:
    """The check of PDFs, the desk, and where a version stands."""
    asked = f"ROUND={SMALL_ROUND}"
    assert previewed(small, VERSION="public").returncode == 0
    subject = ("status", asked, "REPORT=thb", "VERSION=public")
    stands = done_here(*subject, root=small)
    desk = small / done_here("desk", asked, "SERVE=no", root=small).strip()
    find = "import sys; sys.path.insert(0, 'tools'); import check_pdf, pathlib; "
    find += f"print(*check_pdf.find([pathlib.Path('outputs/{SMALL_ROUND}')]), sep='\\n')"
    files = subprocess.run(
        [sys.executable, "-c", find], cwd=small, capture_output=True, text=True, check=True
    )
    for told in (stands, desk.read_text("utf-8"), files.stdout):
        assert "thb" in told
        assert "preview" not in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"CHAPTER": "drugs"}, f"allowed: {', '.join(CHAPTERS)}"),
        ({"CHAPTER": ""}, f"allowed: {', '.join(CHAPTERS)}"),
        ({"CHAPTER": "--help"}, f"allowed: {', '.join(CHAPTERS)}"),
        ({"REPORT": "report"}, "allowed: thb, migration, octa"),
        ({"VERSION": "secret"}, "allowed: "),
        ({"VERSION": "partner"}, "was not built"),
        ({"ROUND": "1999"}, "was not built"),
    ],
)
def test_a_wrong_name_is_told_with_those_that_are_right(
    small: Path, given: dict[str, str], told: str
) -> None:
    done = previewed(small, **{"VERSION": "public", **given})
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (small / "outputs" / given.get("ROUND", str(SMALL_ROUND)) / "preview").exists()


def test_a_protected_version_whose_proof_failed_is_not_shown(small: Path) -> None:
    """What was chosen lies in its store already when the proof begins."""
    project = Project(small)
    asked = Asked(SMALL_ROUND, "thb", "public", CHAPTERS[0])
    (project.proof(SMALL_ROUND) / "public.json").unlink()
    with pytest.raises(UserError, match="was not built"):
        next(preview_chapter(project, asked))
    require_names(project, asked)


def test_the_renderer_of_a_preview_opens_no_other_store(small: Path, tmp_path: Path) -> None:
    """A link in the place of the public store leads to the restricted one: it is followed
    by nobody.
    """
    project = Project(small)
    public = project.store(SMALL_ROUND, "thb", "public")
    (tmp_path / "out").mkdir()
    order = ChapterOrder(ROOT, public, tmp_path / "out", "thb", "public", "introduction")
    assert Apart(preview.write_pages_apart, order).end().code == 0
    for page in (tmp_path / "out").glob("*.html"):
        page.unlink()
    public.unlink()
    public.symlink_to(project.store(SMALL_ROUND, "thb", "restricted"))
    ended = Apart(preview.write_pages_apart, order).end()
    assert ended.code != 0
    assert "Permission" in ended.told + ended.noise or "cannot be read" in ended.told
    assert list((tmp_path / "out").glob("*.html")) == []


class Watching:
    """A preview that is renewed, as a person starts it in a terminal."""

    def __init__(self, root: Path) -> None:
        names = ("--report", "thb", "--version", "restricted", "--chapter", CHAPTERS[1])
        command = [sys.executable, "-m", "pipeline", "preview", "--round", str(SMALL_ROUND)]
        self.process = subprocess.Popen(
            [*command, *names, "--watch"],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Tests that run in the background are deaf to it, and so would this be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)

    def wait_for(self, is_wanted: Callable[[str], bool]) -> str:
        end = time.monotonic() + 60
        seen = ""
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=1)
            except queue.Empty:
                continue
            seen += line
            if is_wanted(line):
                return seen
        raise AssertionError(f"not told: {seen}")

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C reaches the process and those that it started."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(30)
        rest = ""
        while not self.lines.empty():
            rest += self.lines.get()
        return code, rest


def is_pdf(line: str) -> bool:
    return line.rstrip().endswith(".pdf")


def test_a_preview_is_renewed_when_something_is_saved_until_ctrl_c(small: Path) -> None:
    templates = small / "templates"
    page = small / f"outputs/{SMALL_ROUND}/preview/thb-restricted-{CHAPTERS[1]}.html"
    chapter = templates / "thb" / "chapters" / f"{CHAPTERS[1]}.html.j2"
    style = templates / "shared" / "web" / "style.css"
    kept = chapter.read_text("utf-8")
    watching = Watching(small)
    try:
        watching.wait_for(is_pdf)
        # A fault is told, and the last good page stays.
        good = page.read_bytes()
        chapter.write_text(kept + '{{ exhibit("NOWHERE") }}', encoding="utf-8")
        told = watching.wait_for(lambda line: "allowed" in line)
        assert "there is no exhibit 'NOWHERE'" in told
        assert "Traceback" not in told
        assert page.read_bytes() == good
        # What is right again is shown, as an editor saves it: another file in its place.
        beside = chapter.with_suffix(".new")
        beside.write_text(kept + "<p>Said anew.</p>", encoding="utf-8")
        beside.replace(chapter)
        watching.wait_for(is_pdf)
        assert "Said anew." in page.read_text("utf-8")
        style.write_text(style.read_text("utf-8") + "/* other */", encoding="utf-8")
        watching.wait_for(is_pdf)
        assert "/* other */" in page.read_text("utf-8")
        code, rest = watching.interrupt()
    finally:
        watching.process.kill()
    assert code == 0
    assert "Traceback" not in rest
    assert [p.name for p in page.parent.iterdir() if p.name.startswith(".")] == []


def test_ctrl_c_while_it_is_made_leaves_nothing_half_done(small: Path) -> None:
    watching = Watching(small)
    folder = small / f"outputs/{SMALL_ROUND}/preview"
    try:
        end = time.monotonic() + 30
        while not (folder.is_dir() and any(folder.iterdir())):
            assert time.monotonic() < end
            time.sleep(0.01)
        code, rest = watching.interrupt()
    finally:
        watching.process.kill()
    assert code == 0
    assert "Traceback" not in rest
    assert [p.name for p in folder.iterdir() if p.name.startswith(".")] == []


def test_a_name_that_is_wrong_at_the_beginning_ends_the_watch(small: Path) -> None:
    done = previewed(small, VERSION="public", CHAPTER="drugs", WATCH="1")
    assert done.returncode != 0
    assert "has no chapter 'drugs'" in done.stderr
