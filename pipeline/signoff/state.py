"""What exactly is signed? The hashes of a version's files and of all that it was made from, and the commit."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.files import name_as_text
from pipeline.project import Project
from pipeline.release.manifest import git_commit, sha256
from pipeline.report.worker import pdf_name
from pipeline.signoff.draft import MANIFEST, read_files, read_master
from pipeline.signoff.record import Subject

_SOURCES = ("data_contracts", "sql", "templates", "pipeline", "tools")
_MADE = {"__pycache__"}


@dataclass(frozen=True)
class Signed:
    """A version as it lies there: hash of each artefact and input, and the commit that built it (`+`: was changed).

    Artefacts are the files of the master by name, and as `draft/<name>` what the reviewers read.
    """

    master: str
    artefacts: Mapping[str, str]
    inputs: Mapping[str, str]
    commit: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def look_at(project: Project, subject: Subject) -> tuple[Signed, dict[str, Any]]:
    """What would be signed now, and the manifest of it. Raises SignOffError when it was not built."""
    files = read_master(project, subject)
    manifest = json.loads(files[MANIFEST])
    artefacts = {name: sha256(data) for name, data in files.items()}
    drafts = read_files(project.version_folder(subject.round, subject.report, subject.version))
    artefacts |= {f"draft/{name}": sha256(data) for name, data in drafts.items()}
    master = artefacts[pdf_name(subject.report, subject.version, subject.round)]
    return Signed(master, artefacts, inputs_of(project, subject), manifest["git_commit"]), manifest


def inputs_of(project: Project, subject: Subject) -> dict[str, str]:
    """Hash of every file that a version comes from: returns up to its round, contracts, models, templates, code, and
    the store that it was rendered from. The manifest of a public version names only what the public may know."""
    found: dict[str, str] = {}
    for name in _SOURCES:
        found |= _hashes(project.root / name, name)
    for folder in sorted(project.returns.iterdir()) if project.returns.is_dir() else ():
        if folder.name.isdigit() and int(folder.name) <= subject.round:
            found |= _hashes(folder, f"returns/{folder.name}")
    store = project.store(subject.round, subject.report, subject.version).with_suffix(".sha256")
    return found | {"store": store.read_text(encoding="utf-8").strip() if store.is_file() else ""}


def _hashes(folder: Path, name: str) -> dict[str, str]:
    return {
        f"{name}/{name_as_text(path.relative_to(folder))}": sha256(path.read_bytes())
        for path in sorted(folder.rglob("*")) if path.is_file() and not _MADE & set(path.parts)
    }  # fmt: skip


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names whose hashes differ, each with `changed`, `removed` or `new`."""
    for name in sorted(set(before) | set(now)):
        if before.get(name) != now.get(name):
            yield name, "removed" if name not in now else "new" if name not in before else "changed"


def changed_in_git(root: Path) -> list[str]:
    """Files that differ from the commit, untracked ones too; [`no git`] where there is no repository."""
    try:
        done = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=all"], cwd=root, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ["the folder is no git repository"]
    return [line[3:] for line in done.stdout.splitlines()]


def commit_now(project: Project) -> str:
    return git_commit(project.root).removesuffix("+")
