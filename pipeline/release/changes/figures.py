"""Which printed numbers are different, and why? Each is walked back to the returns of
both builds.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.known_errors import REGISTER, load_known_errors
from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.release.changes.said import FiguresOfBuild, Leaf, Marts
from pipeline.release.changes.sides import Printed, Side

RESUBMITTED = "resubmitted"
CORRECTED = "corrected by us"
PROTECTION = "protection"
METHOD = "method"
CODE = "code"
PRINTED = "printed elsewhere"
UNKNOWN = "not explained"
WHY = {
    RESUBMITTED: "a state sent other figures, or none",
    CORRECTED: "an entry of the register of known errors began or ended",
    PROTECTION: "the figure is withheld, or no longer withheld, to protect it or others",
    METHOD: "contracts, code lists, the release policy or SQL models were changed",
    CODE: "the code of the pipeline was changed",
    PRINTED: "one build prints it, the other does not; states said the same about it",
    UNKNOWN: "neither returns nor method, code or policy were changed",
}
_METHOD = ("data_contracts/", "sql/")
_CODE = ("pipeline/", "requirements.lock")


@dataclass(frozen=True)
class Change:
    """A printed cell that is not the same in both builds. `details` say what is behind
    it, one line each.
    """

    key: str
    before: str
    after: str
    why: str
    details: tuple[str, ...] = ()


def changed_figures(
    project: Project, contracts: Contracts, *, round_: int, old: Side, new: Side
) -> list[Change]:
    """All printed cells that differ, in the order of their keys."""
    keys = sorted(
        k for k in old.cells.keys() | new.cells.keys() if old.cells.get(k) != new.cells.get(k)
    )
    if not keys:
        return []
    causes = _Causes(project, contracts, round_=round_, old=old, new=new)
    try:
        return [causes.change(key) for key in keys]
    finally:
        causes.close()


def changed_inputs(old: Side, new: Side) -> list[str]:
    """Names of inputs of the manifests that were added, removed or changed."""
    names = {
        n for n in old.inputs.keys() | new.inputs.keys() if old.inputs.get(n) != new.inputs.get(n)
    }
    return sorted(names)


class _Causes:
    """What could be behind a change."""

    def __init__(
        self, project: Project, contracts: Contracts, *, round_: int, old: Side, new: Side
    ) -> None:
        self.old, self.new = old, new
        self.marts = Marts(project, round_)
        # Marts of both builds say exactly what added up; where one was only kept, the
        # ledger is asked for both.
        kept = old.project is None or new.project is None
        self.before, self.after = (
            FiguresOfBuild(project, contracts, build=b, now=self.marts)
            if kept
            else self._marts(project, round_, build=b)
            for b in (old, new)
        )
        self.files = _changed_files(project.root, old.commit, new=new.commit) | set(
            changed_inputs(old, new)
        )
        changed = f"data_contracts/{REGISTER}" in self.files
        self.errors = load_known_errors(project.contracts, contracts) if changed else ()

    def _marts(self, project: Project, round_: int, *, build: Side) -> Marts:
        return (
            self.marts
            if build.project is None or build.project == project
            else Marts(build.project, round_)
        )

    def close(self) -> None:
        for said in {id(s): s for s in (self.marts, self.before, self.after)}.values():
            said.close()

    def change(self, key: str) -> Change:
        before = self.old.cells.get(key)
        after = self.new.cells.get(key)
        why, details = self._why(key, before, after=after)
        shown = [str(c) if c else "not printed" for c in (before, after)]
        return Change(key, shown[0], shown[1], why, tuple(details))

    def _why(
        self, key: str, before: Printed | None, *, after: Printed | None
    ) -> tuple[str, list[str]]:
        said = self.before.leaves(key), self.after.leaves(key)
        if entries := [
            e for e in self.errors if any(e.matching(k) for k in (key, *said[0], *said[1]))
        ]:
            return CORRECTED, [f"{e.id}: {e.why}" for e in entries]
        if sent := _differences(*said):
            return RESUBMITTED, sent
        if before and after and before.withheld != after.withheld:
            return PROTECTION, []
        if before is None or after is None:
            return PRINTED, _named(self.files, ("templates/",))
        if method := _named(self.files, _METHOD):
            return METHOD, method
        if code := _named(self.files, _CODE):
            return CODE, code
        return UNKNOWN, []


def _differences(old: Mapping[str, Leaf], new: Mapping[str, Leaf]) -> list[str]:
    """What states said otherwise, one line a figure."""
    found = []
    for key in sorted(old.keys() | new.keys()):
        before = old.get(key)
        after = new.get(key)
        if before and after and before.says != after.says:
            found.append(
                f"{key}: '{before.says}' ({before.place}) became '{after.says}' ({after.place})"
            )
        elif after and not before:
            found.append(f"{key}: '{after.says}' is new ({after.place})")
        elif before and not after:
            found.append(f"{key}: '{before.says}' is gone ({before.place})")
    return found


def _named(files: Iterable[str], folders: tuple[str, ...]) -> list[str]:
    return sorted(f for f in files if f.startswith(folders))


def _changed_files(root: Path, old: str, *, new: str) -> set[str]:
    """Files that differ between two commits; of a working copy with changes, those as
    well. Empty outside git.
    """
    command = ["git", "--no-optional-locks", "diff", "--name-only", old.rstrip("+")]
    if not new.endswith("+"):
        command.append(new)
    if "unknown" in (old, new):
        return set()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    return set(done.stdout.split()) if done.returncode == 0 else set()
