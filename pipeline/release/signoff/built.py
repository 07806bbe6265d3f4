"""What of the way from draft to release is true of the build that lies there now?

The record tells where a version stands, not which files lie in the outputs. A build
counts as handed in, approved or released only where it is the very one of which the
record says so, by the hash of its manifest, which names the hashes of all the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.project import Project
from pipeline.release.editions import Known, editions_of_subject
from pipeline.release.manifest import MANIFEST, parse_manifest, sha256
from pipeline.release.signoff.events import Approval
from pipeline.release.signoff.moves import APPROVALS
from pipeline.release.signoff.record import Standing, Subject, standing
from pipeline.system.kept import is_there, read_bytes


@dataclass(frozen=True)
class BuiltNow:
    """The build in the outputs beside what was released. `state` is that of this very
    build: draft, in review, approved, released or withdrawn; `record` is where the
    version stands, whatever lies there. `edition` is the number of the edition that the
    build is or would be, `draft` that of its draft, `released` the newest edition that
    was not withdrawn, `approvals` are those of this build.
    """

    subject: Subject
    state: str
    record: str
    edition: int
    draft: int
    released: Known | None
    approvals: tuple[Approval, ...]
    is_rehearsal: bool

    @property
    def is_another(self) -> bool:
        """Whether something else is in review or approved than what lies there."""
        return self.state == "draft" and self.record in ("in review", "approved")

    @property
    def told(self) -> str:
        """What lies there, in a line."""
        match self.state:
            case "released" | "withdrawn":
                return f"the very files of edition {self.edition}, {self.state}"
            case "approved":
                return f"DRAFT {self.draft}, approved, to be edition {self.edition}"
            case "in review":
                return (
                    f"DRAFT {self.draft}, in review with {len(self.approvals)} of {APPROVALS}"
                    f" approvals, to be edition {self.edition}"
                )
        beside = (
            f"another build than edition {self.released.event.edition}; " if self.released else ""
        )
        other = f"; what is {self.record} is another build" if self.is_another else ""
        return (
            f"DRAFT {self.draft}, {beside}not handed in and not approved, to be edition"
            f" {self.edition}{other}"
        )


def built_now(project: Project, subject: Subject) -> BuiltNow | None:
    """What is true of the build of a version that lies in the outputs; None where there
    is none. Raises DamagedFileError, and SignOffError where the record is not as it was
    written.
    """
    path = project.master_folder(subject.round, subject.report, subject.version) / MANIFEST
    if not is_there(path):
        return None
    content = read_bytes(path)
    digest, made = sha256(content), parse_manifest(content, path)
    now = standing(project, subject)
    editions = list(editions_of_subject(project, subject))
    own = next((k for k in editions if k.event.files.get(MANIFEST) == digest), None)
    state, draft = _state(now, own, digest)
    return BuiltNow(
        subject,
        state,
        now.state,
        own.event.edition if own and state in ("released", "withdrawn") else made.edition or 1,
        draft,
        next((k for k in reversed(editions) if not k.withdrawn), None),
        now.approvals if state in ("in review", "approved") else (),
        now.rehearsal,
    )


def _state(now: Standing, own: Known | None, digest: str) -> tuple[str, int]:
    """The state of a build with this manifest, and the number of its draft: that under
    which it was handed in last, else the next one.
    """
    submitted = now.submission
    if submitted and submitted.artefacts.get(MANIFEST) == digest and now.is_open:
        return now.state, submitted.draft
    if own:
        return ("withdrawn" if own.withdrawn else "released"), submitted.draft if submitted else 0
    return "draft", max(now.drafts.values(), default=0) + 1
