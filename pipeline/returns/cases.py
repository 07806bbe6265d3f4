"""Which cases does the Center tell of in a round? One checked file a case.

`returns/<round>/cases/` is the register of joint investigations and operations whose
story reports tell. What a file says is the Center's own, in its own words; it is looked
at like a text of a sender all the same, and what is wrong is told with file and line.
Every number of the text is bound to a result or a date of its file. Who may read a case
is its `clearance`: a version holds no other one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.cells import TOTAL
from pipeline.contracts.checked_files import read_checked
from pipeline.contracts.codelists import in_running_text
from pipeline.contracts.model import Contracts
from pipeline.contracts.policy import VersionRule
from pipeline.errors import ContractError, UserError
from pipeline.project import Project
from pipeline.returns.intake.folder import CASES as FOLDER
from pipeline.returns.intake.folder import is_left_by_program
from pipeline.returns.plain_texts import numbers_in, screened, signs_in
from pipeline.system.yaml_files import YamlFile

SCHEMA = "cases.schema.json"
PAGE = "docs/how-to/cases.md"
PUBLIC = "public"
_DURATIONS = ("days", "weeks", "months", "years")  # units that no table of a return has
_TIMES = {"began": "when it began", "ended": "when it ended", "awarded": "awarded for"}
_FILE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.yaml")
_BINDING = re.compile(r"\[\[([^\[\]]*)\]\]")


@dataclass(frozen=True)
class CaseFact:
    """What a binding of a case prints: a number, a time, or words. `line` is where it
    stands in the file of the case.
    """

    name: str
    what: str
    value: Decimal | None
    unit: str
    day: str  # 2018-08-10, 2018-08, 2018-H2 or 2018
    said: str
    line: int


@dataclass(frozen=True)
class Case:
    """A case that may be told. `title`, `head`, `paragraphs` and `cited` are texts with
    their bindings, `[[case ID NAME]]`.
    """

    id: str
    file: str  # from the folder of the returns
    crime_area: str
    clearance: str
    title: str
    head: str
    paragraphs: tuple[str, ...]
    cited: str
    facts: tuple[CaseFact, ...]


def case_files(project: Project, round_: int) -> list[Path]:
    """Everything in the register of a round, in a fixed order."""
    folder = project.returns / str(round_) / FOLDER
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if not is_left_by_program(path.name)]


def load_cases(project: Project, contracts: Contracts, *, round_: int) -> tuple[Case, ...]:
    """The cases of a round, by the names of their files. Raises ContractError with all
    that is wrong in all files, each with its line.
    """
    cases: list[Case] = []
    told: list[str] = []
    for path in case_files(project, round_):
        try:
            cases.append(_load(path, contracts, round_=round_, schema=project.contracts / SCHEMA))
        except UserError as problem:
            lines = problem.what.splitlines() or [""]
            told += [f"{round_}/{FOLDER}/{_shown(path)} {line}".rstrip() for line in lines]
    if told:
        raise ContractError(
            "\n".join(told), where=f"returns/{round_}/{FOLDER}", do=f"correct them; see {PAGE}"
        )
    return tuple(cases)


def told_to(version: VersionRule) -> frozenset[str]:
    """The clearances of the cases that a version may hold; a version that is not
    protected holds all.
    """
    if not version.protected:
        return frozenset({"restricted", "partner", PUBLIC})
    return frozenset({PUBLIC, version.name})


def _shown(path: Path) -> str:
    """The name of a file as it may be told."""
    return path.name if _FILE.fullmatch(path.name) else "a file of another name"


def _load(path: Path, contracts: Contracts, *, round_: int, schema: Path) -> Case:
    if path.is_symlink() or not path.is_file() or not _FILE.fullmatch(path.name):
        raise UserError(
            "is no case: a case is a file CODE-NAME.yaml of small letters, digits and hyphens"
        )
    file = read_checked(
        path, schema, wrong=lambda f: _wrong(f, contracts, round_=round_), page=PAGE
    )
    return _read(file, contracts, round_=round_)


def _read(file: YamlFile, contracts: Contracts, *, round_: int) -> Case:
    own = file.mapping()
    id_ = file.path.stem
    source = own["source"]
    facts = [
        CaseFact("name", "code name", None, "", "", own["name"], file.line(("name",))),
        *(
            CaseFact(name, _TIMES[name], None, "", day, "", file.line(("dates", name)))
            for name, day in own["dates"].items()
        ),
        *(
            CaseFact(
                r["id"],
                r["what"],
                Decimal(str(r["value"])),
                r["unit"],
                "",
                "",
                file.line(("results", number)),
            )
            for number, r in enumerate(own["results"])
        ),
        CaseFact("publisher", "source", None, "", "", source["publisher"], file.line(("source",))),
        CaseFact("source", "source", None, "", "", source["title"], file.line(("source", "title"))),
        CaseFact(
            "published", "source", None, "", source["date"], "", file.line(("source", "date"))
        ),
    ]
    states = _listed(
        [in_running_text(contracts.codelist("states").label(s)) for s in own["states"]]
    )
    when = _when(own["dates"])
    head = f"{states[:1].upper()}{states[1:]}{when}"
    paragraphs = [" ".join(p.split()) for p in re.split(r"\n\s*\n", own["text"]) if p.strip()]
    bound = [_BINDING.sub(lambda m: f"[[case {id_} {m[1].strip()}]]", p) for p in paragraphs]
    return Case(
        id_,
        f"{round_}/{FOLDER}/{file.path.name}",
        own["crime_area"],
        own["clearance"],
        f"{own['kind'].capitalize()} [[case {id_} name]]",
        head.replace("[[", f"[[case {id_} "),
        tuple(bound),
        f"Source: [[case {id_} publisher]], [[case {id_} source]], [[case {id_} published]]",
        tuple(facts),
    )


def _when(dates: Mapping[str, str]) -> str:
    """What the head says of the time, with its bindings."""
    if "ended" in dates:
        return "; finalised [[ended]]"
    if "awarded" in dates:
        return "; awarded for [[awarded]]"
    return "; began [[began]]" if "began" in dates else ""


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# --- what is wrong


def _wrong(file: YamlFile, contracts: Contracts, *, round_: int) -> Iterator[str]:
    own = file.mapping()
    yield from _wrong_codes(file, own, contracts)
    yield from _wrong_times(file, own, contracts, round_=round_)
    yield from _wrong_results(file, own, contracts)
    for path, text in _texts(own):
        where = file.place(path)
        yield from (f"{where}: {problem}" for problem in screened(text, what="a case"))
    yield from _wrong_text(file, own)


def _wrong_codes(file: YamlFile, own: Mapping[str, Any], contracts: Contracts) -> Iterator[str]:
    for field, name in (("crime_area", "crime_area"), ("task_force", "task_force")):
        known = [c.code for c in contracts.codelist(name) if c.code != TOTAL]
        if own[field] not in known:
            yield (
                f"{file.place((field,))}: '{own[field]}' is not in codelists/{name}.csv; allowed:"
                f" {', '.join(known)}"
            )
    states = [c.code for c in contracts.codelist("states") if c.parent]
    for number, state in enumerate(own["states"]):
        if state not in states:
            yield (
                f"{file.place(('states', number))}: '{state}' is no member state; allowed:"
                f" {', '.join(states)}"
            )


def _wrong_times(
    file: YamlFile, own: Mapping[str, Any], contracts: Contracts, *, round_: int
) -> Iterator[str]:
    """Times that are none, in the wrong order, or outside of the years of the round."""
    times = {("dates", n): t for n, t in own["dates"].items()}
    times[("source", "date")] = own["source"]["date"]
    for path, time in times.items():
        if not _is_time(time):
            yield f"{file.place(path)}: there is no such day or month: {time}"
    began, ended = own["dates"].get("began", ""), own["dates"].get("ended", "")
    if began and ended and ended[: len(began)] < began[: len(ended)]:
        yield f"{file.place(('dates', 'ended'))}: it ended before it began"
    published = own["source"]["date"]
    known_by = ended or published
    years = sorted({year for c in contracts for year in c.years(round_)})
    if not years[0] <= int(known_by[:4]) <= years[-1] + 1:
        at = ("dates", "ended") if ended else ("source", "date")
        yield (
            f"{file.place(at)}: {known_by} is outside of the years {years[0]} to {years[-1]} that"
            f" round {round_} tells of; put the file into the round of its time"
        )


def _is_time(time: str) -> bool:
    parts = time.split("-")
    if len(parts) < 2 or parts[1].startswith("H"):
        return 1990 <= int(parts[0]) < 2100
    year, month, day = (*map(int, parts), 1)[:3]
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def _wrong_results(file: YamlFile, own: Mapping[str, Any], contracts: Contracts) -> Iterator[str]:
    units = [*(c.code for c in contracts.codelist("unit")), *_DURATIONS]
    taken = {"name", "publisher", "source", "published", "began", "ended", "awarded"}
    said = set(_bindings(own["text"]))
    for number, result in enumerate(own["results"]):
        where = file.place(("results", number))
        if result["id"] in taken:
            yield f"{where}: '{result['id']}' stands twice, or is the name of a date or the source"
        taken.add(result["id"])
        if result["unit"] not in units:
            yield f"{where}: '{result['unit']}' is no unit; allowed: {', '.join(units)}"
        if result["id"] not in said:
            yield f"{where}: the text does not say it; write [[{result['id']}]] where it is told"


def _wrong_text(file: YamlFile, own: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that are bound to nothing, and bindings that nothing stands behind."""
    known = {"name", *own["dates"], *(r["id"] for r in own["results"])}
    where = file.place(("text",))
    for name in _bindings(own["text"]):
        if name not in known:
            yield (
                f"{where}: '[[{name[:60]}]]' is no result and no date of the case; allowed:"
                f" {', '.join(sorted(known))}"
            )
    left = _BINDING.sub(" ", own["text"])
    for found in numbers_in(left):
        yield f"{where}: '{found}' is a number; make it a result or a date and bind it: [[id]]"
    for sign in signs_in(left):
        yield f"{where}: '{sign}' is no sign of a plain text; take it out"
    for number, result in enumerate(own["results"]):
        if re.search(r"\d", result["what"]):
            yield f"{file.place(('results', number))}: 'what' says a number; the value is to say it"


def _bindings(text: str) -> list[str]:
    return [name.strip() for name in _BINDING.findall(text)]


def _texts(own: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every text that somebody wrote, with its place."""
    yield ("name",), own["name"]
    yield ("text",), own["text"]
    yield ("source", "publisher"), own["source"]["publisher"]
    yield ("source", "title"), own["source"]["title"]
    for number, result in enumerate(own["results"]):
        yield ("results", number, "what"), result["what"]


def secret_texts(cases: Iterable[Case], version: VersionRule) -> Iterator[str]:
    """What a version may not say: names, titles and paragraphs of the cases that are not
    cleared for it.
    """
    for case in cases:
        if case.clearance not in told_to(version):
            yield from (f.said for f in case.facts if f.name in ("name", "source"))
            yield from case.paragraphs
