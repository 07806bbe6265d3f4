"""What does a year that is only tried need? A project of its own in an empty folder:
the contracts, models and texts as they are, with days, people and populations of an
exercise.

Nothing of it lies in the project that it is a copy of, and every page of it says
EXERCISE.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.contracts.calendar import CALENDAR
from pipeline.contracts.definitions import read_report_file
from pipeline.contracts.known_errors import REGISTER as KNOWN_ERRORS
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.operations import OPERATIONS
from pipeline.contracts.population import FILE as POPULATION
from pipeline.contracts.population import load_population
from pipeline.errors import PlaceError, UserError
from pipeline.project import CODE_ROOT, ENDING, Project
from pipeline.steps.rehearsal.marks import EXERCISE, mark_templates, mark_titles
from pipeline.system.files import write_file
from pipeline.system.signed.signers import FILE as SIGNERS
from pipeline.system.signed.signers import NAMESPACE

# What makes up a working copy, but for the returns.
COPIED = ("data_contracts", "pipeline", "sql", "templates", "tools")
PEOPLE = {
    "analyst": "Exercise Analyst",
    "reviewer": "Exercise Reviewer",
    "head-of-unit": "Exercise Head",
    "director": "Exercise Director",
}
REGISTER = f"{EXERCISE} register"  # the source that every state names
_COMPILED = shutil.ignore_patterns("__pycache__")
_KEYS = "keys"
_NOT_KEPT = (
    "outputs/",
    "records/",
    "backups/",
    "copies/",
    f"{_KEYS}/",
    "sent/",
    "rehearsal.*",
    "**/__pycache__/",
)
_GIT = (
    "git",
    "-c",
    "user.name=Exercise",
    "-c",
    "user.email=exercise@selec.example",
    "-c",
    "commit.gpgsign=false",
)


@dataclass(frozen=True)
class Days:
    """The days of a tried year. `late` is when what came late came, `corrected` when the
    last corrections did.
    """

    opens: date
    due: date
    extended: date
    reminded: date
    late: date
    met: date
    met_again: date
    cutoff: date
    read: date
    proofs: date
    submitted: date
    approved: date
    released: date

    @classmethod
    def of(cls, round_: int) -> Days:
        def day(month: int, number: int) -> date:
            return date(round_ + 1, month, number)

        return cls(
            opens=day(2, 1),
            due=day(3, 31),
            extended=day(4, 14),
            reminded=day(4, 3),
            late=day(4, 10),
            met=day(4, 20),
            met_again=day(5, 5),
            cutoff=day(5, 12),
            read=day(5, 15),
            proofs=day(5, 26),
            submitted=day(6, 2),
            approved=day(6, 4),
            released=day(6, 12),
        )


@dataclass(frozen=True)
class Exercise:
    """A project in which a year is tried, its days, its reports, and the versions of them
    that are released.
    """

    project: Project
    round: int
    days: Days
    reports: tuple[str, ...]
    versions: tuple[str, ...]
    extended: str
    judged: tuple[str, ...] = ()  # contracts of what experts judge, which these reports print

    @property
    def root(self) -> Path:
        return self.project.root

    def contracts(self) -> Contracts:
        return load_contracts(self.project.contracts)

    def key(self, role: str) -> Path:
        """The private key of the person with that role."""
        return self.root / _KEYS / role

    def commit(self, what: str) -> None:
        """Enter what was changed into the history of the exercise: nothing is released
        that is not there.
        """
        _run("git", "add", "--all", cwd=self.root)
        _run(*_GIT, "commit", "--quiet", "--allow-empty", "-m", what, cwd=self.root)


def prepare(
    source: Project,
    folder: Path,
    *,
    round_: int,
    reports: tuple[str, ...],
    versions: tuple[str, ...],
    states: tuple[str, ...] = (),
) -> Exercise:
    """Make the project of an exercise in a folder that is empty or not there. `states`
    keeps some of the member states; all of them without it.

    Raises UserError where something lies in the folder, PlaceError where git or
    ssh-keygen cannot be run.
    """
    _require_empty(folder)
    for name in COPIED:
        shutil.copytree(_origin(source, name), folder / name, ignore=_COMPILED)
    project = Project(folder.resolve())
    project.returns.mkdir()
    if states:
        _keep_states(project, states, round_)
    judged = _judged_by(project, reports)
    for report in project.collected:
        if report not in (*reports, *judged):
            _ask_no_more(project.contracts / f"{report}{ENDING}", round_)
    contracts = load_contracts(project.contracts)
    members = [m.code for m in contracts.members(round_)]
    days = Days.of(round_)
    exercise = Exercise(
        project, round_, days, reports, versions, extended=members[-1], judged=judged
    )
    _enter_days(exercise)
    _enter_versions(exercise)
    _enter_population(project, contracts, round_)
    write_file(project.contracts / KNOWN_ERRORS, b"known_errors: []\n")
    _enter_people(exercise)
    _enter_source(exercise)
    mark_templates(project.templates)
    mark_titles(project.contracts)
    write_file(folder / ".gitignore", "".join(f"/{name}\n" for name in _NOT_KEPT).encode())
    load_contracts.cache_clear()
    _run("git", "init", "--quiet", cwd=folder)
    exercise.commit("the project of the exercise")
    return exercise


def _judged_by(project: Project, reports: tuple[str, ...]) -> tuple[str, ...]:
    """The contracts from which these reports print what experts judge, and which have no
    report of their own.
    """
    contracts = load_contracts(project.contracts)
    load_contracts.cache_clear()  # what is not tried is taken out of them next
    borrowed = {
        cube
        for report in reports
        for cube in read_report_file(project.templates, report).borrowed_cubes
    }
    return tuple(
        contract.report
        for contract in contracts
        if contract.report not in project.reports
        and any(table.judged and table.name in borrowed for table in contract.tables)
    )


def _origin(source: Project, name: str) -> Path:
    """The code is the one that runs; contracts, models and texts are the project's."""
    return (CODE_ROOT if name in ("pipeline", "tools") else source.root) / name


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            "a rehearsal begins in an empty folder, and this is none",
            where=str(folder),
            allowed="a folder that is empty or not there yet",
            do="name another one with TO=, or remove what lies there",
        )
    folder.mkdir(parents=True, exist_ok=True)


