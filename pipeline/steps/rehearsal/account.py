"""What was tried, and what did not work? One entry for each thing that a person, a
state or the scheduler does in a year.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from pipeline.project import Project
from pipeline.system.files import write_private
from pipeline.system.page_templates import mistakes_told, open_templates

NAME = "rehearsal"
_SHOWN = 1500  # characters of what a command said that failed


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, and what it printed."""

    code: int
    told: str


# Runs a command of the pipeline in a folder, as a person would type it.
Run = Callable[[Path, Sequence[str]], Done]


@dataclass(frozen=True)
class Tried:
    """Something that was tried: on which day of the year, what, by which command, which
    exit code it should and did end with, how long it took and how much of the processors
    in seconds, and what was wrong with it; empty where all was as it should be.
    """

    day: str
    what: str
    command: str
    expected: int
    code: int
    seconds: float
    cpu: float
    wrong: str = ""

    @property
    def line(self) -> str:
        end = f"FAILED: {self.wrong}" if self.wrong else "as it should"
        if self.expected and not self.wrong:
            end = f"refused as it should be, exit code {self.code}"
        return f"{self.day}  {self.seconds:6.1f} s ({self.cpu:.1f} CPU)  {self.what}: {end}"


@dataclass
class Account:
    """The entries in their order. A thing that did not work does not end the year: what
    follows is tried, too.
    """

    root: Path
    run: Run
    tell: Callable[[str], None]
    tried: list[Tried] = field(default_factory=list)
    began: tuple[float, float] = field(default_factory=lambda: _now())

    def command(
        self,
        day: date,
        what: str,
        *arguments: str,
        expected: int = 0,
        wrong: Callable[[str], str] = lambda told: "",
    ) -> str:
        """Run a command of the pipeline. `wrong` looks at what it printed and left, and
        says what is not as it should be. Returns what it printed.
        """
        began = _now()
        done = self.run(self.root, arguments)
        if done.code != expected or "Traceback (most recent call last)" in done.told:
            problem = f"exit code {done.code}, not {expected}: {done.told.strip()[-_SHOWN:]}"
        else:
            problem = _looked(wrong, done.told)
        self._enter(
            day,
            what,
            command=f"selec {' '.join(arguments)}",
            expected=expected,
            code=done.code,
            began=began,
            wrong=problem,
        )
        return done.told

    def act(self, day: date, what: str, do: Callable[[], object]) -> None:
        """Something that people do without a command: a state sends, texts are edited."""
        began = _now()
        problem = _looked(lambda _: str(do() or ""), "")
        self._enter(day, what, began=began, wrong=problem)

    def _enter(
        self,
        day: date,
        what: str,
        *,
        command: str = "",
        expected: int = 0,
        code: int = 0,
        began: tuple[float, float],
        wrong: str,
    ) -> None:
        seconds, cpu = (round(now - then, 1) for now, then in zip(_now(), began, strict=True))
        self.tried.append(Tried(f"{day}", what, command, expected, code, seconds, cpu, wrong))
        self.tell(self.tried[-1].line)

    @property
    def failed(self) -> list[Tried]:
        return [tried for tried in self.tried if tried.wrong]

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds until now, and those of the processors."""
        seconds, cpu = (round(now - then, 1) for now, then in zip(_now(), self.began, strict=True))
        return seconds, cpu


def _now() -> tuple[float, float]:
    """The clock, and the seconds of this process and of all that it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return time.monotonic(), sum(u.ru_utime + u.ru_stime for u in used)


def _looked(look: Callable[[str], str], told: str) -> str:
    """What a look finds wrong; that something cannot be looked at is wrong as well."""
    try:
        return look(told)
    except Exception as problem:  # whatever it is, the account says so and the year goes on
        return f"{type(problem).__name__}: {problem}"


def write_account(project: Project, account: Account, *, heading: dict[str, str]) -> Iterator[Path]:
    """Write the account as a page and as JSON beside the folders of the exercise."""
    content = {
        **heading,
        "seconds": account.spent[0],
        "cpu_seconds": account.spent[1],
        "failed": len(account.failed),
        "tried": [asdict(tried) for tried in account.tried],
    }
    path = project.root / f"{NAME}.json"
    write_private(path, json.dumps(content, indent=1, ensure_ascii=False).encode())
    yield path
    environment = open_templates(project.templates / "operations", trim_blocks=True)
    with mistakes_told(project.templates):
        page = environment.get_template("rehearsal.html.j2").render(
            heading=heading, spent=account.spent, failed=account.failed, tried=account.tried
        )
    path = project.root / f"{NAME}.html"
    write_private(path, page.encode())
    yield path
