"""What exactly is signed? The hashes of a version's files and of all that it was made
from, and the commit.

Every file is read once. What is hashed here are the very bytes that are checked, kept
and released; no step after this one opens a file of the outputs again.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.disclosure.proof import certificate_path
from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.manifest import MANIFEST, git_commit, sha256
from pipeline.release.signoff.draft import (
    bound_to,
    build_again,
    fingerprint_of,
    read_files,
    read_master,
)
from pipeline.release.signoff.events import Approval, Submission
from pipeline.release.signoff.record import Subject
from pipeline.report.document.order import short_ledger
from pipeline.report.edition import Edition, note_path, parse_edition
from pipeline.system.files import name_as_text

SOURCES = ("data_contracts", "sql", "templates", "pipeline", "tools")
_MADE = "__pycache__"


@dataclass(frozen=True)
class Signed:
    """A version as it lies there: hash of each artefact and input, and the commit that
    built it (`+`: was changed).

    Artefacts are the files of the master by name, and as `draft/<name>` what the
    reviewers read. `master` is the fingerprint on the pages: over all files of the
    master, its certificate, the policy and the contracts. `beside` names the editions
    that the certificate was made beside.
    """

    master: str
    artefacts: Mapping[str, str]
    inputs: Mapping[str, str]
    beside: tuple[str, ...]
    commit: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def bound(self) -> dict[str, str]:
        """The inputs that an approval repeats: certificate, policy, contracts, and the
        store that was proven.
        """
        return {
            name: hash_
            for name, hash_ in self.inputs.items()
            if name.startswith(("data_contracts/", *_OUTPUTS))
        }


_OUTPUTS = ("proof/", "stores/", "printed/")


@dataclass(frozen=True)
class Seen:
    """Everything that a signature is about, as it was read: the files of the master,
    and by their path below the folder of the project (`sources`) or of the round
    (`work`) what they were made from and are checked with; `note` is the path of the
    note on the edition among the latter.
    """

    signed: Signed
    manifest: Mapping[str, Any]
    master: Mapping[str, bytes]
    sources: Mapping[str, bytes]
    work: Mapping[str, bytes]
    note: str


def look_at(project: Project, subject: Subject) -> Seen:
    """What would be signed now. Raises SignOffError when it was not built, or a file is
    a link or cannot be read.
    """
    master = read_master(project, subject)
    drafts = read_files(project.version_folder(subject.round, subject.report, subject.version))
    sources = {
        f"{name}/{path}": data
        for name in SOURCES
        for path, data in read_files(project.root / name, _MADE).items()
    }
    work = _work(project, subject)
    inputs = _hashes(sources) | returns_of(project, subject.round)
    store = f"stores/{subject.version}/{subject.report}"
    note = note_path(Path(f"{store}.duckdb")).as_posix()
    for name, path in (
        (f"proof/{subject.version}.json", f"proof/{subject.version}.json"),
        (f"{store}.csv", f"{store}.csv"),
        (note, note),
        (
            f"printed/{subject.report}-{subject.version}.json",
            f"work/printed/{subject.report}-{subject.version}.json",
        ),
    ):
        if path in work:
            inputs[name] = sha256(work[path])
    inputs["store"] = work.get(f"{store}.sha256", b"").decode("ascii", "replace").strip()
    manifest = _json(
        master[MANIFEST], f"{MANIFEST} of the master of {subject}", do=build_again(project, subject)
    )
    proof = work.get(f"proof/{subject.version}.json")
    again = f"run 'make reports ROUND={subject.round}'"
    beside = _json(proof, f"proof of {subject}", do=again).get("releases", ()) if proof else ()
    hashes = _hashes(master)
    signed = Signed(
        fingerprint_of(hashes | bound_to(subject, inputs)),
        hashes | {f"draft/{name}": hash_ for name, hash_ in _hashes(drafts).items()},
        inputs,
        tuple(str(name) for name in beside if name),
        str(manifest.get("git_commit", "")),
    )
    return Seen(signed, manifest, master, sources, work, note)


def edition_seen(seen: Seen) -> Edition:
    """The edition that a version says it is. Raises DamagedFileError."""
    return parse_edition(seen.work.get(seen.note, b""), Path(seen.note))


def _work(project: Project, subject: Subject) -> dict[str, bytes]:
    """What the checks of a release read of the round, by its path in the folder of the
    round.
    """
    round_ = project.round_folder(subject.round)
    ledger = project.ledger(subject.round, subject.report, subject.version)
    files = [
        *sorted((round_ / "stores").glob("*/*.csv")),
        *sorted((round_ / "stores").glob("*/*.sha256")),
        *sorted((round_ / "proof-sheets").glob("*/sheet.json")),
        *(
            project.store(subject.round, subject.report, v)
            for v in dict.fromkeys((subject.version, "restricted"))
        ),
        note_path(project.store(subject.round, subject.report, subject.version)),
        certificate_path(project, subject.round, version=subject.version),
        ledger,
        short_ledger(ledger),
        project.work(subject.round) / "cubes.duckdb",
        project.work(subject.round) / "validation.json",
    ]
    return {f.relative_to(round_).as_posix(): f.read_bytes() for f in files if f.is_file()}


def returns_of(project: Project, round_: int) -> dict[str, str]:
    """Hash of every return up to a round."""
    found: dict[str, str] = {}
    for folder in sorted(project.returns.iterdir()) if project.returns.is_dir() else ():
        if folder.name.isdigit() and int(folder.name) <= round_:
            found |= {
                f"returns/{folder.name}/{name_as_text(path.relative_to(folder))}": sha256(
                    path.read_bytes()
                )
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
    return found


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(data) for name, data in files.items()}


def _json(data: bytes, where: str, *, do: str) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise SignOffError("the file is damaged: it is no JSON object", where=where, do=do)
    return content


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names whose hashes differ, each with `changed`, `removed` or `new`."""
    for name in sorted(set(before) | set(now)):
        if before.get(name) != now.get(name):
            yield name, "removed" if name not in now else "new" if name not in before else "changed"


def changed_inputs(
    project: Project,
    subject: Subject,
    *,
    event: Submission | Approval,
    now: Signed,
    names: Iterable[str] | None = None,
) -> Iterator[tuple[str, str]]:
    """What is not as it was when an event was entered; of all inputs, or of those
    named.

    A certificate may be another one for a single reason: an edition was registered
    since, so that the proof had to be made again beside it. Whether the new one
    verifies is for the check of the proof.
    """
    kept = now.inputs if names is None else {name: now.inputs[name] for name in names}
    before = event.beside
    more = set(now.beside) - set(before)
    registered = {f"{path.parent.name}-{path.stem}" for path in project.releases.glob("*/*.csv")}
    made_again = bool(more) and set(before) <= set(now.beside) and more <= registered
    for name, how in differences(event.inputs, kept):
        if not (made_again and how == "changed" and name == f"proof/{subject.version}.json"):
            yield name, how


def changed_in_git(root: Path) -> list[str]:
    """Files that differ from the commit, untracked ones too; [`no git`] where there is
    no repository.
    """
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=all"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ["the folder is no git repository"]
    return [line[3:] for line in done.stdout.splitlines()]


def commit_now(project: Project) -> str:
    return git_commit(project.root).removesuffix("+")
