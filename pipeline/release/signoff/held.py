"""On what do the checks of a release run? On a copy of everything as it was read once,
which nobody else writes to.

Checks take seconds and open many files, the verifier in a process of its own. On the
files themselves it could be others that are checked than those that are released:
whatever is changed meanwhile is changed too late.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.signoff.draft import read_files
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.state import Seen
from pipeline.system.files import UNFINISHED


@contextmanager
def held(project: Project, subject: Subject, *, seen: Seen) -> Iterator[Project]:
    """A project of what was seen: its sources, and of the outputs what is checked and
    registered. Returns and register of releases are the real ones; nothing that leaves
    is read from them.
    """
    round_ = project.round_folder(subject.round)
    round_.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".held-", suffix=UNFINISHED, dir=round_))
    try:
        copy = Project(
            folder, folder / "outputs", project.returns, project.releases, project.language
        )
        _write(folder, seen.sources)
        _write(copy.round_folder(subject.round), seen.work)
        _write(copy.master_folder(subject.round, subject.report, subject.version), seen.master)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_held(copy: Project, subject: Subject, *, seen: Seen) -> None:
    """Raises SignOffError where the copy is no longer what was seen: then the checks
    were not about it.
    """
    places = (
        (copy.round_folder(subject.round), seen.work),
        (copy.master_folder(subject.round, subject.report, subject.version), seen.master),
        *(
            (copy.root / name, _below(seen, name))
            for name in {n.split("/", 1)[0] for n in seen.sources}
        ),
    )
    for folder, before in places:
        now = read_files(folder, "__pycache__", "masters" if before is seen.work else "")
        if changed := sorted(name for name in {*now, *before} if now.get(name) != before.get(name)):
            raise SignOffError(
                f"changed while it was checked: {', '.join(changed[:5])}",
                where=str(folder),
                allowed="nobody but the release itself writes here",
                do="find out who does; then release again",
            )


def _below(seen: Seen, name: str) -> dict[str, bytes]:
    return {
        path.removeprefix(f"{name}/"): data
        for path, data in seen.sources.items()
        if path.startswith(f"{name}/")
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