def _keep_states(project: Project, states: tuple[str, ...], round_: int) -> None:
    """Leave the others out: their membership ended before the years of the round."""
    path = project.codelists / "states.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    for row in rows:
        if row["parent"] and row["code"] not in states and not row["valid_to"]:
            row["valid_from"], row["valid_to"] = "", str(round_ - 20)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    gate = project.contracts / "release_gate.yaml"
    text = gate.read_text(encoding="utf-8")
    for name, least in (("states", len(states) - 1), ("headline_states", len(states) - 2)):
        text = re.sub(rf"^{name}: \d+", f"{name}: {max(1, least)}", text, flags=re.MULTILINE)
    gate.write_text(text, encoding="utf-8")


def _ask_no_more(contract: Path, round_: int) -> None:
    """The tables of a report that is not tried were asked for the last time before."""
    text = contract.read_text(encoding="utf-8")
    last = rf"\g<1>- {{property: lastRound, value: {round_ - 1}}}\n"
    text = re.sub(r"^( +)(?=- \{property: crimeArea,)", last + r"\1", text, flags=re.MULTILINE)
    contract.write_text(text, encoding="utf-8")


def _enter_days(exercise: Exercise) -> None:
    """The calendar of the exercise. JSON is YAML, too."""
    days = exercise.days
    entries = [
        {
            "round": exercise.round,
            "report": report,
            "opens": f"{days.opens}",
            "due": f"{days.due}",
            "extended": {exercise.extended: f"{days.extended}"},
            "reminders": [14, -3],
            "cutoff": f"{days.cutoff}",
            "proofs": f"{days.proofs}",
            "release": dict.fromkeys(exercise.versions, f"{days.released} 10:00"),
        }
        for report in exercise.reports
    ]
    content = {"zone": "Europe/Bucharest", "rounds": entries}
    text = f"# Days of an exercise.\n{json.dumps(content, indent=1)}\n"
    write_file(exercise.project.contracts / CALENDAR, text.encode())


def _enter_versions(exercise: Exercise) -> None:
    """A run builds, and states confirm, what is released at the end."""
    path = exercise.project.contracts / OPERATIONS
    text = path.read_text(encoding="utf-8")
    versions = f"versions: [{', '.join(exercise.versions)}]"
    path.write_text(
        re.sub(r"^versions:.*$(\n +- .*$)*", versions, text, count=1, flags=re.MULTILINE),
        encoding="utf-8",
    )


def _enter_population(project: Project, contracts: Contracts, round_: int) -> None:
    """Years that nobody published yet have the population of the last known year."""
    known: dict[str, dict[int, int]] = {}
    for line in load_population(project.codelists):
        known.setdefault(line.state, {})[line.year] = line.persons
    years = range(round_ - 12, round_ + 1)
    with (project.codelists / POPULATION).open("a", encoding="utf-8") as file:
        for member in contracts.members(round_):
            have: Mapping[int, int] = known.get(member.code, {})
            last = have[max(have)] if have else 1_000_000
            for year in years:
                if year not in have:
                    file.write(f'{member.code},{year},{last},"EXERCISE, no published figure"\n')
    load_population.cache_clear()


def _enter_source(exercise: Exercise) -> None:
    """The source that states name is one of the Center's list."""
    sources = exercise.project.codelists / "source.csv"
    with sources.open("a", encoding="utf-8") as file:
        file.write(f"EXERCISE,{REGISTER},,999,,,of no state\n")


def _enter_people(exercise: Exercise) -> None:
    """Keys that are made now, and the list of signers that says whose they are."""
    lines = ["# People of an exercise."]
    for role, name in PEOPLE.items():
        key = exercise.key(role)
        key.parent.mkdir(mode=0o700, exist_ok=True)
        _run(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "",
            "-f",
            str(key),
            cwd=exercise.root,
        )
        public = " ".join(key.with_name(f"{role}.pub").read_text(encoding="ascii").split()[:2])
        valid = f'valid-after="{exercise.round}0101"'
        lines.append(
            f'{role}@selec.example namespaces="{NAMESPACE}",{valid} {public} {name}; {role}'
        )
    write_file(exercise.project.contracts / SIGNERS, ("\n".join(lines) + "\n").encode())


def _run(*command: str, cwd: Path) -> None:
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    except OSError as problem:
        raise PlaceError(
            f"{command[0]} cannot be run: {problem.strerror}",
            do="install it: a rehearsal signs with keys and keeps a history, as the Center does",
        ) from problem
    except subprocess.CalledProcessError as problem:
        raise PlaceError(
            f"{command[0]} ended with {problem.returncode}: {problem.stderr.strip()[-300:]}",
            where=str(cwd),
        ) from problem
