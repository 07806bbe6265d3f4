"""What happens in a year, from the opening of a round to the copies of its editions?
All of it is done here, by the commands that people and the scheduler type, on the days
of an exercise.

States send forms that they filled in with invented figures: in time, late, broken,
wrong, corrected. People sign with keys that are made for it. Each command has an exit
code that it must end with; what does not work is told at the end, and the year goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from pipeline.contracts.layout import CENTER, respondents
from pipeline.errors import NarrativeError, NoGoError, ReturnError, SignOffError
from pipeline.project import Project
from pipeline.release.gate.reasons import Kind
from pipeline.release.meetings.papers import SHEET as AMENDMENTS
from pipeline.returns.intake.folder import MEETINGS
from pipeline.steps.rehearsal.account import Account, Run
from pipeline.steps.rehearsal.editor import correct_texts
from pipeline.steps.rehearsal.exercise import Exercise, prepare
from pipeline.steps.rehearsal.marks import EXERCISE
from pipeline.steps.rehearsal.meetings import amend_first, decided
from pipeline.steps.rehearsal.senders import Manner, Senders
from pipeline.system.files import csv_bytes, write_file, write_private

_HASHES = "SHA256SUMS"
_RECIPIENTS = (
    ("Exercise Reader One", "Exercise Ministry"),
    ("Exercise Reader Two", "Exercise Office"),
)
_REASON = f"{EXERCISE}: invented figures are as they are"
_REPLY = "it is invented, and stands"


@dataclass(frozen=True)
class Plan:
    """Which year is tried: the round, its reports and versions, which states take part
    (all, where none is named), and how many of them never send anything.
    """

    round: int
    reports: tuple[str, ...]
    versions: tuple[str, ...]
    states: tuple[str, ...] = ()
    never: int = 0
    seed: int = 1

    @property
    def is_go(self) -> bool:
        """Whether the year ends with editions; it does not where states never send."""
        return not self.never


def rehearse(
    source: Project, folder: Path, plan: Plan, *, run: Run, tell: Callable[[str], None]
) -> Account:
    """Try a year in an empty folder, with contracts, models and texts of a project.
    Returns what was tried. Raises UserError where the folder is not empty.
    """
    exercise = prepare(
        source,
        folder,
        round_=plan.round,
        reports=plan.reports,
        versions=plan.versions,
        states=plan.states,
    )
    senders = Senders.of(exercise, seed=plan.seed, never=plan.never)
    account = Account(exercise.root, run, tell)
    year = _Year(plan, exercise, senders, account)
    year.opens()
    year.returns_come()
    year.late_ones_are_reminded()
    year.is_answered_and_corrected()
    if exercise.judged:
        year.experts_meet()
    year.texts_are_read()
    if plan.is_go:
        year.states_confirm()
        year.is_signed()
        year.is_handed_out()
        year.is_kept()
    else:
        year.is_refused()
    return account


@dataclass(frozen=True)
class _Year:
    plan: Plan
    exercise: Exercise
    senders: Senders
    account: Account

    # --- the parts of the year, in their order

    def opens(self) -> None:
        """The calendar is printed, and every state gets its forms."""
        days = self.exercise.days
        self._do(days.opens, "the calendar is printed", "calendar")
        self._do(days.opens, "the round is opened", "open", wrong=self._packages)

    def returns_come(self) -> None:
        """A state checks its own return; most send in time; the scheduler reads them."""
        days, senders = self.exercise.days, self.senders
        before = days.due - timedelta(days=1)
        for state in senders.those(Manner.IN_TIME, Manner.AS_CSV, Manner.ODD):
            self._send(before, state)
        for state in senders.those(Manner.WRONG, Manner.BROKEN):
            self._send(before, state, spoiled=True)
        contracts = self.exercise.contracts()
        if any(
            CENTER in respondents(contracts, r, round_=self.plan.round) for r in self.plan.reports
        ):
            self._send(before, CENTER)
        self.exercise.commit("what came in time")
        for state, code in self._checked_by_themselves():
            path = self._return_of(state)
            self.account.command(
                before,
                f"{state} checks its return before it sends it",
                "check-return",
                f"{path.relative_to(self.exercise.root)}",
                expected=code,
            )
        self.account.command(
            before,
            "the scheduler runs: returns are read, no report is due",
            *("run", "--date", f"{before}"),
            wrong=self._letters,
        )

    def late_ones_are_reminded(self) -> None:
        """Who owes what is listed and reminded."""
        day = self.exercise.days.reminded
        self._do(
            day,
            "who owes what is listed",
            "late",
            "--json",
            "--date",
            f"{day}",
            wrong=lambda told: _differ(
                {
                    line["state"]
                    for line in json.loads(told)
                    if line["standing"] in ("late", "refused")
                },
                self.senders.owing(),
            ),
        )
        self._do(day, "who owes is reminded", "remind", "--date", f"{day}")

    def is_answered_and_corrected(self) -> None:
        """Queries are asked and answered, what was wrong or missing comes."""
        days, senders = self.exercise.days, self.senders
        for state in senders.those(Manner.ODD):
            self._do(days.reminded, f"{state} is asked", "ask", "--state", state, by="analyst")
            self.account.act(
                days.late, f"{state} answers in its file", partial(self._answer, state)
            )
            answers = self._answers_of(state)
            self._do(
                days.late,
                "its answers are entered",
                "answers",
                "--file",
                f"{answers}",
                by="analyst",
            )
        for state in senders.those(Manner.WRONG):
            self._send(days.late, state)
        for state in senders.those(Manner.LATE, Manner.BROKEN):
            self._send(days.late, state)
        self.exercise.commit("what came late, and corrections")

    def experts_meet(self) -> None:
        """Experts discuss what they judged and judge again; what they decide is signed."""
        days = self.exercise.days
        stores = ("build", "--versions", "restricted", "--until", "stores")
        self._do(days.met, "returns are read", *stores)
        self.account.act(
            days.met, "what does not hold is taken out", lambda: correct_texts(self.exercise)
        )
        self._do(days.met, "the first meeting has its papers", "meeting", "--number", "1")
        self.account.act(days.met, "the meeting amends a text", self._amend)
        self._do(
            days.met,
            "what the meeting amended is taken in",
            *("amendments", "--number", "1", f"{self._sheet}"),
        )
        for state in self.senders.manners:
            if state not in self.senders.those(Manner.NEVER):
                self.account.act(
                    days.met_again - timedelta(days=1),
                    f"the experts of {state} judge again",
                    partial(self._judge_again, state),
                )
        self._do(days.met_again, "returns are read again", *stores)
        self._do(days.met_again, "the second meeting has its papers", "meeting", "--number", "2")
        self.account.act(
            days.met_again, "levels and priorities are written down", self._write_decisions
        )
        for paper in ("2", "priorities"):
            self._do(
                days.met_again,
                f"paper {paper} is signed",
                *("record-meeting", "--paper", paper),
                by="head-of-unit",
            )
        self.exercise.commit("what experts judged together")

    def texts_are_read(self) -> None:
        """The first build of the round stops at texts that nobody read for it; then
        somebody reads them.
        """
        days = self.exercise.days
        self.account.command(
            days.cutoff,
            "the scheduler runs: reports wait for their texts",
            *("run", "--date", f"{days.cutoff}"),
            expected=NarrativeError.exit_code,
            wrong=self._wrong_figures,
        )
        self.account.act(
            days.read, "what does not hold is taken out", lambda: correct_texts(self.exercise)
        )
        self._do(days.read, "the texts are read", "review-texts", "--read", "all-shown")
        self._do(days.read, "the texts have no fault", "check-text")
        self.exercise.commit("texts of the round")
        self.account.command(
            days.read,
            "the scheduler runs: all is built, and states have not confirmed",
            *("run", "--date", f"{days.read}"),
            expected=NoGoError.exit_code,
            wrong=self._marked,
        )

    def states_confirm(self) -> None:
        """Each state sees what is printed of it, and most answer."""
        days = self.exercise.days
        self._do(days.read, "proof sheets are made", "proof-sheets", "--date", f"{days.read}")
        silent = [*self.senders.manners][-1]
        for state in self.senders.manners:
            if state != silent:
                self._do(
                    days.proofs,
                    f"{state} confirms",
                    *("confirm-proof", "--state", state, "--text", f"{EXERCISE}: letter"),
                    by="analyst",
                )
        after = days.proofs + timedelta(days=1)
        what = f"the day passes, {silent} was silent: GO"
        for asked in self._gates():
            self._do(after, what, "gate", *asked, "--date", f"{after}")
        self.account.command(
            after, "the scheduler runs: nothing is left to do", *("run", "--date", f"{after}")
        )

    def is_signed(self) -> None:
        """Each version goes from draft to edition; a comment is answered on the way."""
        days = self.exercise.days
        for report in self.plan.reports:
            for rule in self._open_rules(report):
                self._do(
                    days.submitted,
                    f"{report}: findings of {rule} are accepted",
                    *("accept", "--report", report, "--rule", rule, "--reason", _REASON),
                    by="analyst",
                )
        for report in self.plan.reports:
            for version in self.plan.versions:
                self._sign(report, version)
                self._do(
                    days.released,
                    f"{version}: the proof is made again beside what was released",
                    *("build", "--versions", version, "--until", "stores protect"),
                )

    def is_handed_out(self) -> None:
        """Each reader of a restricted edition gets a copy of its own."""
        day = self.exercise.days.released
        recipients = self.exercise.root / "copies" / "recipients.csv"
        write_private(recipients, csv_bytes(("name", "organisation"), _RECIPIENTS))
        for report in self.plan.reports:
            self._do(
                day,
                f"{report}: copies are made",
                *("copies", "--report", report, "--version", "restricted"),
                *("--recipients", f"{recipients}"),
                by="analyst",
            )
        copies = sorted(self.exercise.project.releases.glob("copies/**/*.pdf"))
        self.account.act(
            day,
            "there is a copy for each reader",
            lambda: _differ([len(copies)], [len(_RECIPIENTS) * len(self.plan.reports)]),
        )
        if copies:
            self.account.command(
                day,
                "a copy is recognised",
                "trace",
                f"{copies[0]}",
                wrong=lambda told: (
                    ""
                    if any(name in told for name, _ in _RECIPIENTS)
                    else f"nobody is named: {told}"
                ),
            )
        self._do(day, "the desk is shown", "desk")

    def is_kept(self) -> None:
        """Records, returns and contracts are backed up and come back."""
        day = self.exercise.days.released
        root = self.exercise.root
        password = root / "keys" / "backup"
        write_private(password, b"exercise\n")
        given = ("--password-file", f"{password}")
        place = f"{root / 'backups'}"
        self.account.command(day, "a backup is made", "backup", "--to", place, *given)
        self.account.command(day, "the backup is whole", "check-backup", "--from", place, *given)

    def is_refused(self) -> None:
        """Nothing is handed in where the gate says NO-GO."""
        days = self.exercise.days
        report, version = self.plan.reports[0], self.plan.versions[0]
        missing = self.senders.those(Manner.NEVER)
        self._do(
            days.proofs,
            "the gate says NO-GO, and names who never sent",
            *("gate", "--json", "--report", report, "--date", f"{days.proofs}"),
            expected=NoGoError.exit_code,
            wrong=lambda told: _unnamed(told, missing),
        )
        self._do(
            days.submitted,
            f"{report} {version} is not taken for review",
            *("submit", "--report", report, "--version", version),
            by="analyst",
            expected=SignOffError.exit_code,
            wrong=lambda told: (
                "" if f" {Kind.STATES}: " in told else f"the gate is not named: {told}"
            ),
        )

    # --- what is done again and again

    def _do(
        self,
        day: date,
        what: str,
        command: str,
        *arguments: str,
        by: str = "",
        expected: int = 0,
        wrong: Callable[[str], str] = lambda told: "",
    ) -> str:
        """A command about the round; with `by`, signed by the person of that role."""
        signed: Sequence[str] = ()
        if by:
            signed = ("--role", by, "--sign-key", f"{self.exercise.key(by)}", "--date", f"{day}")
        of_round = ("--round", f"{self.plan.round}")
        return self.account.command(
            day, what, command, *arguments, *of_round, *signed, expected=expected, wrong=wrong
        )

    def _gates(self) -> list[tuple[str, ...]]:
        """The gate of the round, or of each report where not all of them are tried."""
        if self.plan.reports == self.exercise.project.reports:
            return [()]
        return [("--report", report) for report in self.plan.reports]

    def _send(self, day: date, state: str, *, spoiled: bool = False) -> None:
        manner = self.senders.manners.get(state, Manner.IN_TIME)
        self.account.act(
            day,
            f"{state} sends its returns ({manner})" if spoiled else f"{state} sends its returns",
            lambda: None if self.senders.send(state, day=day, spoiled=spoiled) else "no file",
        )

    def _sign(self, report: str, version: str) -> None:
        days = self.exercise.days
        of = ("--report", report, "--version", version)
        name = f"{report} {version}"
        self._do(days.submitted, f"{name} is handed in", "submit", *of, by="analyst")
        if (report, version) == (self.plan.reports[0], self.plan.versions[0]):
            self._do(
                days.submitted,
                f"{name}: a reviewer asks",
                "comment",
                *of,
                *("--ref", f"{report}:p3", "--text", "is this figure right?"),
                by="reviewer",
            )
            self._do(
                days.approved,
                f"{name}: an open question keeps it back",
                "approve",
                *of,
                by="reviewer",
                expected=SignOffError.exit_code,
            )
            self._do(
                days.approved,
                f"{name}: the analyst replies",
                "reply",
                *of,
                *("--comment", "1", "--text", _REPLY),
                by="analyst",
            )
        self._do(days.approved, f"{name}: the reviewer approves", "approve", *of, by="reviewer")
        self._do(days.approved, f"{name}: the director approves", "approve", *of, by="director")
        self._do(
            days.released,
            f"{name} is released",
            "release",
            *of,
            "--test",
            by="director",
            wrong=lambda told: self._edition(report, version),
        )

    # --- what is looked at; each says what is wrong

    def _packages(self, told: str) -> str:
        """A package for each state, whose files are those of its list of hashes."""
        folder = self.exercise.project.round_folder(self.plan.round) / "opening"
        for state in self.senders.manners:
            with zipfile.ZipFile(folder / f"{state}-{self.plan.round}.zip") as package:
                for line in package.read(_HASHES).decode().splitlines():
                    digest, _, name = line.partition("  ")
                    if hashlib.sha256(package.read(name)).hexdigest() != digest:
                        return f"{state}: {name} is not what its list says"
        return ""

    def _letters(self, told: str) -> str:
        """A letter lies ready for every state."""
        folder = self.exercise.project.findings(self.plan.round)
        without = [
            s
            for s in self.senders.manners
            if not (folder / s / f"{s}-{self.plan.round}-letter.pdf").is_file()
        ]
        return f"no letter for {', '.join(without)}" if without else ""

    def _wrong_figures(self, told: str) -> str:
        """No return is refused, and no table kept out, once everything was corrected."""
        path = self.exercise.project.findings(self.plan.round) / "findings.json"
        found = json.loads(path.read_text(encoding="utf-8"))["findings"]
        errors = [f for f in found if f["severity"] == "error"]
        above = [f for f in found if f["rule"] == "part_exceeds_whole"]
        return "; ".join(
            f"{f['state']} {f['table']} {f['rule']}: {f['found']}" for f in (errors + above)[:5]
        )

    def _marked(self, told: str) -> str:
        """Every page on paper says that it is an exercise: reports, letters, receipts, the
        gate.
        """
        from pypdfium2 import PdfDocument

        project = self.exercise.project
        for report in self.plan.reports:
            for version in self.plan.versions:
                folder = project.version_folder(self.plan.round, report, version)
                if not [*folder.glob("selec-*.pdf")]:
                    return f"there is no report {report} {version}"
        for file in project.round_folder(self.plan.round).rglob("*.pdf"):
            with PdfDocument(file) as opened:
                texts = [page.get_textpage().get_text_range() for page in opened]
            if bare := [f"{n}" for n, text in enumerate(texts, 1) if EXERCISE not in text]:
                return f"{file.name}: pages {', '.join(bare)} do not say {EXERCISE}"
        return ""

    def _edition(self, report: str, version: str) -> str:
        name = f"{report}-{self.plan.round}-{version}-1"
        folder = self.exercise.project.releases / "editions" / version
        found = sorted(p.name for p in folder.glob(f"*{report}-*") if p.is_dir())
        return "" if any(n.endswith(name) for n in found) else f"no edition {name} among {found}"

    def _checked_by_themselves(self) -> list[tuple[str, int]]:
        wrong = [(s, ReturnError.exit_code) for s in self.senders.those(Manner.WRONG)]
        return wrong[:1] + [(s, 0) for s in self.senders.those(Manner.IN_TIME)[:1]]

    def _return_of(self, state: str) -> Path:
        folder = self.exercise.project.returns / f"{self.plan.round}" / self.plan.reports[0]
        return folder / f"{state}.xlsx"

    @property
    def _sheet(self) -> Path:
        return self.exercise.root / "sent" / "amendments.xlsx"

    def _amend(self) -> str:
        """The meeting writes another text in the place of the first, and why."""
        came = self.exercise.project.meeting_folder(self.plan.round, 1) / AMENDMENTS
        return amend_first(came, self._sheet)

    def _judge_again(self, state: str) -> str:
        day = self.exercise.days.met_again - timedelta(days=1)
        return "" if self.senders.judge_again(state, day=day) else "no file"

    def _write_decisions(self) -> str:
        contracts = self.exercise.contracts()
        folder = self.exercise.project.returns / f"{self.plan.round}" / MEETINGS
        days, states = self.exercise.days, [*self.senders.manners]
        for name, content in decided(contracts, days, states=states, seed=self.plan.seed).items():
            write_file(folder / name, content)
        return ""

    def _open_rules(self, report: str) -> list[str]:
        """The rules of the findings that nobody has settled, as they are listed."""
        done = self.account.run(
            self.exercise.root, ("accept", "--report", report, "--round", f"{self.plan.round}")
        )
        return sorted(
            set(re.findall(r" \(([\w.-]+)\): .*: no reason yet$", done.told, re.MULTILINE))
        )

    def _answers_of(self, state: str) -> Path:
        return self.exercise.root / "sent" / f"{state}-answers.csv"

    def _answer(self, state: str) -> str:
        """The state fills in the file of answers that came with its letter."""
        folder = self.exercise.project.findings(self.plan.round) / state
        came = folder / f"{state}-{self.plan.round}-answers.csv"
        rows = [*csv.DictReader(io.StringIO(came.read_text(encoding="utf-8-sig")), delimiter=";")]
        for row in rows:
            row |= {"effect": "confirmed", "answer": f"{EXERCISE}: the figure stands"}
        text = io.StringIO()
        writer = csv.DictWriter(text, [*rows[0]], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
        write_private(self._answers_of(state), text.getvalue().encode("utf-8-sig"))
        return "" if rows else f"{state} was asked nothing"


def _differ(found: Sequence[object] | set[object], expected: Sequence[object]) -> str:
    one, other = sorted(map(str, found)), sorted(map(str, expected))
    return (
        ""
        if one == other
        else f"found {', '.join(one) or 'none'}, not {', '.join(other) or 'none'}"
    )


def _unnamed(told: str, states: Sequence[str]) -> str:
    """Which states a gate in JSON does not name as lacking."""
    content = json.loads(told[told.index("{") : told.rindex("}") + 1])
    lacking = {state for report in content["reports"] for state in report["lacking"]}
    missing = [state for state in states if state not in lacking]
    return f"{', '.join(missing)} are not named" if missing else ""
