"""Is a version proven safe? Hands the auditor what it needs, keeps its certificate, and
refuses what has none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.cells import Key, is_judged
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import Policy, VersionRule
from pipeline.disclosure.prove.audit import audit
from pipeline.disclosure.prove.certificate import write_certificate
from pipeline.disclosure.prove.extra import GivenAway, given_away, read_extra
from pipeline.disclosure.prove.facts import (
    CubeRules,
    EarlierEdition,
    Knowledge,
    Rules,
    read_released,
)
from pipeline.disclosure.prove.facts import TrueCell as AuditedCell
from pipeline.disclosure.prove.suggested import Change
from pipeline.disclosure.register import Registered, editions
from pipeline.disclosure.rule_copies import digests, write_copies
from pipeline.errors import DisclosureError
from pipeline.numbers.mart_rows import Marts
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.system.kept import is_there

TIME_LIMIT = 600.0  # seconds for one proof; what is not decided by then counts as unsafe
VERIFIER = Path("tools") / "verify_certificate.py"


@dataclass(frozen=True)
class Proven:
    """What the auditor said: cells that stay unsafe with the reason, and the figures of
    the proof.
    """

    failures: dict[str, str]
    demands: int
    tables: int
    holders: int = 0


def certificate_path(project: Project, round_: int, *, version: str) -> Path:
    return project.proof(round_) / f"{version}.json"


def rules_path(project: Project, round_: int) -> Path:
    """Copies of policy, contracts and code lists that a verifier reads beside the
    certificates of a round.
    """
    return project.proof(round_) / "rules"


def prove_version(
    project: Project,
    contracts: Contracts,
    *,
    policy: Policy,
    version: VersionRule,
    round_: int,
    marts: Marts,
    day: date,
    suggested: Sequence[Change] = (),
) -> Proven:
    """Audit what the stores of a version show; the certificate is written only when
    nothing stays unsafe. Changes that the chooser `suggested` spare most of the search.
    """
    found = audit(
        _knowledge(
            project, contracts, policy=policy, version=version, round_=round_, marts=marts, day=day
        ),
        suggested,
    )
    if not found.failures:
        write_copies(project.contracts, rules_path(project, round_))
        write_certificate(
            found.certificate, certificate_path(project, round_, version=version.name)
        )
    counts = found.counts
    return Proven(dict(found.failures), counts["sensitive"], counts["tables"], counts["holders"])


def audit_beside(
    project: Project,
    contracts: Contracts,
    *,
    policy: Policy,
    version: VersionRule,
    round_: int,
    marts: Marts,
    day: date,
    extra: Path,
) -> GivenAway:
    """What a file of figures that others published gives away, beside what the version
    shows.
    """
    knowledge = _knowledge(
        project, contracts, policy=policy, version=version, round_=round_, marts=marts, day=day
    )
    return given_away(knowledge, read_extra(extra, contracts))


def _knowledge(
    project: Project,
    contracts: Contracts,
    *,
    policy: Policy,
    version: VersionRule,
    round_: int,
    marts: Marts,
    day: date,
) -> Knowledge:
    every = [audited_cell(c) for c in marts.every_cell().values()]
    judged = {c.key: c for c in every if is_judged(c.key.split(":")[0])}
    truth = tuple(c for c in every if c.key not in judged)
    beside = tuple(
        EarlierEdition(
            current_edition(v, round_),
            tuple(read_released(p) for p in _released(project, round_, version=v)),
            truth,
        )
        for v in version.readers_have
    )
    earlier = tuple(_edition(e) for e in editions(project, (version.name, *version.readers_have)))
    return Knowledge(
        version.name,
        round_,
        contracts,
        audit_rules(policy, version, day=day),
        tuple(read_released(p) for p in _released(project, round_, version=version.name)),
        truth,
        beside + earlier,
        day=day.isoformat(),
        rules_files=digests(contracts),
        time_limit=TIME_LIMIT,
        judged=judged,
        holders=version.holders,
    )


def current_edition(version: str, round_: int) -> str:
    """The name of what another version of the same round shows."""
    return f"{version}-{round_}"


def _released(project: Project, round_: int, *, version: str) -> list[Path]:
    return [project.released(round_, report, version=version) for report in project.reports]


def _edition(registered: Registered) -> EarlierEdition:
    truth = tuple(audited_cell(c) for c in registered.cells if not is_judged(c.key.cube))
    return EarlierEdition(registered.label, (read_released(registered.released),), truth)


def audited_cell(cell: TrueCell) -> AuditedCell:
    """A true cell as the auditor knows it, which has words of its own so that no error
    is shared.
    """
    return AuditedCell(
        str(cell.key),
        cell.value,
        cell.obs_status,
        cell.conf_status,
        cell.origin,
        cell.parts,
        cell.agreed,
    )


def audit_rules(policy: Policy, version: VersionRule, *, day: date) -> Rules:
    """The policy for one version on one day, as the auditor reads it."""
    cubes = {
        name: CubeRules(
            rule.counts_persons and version.hides_small_counts,
            rule.threshold,
            rule.highest,
            rule.values,
            rule.width_percent,
            policy.suppressed,
        )
        for name, rule in policy.tables.items()
    }
    return Rules(cubes, _binder(policy, version, day=day))


def _binder(policy: Policy, version: VersionRule, *, day: date) -> Callable[[str, str], bool]:
    def is_bound(text: str, conf_status: str) -> bool:
        key = Key.parse(text)
        return policy.is_bound(version, key.state, table=key.cube, conf_status=conf_status, day=day)

    return is_bound


def require_proof(project: Project, round_: int, *, version: str) -> str:
    """Check the certificate of a version again, by the verifier that needs nothing but
    additions. Returns what it said.

    Raises DisclosureError where it is missing, belongs to other figures, or does not
    verify.
    """
    path = certificate_path(project, round_, version=version)
    where = f"{version} version of {round_}"
    if not is_there(path):
        raise DisclosureError(
            "there is no proof that what is withheld cannot be worked out",
            where=where,
            do=f"run 'make reports ROUND={round_}'; it names the cells that cannot be protected",
        )
    with tempfile.TemporaryDirectory() as folder:
        # Not the copies beside the certificate: those that are in force.
        write_copies(project.contracts, Path(folder))
        command = [
            sys.executable,
            "-I",
            str(project.root / VERIFIER),
            f"--version={version}",
            f"--round={round_}",
            f"--rules={folder}",
            *_files_of_releases(project, path, round_=round_),
            "--",
            str(path),
            *map(str, _released(project, round_, version=version)),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise DisclosureError(
            (done.stdout or done.stderr).strip()[:4000],
            where=f"{where}: the proof does not verify",
            do=f"run 'make reports ROUND={round_}' again; nothing of this version is published",
        )
    return done.stdout.strip()


def _files_of_releases(project: Project, certificate: Path, *, round_: int) -> list[str]:
    """The arguments that name what is verified against: true figures of this release
    and of every edition that its certificate was made beside, and the released files of
    these.
    """
    true = _released(project, round_, version="restricted")
    found = [f"--true={file}" for file in true]
    for name in _editions_of(certificate):
        version, _, rest = name.partition("-")
        is_current = rest == str(round_)
        files = (
            _released(project, round_, version=version)
            if is_current
            else [project.releases / version / f"{rest}.csv"]
        )
        behind = true if is_current else [project.releases / "restricted" / f"{name}.csv"]
        found += [f"--edition={name}={file}" for file in files]
        found += [f"--true={name}={file}" for file in behind]
    return found


def _editions_of(certificate: Path) -> list[str]:
    """The editions that a certificate names; none where it cannot be read, which the
    verifier says.
    """
    try:
        return sorted(
            name for name in json.loads(certificate.read_text(encoding="utf-8"))["releases"] if name
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
