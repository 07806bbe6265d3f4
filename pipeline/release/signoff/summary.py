"""What does somebody approve, in a few lines? Files, fingerprint, what changed since
the last draft, findings by rule.

All of it stands in a file beside the record, for whoever wants to compare a hash or
read every reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from pipeline.project import Project
from pipeline.release.gate.reasons import GateReason
from pipeline.release.manifest import sha256
from pipeline.release.signoff.draft import bound_to, read_files
from pipeline.release.signoff.findings import OpenFinding
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.state import Seen, differences
from pipeline.system.files import write_private

_NAMES = 4  # files and rules that are named in a line; the rest is counted


def summary(
    project: Project,
    subject: Subject,
    *,
    number: int,
    seen: Seen,
    findings: Sequence[OpenFinding],
    passed: Sequence[GateReason],
) -> Iterator[str]:
    """A few lines on a draft; all of it is written into the file that the last one
    names.
    """
    signed = seen.signed
    bound = bound_to(subject, signed.inputs)
    kinds = Counter(PurePosixPath(name).suffix.lstrip(".") or "other" for name in seen.master)
    yield f"  files:    {len(seen.master)} ({_counted(kinds)}); fingerprint {signed.master}"
    proof = signed.inputs.get(f"proof/{subject.version}.json")
    policy = signed.inputs.get("data_contracts/release_policy.yaml", "")
    proven = f"certificate {proof[:12]}" if proof else "no certificate, because nothing is withheld"
    contracts = sum(name.startswith("data_contracts/") for name in bound)
    yield (
        f"  under:    {proven}; policy {policy[:12]}; {contracts} contract files; the fingerprint"
        " is over these too"
    )
    changes = list(_since_last(project, subject, number=number, seen=seen))
    yield f"  changed:  {_changed(subject, number, changes=changes)}"
    rules = Counter(f.rule for f in findings)
    yield (
        f"  findings: {len(findings)} accepted with"
        f" reasons{f': {_counted(rules)}' if rules else ''}"
    )
    if passed:
        kinds = Counter(str(reason.kind) for reason in passed)
        yield f"  gate:     {len(passed)} let pass: {_counted(kinds)}"
    path = project.signoff_record(subject.round, subject.report, version=subject.version)
    path = path.with_name(f"{path.stem}.draft-{number}.txt")
    lines = [
        f"{subject}, DRAFT {number}: what is approved",
        "",
        f"Fingerprint {signed.master}: the SHA-256 of these lines, in the order of their names",
        "",
        *(
            f"{h}  {n}"
            for n, h in sorted({**{n: signed.artefacts[n] for n in seen.master}, **bound}.items())
        ),
        "",
        f"Since DRAFT {number - 1}" if number > 1 else "The first draft",
        "",
        *(f"{how}: {name}" for name, how in changes),
        "",
        f"Findings that are accepted: {len(findings)}",
        "",
        *(f"{finding}: {finding.reason}" for finding in findings),
        "",
        f"What was let pass at the release gate: {len(passed)}",
        "",
        *(f"{reason.id} {reason.kind}: {reason.found}; {reason.passed}" for reason in passed),
        "",
    ]
    write_private(path, "\n".join(lines).encode())
    yield f"  all:      {path}"


def _since_last(
    project: Project, subject: Subject, *, number: int, seen: Seen
) -> Iterator[tuple[str, str]]:
    """Files that differ from those of the draft that was handed in before this one."""
    if number > 1:
        folder = project.draft_folder(
            subject.round, subject.report, version=subject.version, number=number - 1
        )
        before = {name: sha256(data) for name, data in read_files(folder).items()}
        yield from differences(before, {name: seen.signed.artefacts[name] for name in seen.master})


def _changed(subject: Subject, number: int, *, changes: Sequence[tuple[str, str]]) -> str:
    if number == 1:
        return "this is the first draft"
    if not changes:
        return f"no file since DRAFT {number - 1}; certificate, policy or contracts did"
    how = Counter(how for _, how in changes)
    names = _some(name for name, _ in changes)
    command = (
        f"make changes ROUND={subject.round} REPORT={subject.report} VERSION={subject.version}"
    )
    return (
        f"since DRAFT {number - 1} files {_counted(how)}: {names}; see '{command}"
        f" FROM=draft-{number - 1}'"
    )


def _counted(count: Counter[str]) -> str:
    """The most frequent with their numbers: `12 csv, 1 pdf and 3 others`."""
    common = count.most_common()
    rest = sum(n for _, n in common[_NAMES:])
    return ", ".join(f"{n} {name}" for name, n in common[:_NAMES]) + (
        f" and {rest} others" if rest else ""
    )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMES} more" if len(listed) > _NAMES else ""
    return ", ".join(listed[:_NAMES]) + more
