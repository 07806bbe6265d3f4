"""What is an office? The small project with its built report at a commit of its own,
and people who sign it.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from builds import copy_tree
from here import Done, make_here, run_here
from signatories import PEOPLE as PEOPLE
from signatories import enter_signers, make_keys, signing
from small_project import SMALL_ROUND

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.project import Project
from pipeline.release.signoff.edition import release
from pipeline.release.signoff.findings import accept, open_findings
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.steps import approve, submit
from pipeline.system.signed.people import Person
from pipeline.system.signed.signers import read_signers

ROUND = SMALL_ROUND  # that it works on


@dataclass(frozen=True)
class Office:
    """A working copy in which people type make commands about the report on
    trafficking.
    """

    root: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def keys(self) -> Path:
        """The private keys of its people, by role."""
        return self.project.outputs / "keys"

    def person(self, role: str, day: str) -> Person:
        return signing(read_signers(self.project.contracts), self.keys, role, day)

    def make(self, *targets: str, **settings: str) -> Done:
        """Run make as somebody of the office would, with the key of the person of that
        `ROLE`, else of the analyst.
        """
        if settings.get("REHEARSAL") != "yes":
            settings.setdefault("SIGN_KEY", str(self.keys / settings.get("ROLE", "analyst")))
        named = {"ROUND": str(ROUND), "REPORT": "thb", **settings}
        return make_here(*targets, *(f"{n}={v}" for n, v in named.items()), root=self.root)

    def python(self, command: str, *options: str) -> None:
        """Run a command of the pipeline itself."""
        done = run_here(command, "--round", str(ROUND), *options, root=self.root)
        assert done.returncode == 0, done.stderr

    def done(self, *targets: str, **settings: str) -> str:
        done = self.make(*targets, **settings)
        assert done.returncode == 0, f"make {targets} {settings}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, *targets: str, **settings: str) -> str:
        done = self.make(*targets, **settings)
        assert done.returncode, done.stdout
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr

    def commit(self) -> str:
        git = [
            "git",
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "commit.gpgsign=false",
        ]
        subprocess.run(["git", "add", "-A"], cwd=self.root, check=True)
        subprocess.run([*git, "commit", "-qm", "as it is"], cwd=self.root, check=True)
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=self.root, check=True, capture_output=True, text=True
        )
        return head.stdout.strip()

    def master(self, version: str) -> Path:
        return self.project.master_folder(ROUND, "thb", version)

    def draft(self, version: str) -> Path:
        return self.project.version_folder(ROUND, "thb", version)

    def sign(self, version: str) -> None:
        """Move a version from its build to approved, by make."""
        self.accept_every_rule("checked with the state; it's right")
        self.done("submit", VERSION=version, DATE="2023-05-02")
        self.done("approve", VERSION=version, ROLE="reviewer", DATE="2023-05-03")
        self.done("approve", VERSION=version, ROLE="director", DATE="2023-05-04")

    def accept_every_rule(self, reason: str) -> None:
        """Rule by rule, as analysts must: the first by make, the others within this
        process.
        """
        contracts = load_contracts(self.project.contracts)
        rules = sorted(
            {
                f.rule
                for f in open_findings(self.project, contracts, round_=ROUND, report="thb")
                if not f.reason
            }
        )
        if rules:
            self.done("accept", RULE=rules[0], REASON=reason)
        who = self.person("analyst", "")
        for rule in rules[1:]:
            accept(
                self.project,
                contracts,
                round_=ROUND,
                report="thb",
                reason=reason,
                rule=rule,
                who=who,
            )

    def sign_here(self, contracts: Contracts, version: str, *, month: int = 5) -> None:
        """The same within this process, from what lies there, with the reasons that
        were entered.
        """
        asked = self.project, contracts, Subject(ROUND, "thb", version)
        list(submit(*asked, self.person("analyst", f"2023-{month:02}-02")))
        for day, role in ((3, "reviewer"), (4, "director")):
            list(approve(*asked, self.person(role, f"2023-{month:02}-{day:02}")))

    def release_here(self, version: str, *, month: int = 5) -> list[str]:
        who = self.person("director", f"2023-{month:02}-05")
        return list(release(self.project, Subject(ROUND, "thb", version), who=who, test=True))


def build_office(folder: Path, small_built: Path) -> None:
    """Copy the small project and what was built of it, as if it had been built from the
    commit that the copy is at.
    """
    office = Office(copy_tree(small_built, folder))
    # A history of its own, whatever the folder of the tests is to git.
    git = office.root / ".git"
    shutil.rmtree(git) if git.is_dir() else git.unlink()
    subprocess.run(["git", "init", "-q"], cwd=office.root, check=True)
    enter_signers(office.project.contracts, make_keys(office.keys))
    office.commit()
    office.python("build", "--reports", "thb", "--for-review")
