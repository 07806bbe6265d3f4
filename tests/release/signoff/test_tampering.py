"""Is a record that somebody changed named and refused, whichever record, whichever way,
by whatever reads it?

The table is records by ways. A small world is made once: sign-off, copies, register,
queries, reasons, archive, each with some events; every case changes one file of a copy
and asks everything that reads it.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT
from signatories import PEOPLE, enter_signers, line, make_key, make_keys, signing

from pipeline.cells import Key
from pipeline.contracts.model import Contracts
from pipeline.disclosure.register import as_known_on, editions, record_of_register, register
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.numbers.true_cells import TrueCell
from pipeline.project import Project
from pipeline.release.copies.hand_out import copies_log, every_copy
from pipeline.release.editions import known_editions
from pipeline.release.signoff.reasons import enter_reason, record_of_reasons, signed_reasons
from pipeline.release.signoff.record import Subject, enter, record_of, seal_of, standing, unrecorded
from pipeline.returns.archive import archive_round, restore
from pipeline.returns.journal import read_journal
from pipeline.returns.rules.query_log import answer, ask, id_of, read_log, with_queries
from pipeline.returns.rules.query_record import record_of_queries
from pipeline.system.signed.chain import Chain
from pipeline.system.signed.event_lines import START, digest, file_of
from pipeline.system.signed.people import Person, acting, person
from pipeline.system.signed.signers import NAMESPACE, fingerprint, read_signers

SUBJECT = Subject(2022, "thb", "restricted")
OTHER = Subject(2021, "thb", "restricted")
DAY, LATER = "2023-05-02", "2023-06-01"
HEAD = "key,value,unit,obs_status,conf_status,coverage,states\n"
BEHIND = [TrueCell(Key.parse("THB_OFFENCES:RO.2021"), None, "Q", "F", "reported")]


def finding(year: int) -> Finding:
    return Finding(
        2022,
        "thb",
        "RO",
        "2022/thb/RO.xlsx",
        "10 Judgments",
        "C7",
        "THB_JUDGMENTS",
        f"THB_JUDGMENTS:RO.{year}._T",
        "THB_JUDGMENTS.judgment.sum",
        "query",
        "total 9, parts 10",
        "parts add up",
        "correct one",
        "1.0.0",
    )


FINDINGS = with_queries([finding(2018), finding(2019)], {})
IDS = [id_of(finding(2018)), id_of(finding(2019))]


@dataclass(frozen=True)
class World:
    """A project with some events in every record."""

    root: Path

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    def who(self, role: str, day: str = DAY) -> Person:
        return signing(read_signers(self.project.contracts), self.keys, role, day)


def approvals(world: World, subject: Subject) -> None:
    nothing: dict[str, Any] = {"artefacts": {}, "findings": []}
    more: dict[str, Any] = {"master": "aa", "inputs": {}, "commit": "c", **nothing}
    enter(world.project, subject, command="submit", who=world.who("analyst"), draft=1, **more)
    enter(world.project, subject, command="approve", who=world.who("reviewer"), draft=1, **nothing)
    enter(world.project, subject, command="approve", who=world.who("director"), draft=1, **nothing)


def copy(number: int) -> dict[str, object]:
    return {
        "event": "copy",
        "copy": number,
        "name": "A",
        "organisation": "B",
        "edition": "thb-2022-1",
        "file": "f",
        "version": "restricted",
        "sha256": "x",
        "code": "c",
    }


def release(world: World, subject: Subject) -> None:
    name = f"thb-{subject.round}-1"
    enter(
        world.project,
        subject,
        command="release",
        who=world.who("director"),
        edition=1,
        name=name,
        files={},
        register="",
    )


@pytest.fixture(scope="module")
def made(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(tmp_path_factory.mktemp("world") / "world")
    enter_signers(world.project.contracts, make_keys(world.keys))
    with (world.project.contracts / "allowed_signers").open("a", encoding="utf-8") as file:
        term = 'valid-after="20200101",valid-before="20210101"'
        file.write(
            line(
                "old@selec.example",
                make_key(world.keys / "old"),
                "Old Hand",
                "analyst, director",
                term,
            )
        )
    make_key(world.keys / "stranger")
    for number, day in enumerate((date(2023, 3, 1), date(2023, 3, 2), date(2023, 3, 3))):
        sent = world.project.returns / "2022" / "thb" / f"R{number}.csv"
        sent.parent.mkdir(parents=True, exist_ok=True)
        sent.write_text(f"{number}", encoding="utf-8")
        archive_round(world.project, 2022, dates={}, today=day)
    for query in ask(
        world.project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=FINDINGS,
        who=world.who("analyst"),
    ):
        text = f"So it is: {query.key}"
        answer(
            world.project,
            contracts,
            round_=2022,
            id_=query.id,
            text=text,
            effect="confirmed",
            day="2023-04-02",
            who=world.who("analyst"),
        )
    for id_ in ("q1", "q2", "q3"):
        enter_reason(
            world.project,
            2022,
            report="thb",
            reason=f"seen {id_}",
            ids=[id_],
            who=world.who("analyst"),
        )
    approvals(world, OTHER)
    approvals(world, SUBJECT)
    shown = world.project.released(2022, "thb", version="public")
    shown.parent.mkdir(parents=True)
    for number in (1, 2, 3):
        shown.write_text(f"{HEAD}THB_OFFENCES:RO.2021,{number},offences,A,F,,\n", encoding="utf-8")
        register(
            world.project,
            2022,
            report="thb",
            version="public",
            cells=BEHIND,
            who=world.who("director"),
            number=number,
        )
    release(world, SUBJECT)
    for number in (1, 2, 3):
        copies_log(world.project, "restricted", edition="thb-2022-1").append(
            copy(number), world.who("analyst")
        )
    release(world, OTHER)  # after everything else
    return world.root


@pytest.fixture
def world(made: Path, tmp_path: Path) -> World:
    return World(Path(shutil.copytree(made, tmp_path / "world")))


# --- the records, and what reads them -------------------------------------------------

Read = Callable[[World, Contracts], object]


def copy_again(world: World, _: Contracts) -> object:
    return copies_log(world.project, "restricted", edition="thb-2022-1").append(
        copy(4), world.who("analyst", LATER)
    )


def register_again(world: World, _: Contracts) -> object:
    return register(
        world.project,
        2022,
        report="thb",
        version="public",
        cells=BEHIND,
        who=world.who("director", LATER),
        number=4,
    )


def send_again(world: World, _: Contracts) -> object:
    (world.project.returns / "2022" / "thb" / "NEW.csv").write_text("new", encoding="utf-8")
    return archive_round(world.project, 2022, dates={}, today=date(2023, 7, 1))


def ask_again(world: World, contracts: Contracts) -> object:
    new = with_queries([finding(2020)], {})
    return ask(
        world.project,
        contracts,
        round_=2022,
        state="RO",
        day="2023-04-01",
        findings=new,
        who=world.who("analyst", LATER),
    )


RECORDS: dict[str, tuple[Callable[[World], Chain], dict[str, Read]]] = {
    "sign-off": (
        lambda w: record_of(w.project, SUBJECT),
        {
            "status, submit, approve, draft, desk": lambda w, _: standing(w.project, SUBJECT),
            "verify": lambda w, _: list(known_editions(w.project)),
            "withdraw": lambda w, _: enter(
                w.project,
                SUBJECT,
                command="withdraw",
                who=w.who("director", LATER),
                edition=1,
                reason="wrong",
            ),
        },
    ),
    "copies": (
        lambda w: copies_log(w.project, "restricted", edition="thb-2022-1"),
        {"verify, trace": lambda w, _: every_copy(w.project), "copies": copy_again},
    ),
    "register": (
        lambda w: record_of_register(w.project),
        {
            "protect, audit, release": lambda w, _: editions(w.project, ["public"]),
            "register": register_again,
            "as-of": lambda w, _: as_known_on(w.project, date(2024, 1, 1), folder=w.root / "then"),
        },
    ),
    "queries": (
        lambda w: record_of_queries(w.project, 2022),
        {
            "validate, queries, accept": lambda w, c: read_log(w.project, c, round_=2022),
            "ask": ask_again,
            "answer": lambda w, c: answer(
                w.project,
                c,
                round_=2022,
                id_=IDS[0],
                text="No.",
                effect="corrected",
                day="2023-04-02",
                who=w.who("analyst", LATER),
            ),
        },
    ),
    "reasons": (
        lambda w: record_of_reasons(w.project, 2022, report="thb"),
        {
            "submit, approve, release": lambda w, _: signed_reasons(w.project, 2022, report="thb"),
            "accept": lambda w, _: enter_reason(
                w.project,
                2022,
                report="thb",
                reason="seen",
                ids=["q9"],
                who=w.who("analyst", LATER),
            ),
        },
    ),
}


# --- the ways -------------------------------------------------------------------------


def parse(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(one) for one in lines]


def linked(events: list[dict[str, Any]]) -> list[bytes]:
    """The whole chain worked out again, as anybody can who has no key."""
    lines: list[bytes] = []
    for number, event in enumerate(events, 1):
        again = {**event, "number": number, "previous": digest(lines[-1]) if lines else START}
        lines.append(json.dumps(again, ensure_ascii=False).encode())
    return lines


def signature(message: bytes, key: Path, namespace: str = NAMESPACE) -> str:
    done = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(key)],
        input=message,
        capture_output=True,
        check=True,
    )
    return "".join(done.stdout.decode().split("-----")[2].split())


def signed(event: dict[str, Any], key: Path, namespace: str = NAMESPACE) -> dict[str, Any]:
    """An event signed by somebody's key, as it stands."""
    rest = {k: v for k, v in event.items() if k != "signature"}
    return {
        **rest,
        "signature": signature(json.dumps(rest, ensure_ascii=False).encode(), key, namespace),
    }


def edited(number: int, **change: str) -> Callable[[list[bytes], World], list[bytes]]:
    def change_it(lines: list[bytes], _: World) -> list[bytes]:
        event = {**json.loads(lines[number]), **change}
        lines[number] = json.dumps(event, ensure_ascii=False).encode()
        return lines

    return change_it


def worked_out_again(number: int, **change: str) -> Callable[[list[bytes], World], list[bytes]]:
    return lambda lines, world: linked(parse(edited(number, **change)(lines, world)))


def by_another(
    whose: str, namespace: str = NAMESPACE, **change: str
) -> Callable[[list[bytes], World], list[bytes]]:
    """The last line signed by another key, whatever it says."""

    def sign_it(lines: list[bytes], world: World) -> list[bytes]:
        event = signed({**json.loads(lines[-1]), **change}, world.keys / whose, namespace)
        return [*lines[:-1], json.dumps(event, ensure_ascii=False).encode()]

    return sign_it


def with_the_key_of(
    whose: str, name: str, role: str
) -> Callable[[list[bytes], World], list[bytes]]:
    """The last line by somebody whose key it is, who may not do it, or not on that day."""

    def sign_it(lines: list[bytes], world: World) -> list[bytes]:
        blob = base64.b64decode(
            (world.keys / f"{whose}.pub").read_text(encoding="ascii").split()[1]
        )
        return by_another(whose, by=name, role=role, key=fingerprint(blob))(lines, world)

    return sign_it


def replayed(lines: list[bytes], world: World) -> list[bytes]:
    """The last event of the same kind of record of another subject, made to follow."""
    foreign = record_of(world.project, OTHER).path.read_bytes()[:-1].split(b"\n")[-1]
    return [*lines[:-1], foreign]


def lacking(lines: list[bytes], world: World) -> list[bytes]:
    """The last event without what it says, signed by its person."""
    last = json.loads(lines[-1])
    kept = ("record", "number", "by", "role", "day", "heads", "previous", "key")
    key = {name: role for role, name in PEOPLE.items()}[last["by"]]
    event = signed({k: v for k, v in last.items() if k in kept}, world.keys / key)
    return [*lines[:-1], json.dumps(event, ensure_ascii=False).encode()]


def as_rehearsal(lines: list[bytes], _: World) -> list[bytes]:
    events = [{k: v for k, v in e.items() if k not in ("signature", "key")} for e in parse(lines)]
    return linked([{**e, "rehearsal": True} for e in events])


def unsigned(lines: list[bytes], _: World) -> list[bytes]:
    return linked([{k: v for k, v in e.items() if k != "signature"} for e in parse(lines)])


def added(lines: list[bytes], world: World) -> list[bytes]:
    """A new last line, signed by a key of the list, but written by hand."""
    events = parse(lines)
    last = {**events[-1], "number": len(lines) + 1, "previous": digest(lines[-1])}
    key = {"Ana Pop": "analyst", "Dora K.": "director"}[last["by"]]
    return [*lines, json.dumps(signed(last, world.keys / key), ensure_ascii=False).encode()]


Way = Callable[[list[bytes], World], list[bytes]]
WAYS: dict[str, Way] = {
    **{f"name changed in line {n}": edited(n, by="Nobody Else") for n in (0, 1, -1)},
    **{f"role changed in line {n}": edited(n, role="head-of-unit") for n in (0, 1, -1)},
    **{f"day changed in line {n}": edited(n, day="2023-05-01") for n in (0, 1, -1)},
    **{
        f"line {n} is gone": lambda lines, _, n=n: [
            x for i, x in enumerate(lines) if i != n % len(lines)
        ]  # type: ignore[misc]
        for n in (0, 1, -1)
    },
    "the last two are gone": lambda lines, _: lines[:-2],
    "all but the first are gone": lambda lines, _: lines[:1],
    "the first two change places": lambda lines, _: [lines[1], lines[0], *lines[2:]],
    "the last two change places": lambda lines, _: [*lines[:-2], lines[-1], lines[-2]],
    "the first stands twice": lambda lines, _: [lines[0], *lines],
    "the last stands twice": lambda lines, _: [*lines, lines[-1]],
    **{
        f"worked out again after line {n} was changed": worked_out_again(n, by="Nobody Else")
        for n in (0, 1, -1)
    },
    "worked out again without the first": lambda lines, _: linked(parse(lines[1:])),
    "worked out again without the second": lambda lines, _: linked(
        [*parse(lines[:1]), *parse(lines[2:])]
    ),
    "worked out again, days earlier": lambda lines, _: linked(
        [{**e, "day": "2020-01-01"} for e in parse(lines)]
    ),
    "worked out again without signatures": unsigned,
    "worked out again as a rehearsal": as_rehearsal,
    "the signature of another person": by_another("reviewer"),
    "the signature of a key that is nobody's": by_another("stranger"),
    "a signature for another purpose": by_another("analyst", "file"),
    "another person, another key, in a role of somebody else": with_the_key_of(
        "reviewer", "Bogdan Ilić", "analyst"
    ),
    "a key that was no longer valid": with_the_key_of("old", "Old Hand", "director"),
    "the last event of another record": replayed,
    "a line by a key of the list that was written by hand": added,
    "nothing but who it was": lacking,
    "the last line is cut in two": lambda lines, _: [*lines[:-1], lines[-1][: len(lines[-1]) // 2]],
    "line ends of Windows": lambda lines, _: [x + b"\r" for x in lines],
    "an empty line": lambda lines, _: [lines[0], b"", *lines[1:]],
    "other spaces": lambda lines, _: [
        json.dumps(json.loads(x), separators=(",", ":")).encode() for x in lines
    ],
    "a key twice": lambda lines, _: [*lines[:-1], lines[-1][:-1] + b', "by": "Nobody Else"}'],
    "no JSON": lambda lines, _: [*lines[:-1], b"released by Dora K."],
    "not UTF-8": lambda lines, _: [
        *lines[:-1],
        lines[-1].replace(b'"event": "', b'"event": "\xff'),
    ],
    "nested without end": lambda lines, _: [*lines[:-1], b"[" * 100_000],
}
FILES: dict[str, Callable[[bytes], bytes | None]] = {
    "no line end": lambda data: data[:-1],
    "empty": lambda _: b"",
    "gone": lambda _: None,
    "only a line end": lambda _: b"\n",
    "zeros": lambda data: bytes(len(data)),
}


def problem_of(act: Callable[[], object]) -> UserError | None:
    try:
        act()
    except UserError as problem:
        return problem
    return None


def refused_by_all(
    world: World, contracts: Contracts, readers: dict[str, Read], *, told: str
) -> None:
    before = {
        p: p.read_bytes()
        for p in world.root.rglob("*")
        if p.suffix in (".jsonl", ".csv") and p.is_file()
    }
    for command, read in readers.items():
        problem = problem_of(lambda read=read: read(world, contracts))  # type: ignore[misc]
        assert problem is not None, f"{command} went on"
        assert problem.where, problem
        assert problem.allowed, problem
        assert problem.do, problem
        assert told in str(problem), f"{command}: {problem}"
        (world.project.returns / "2022" / "thb" / "NEW.csv").unlink(missing_ok=True)
        after = {
            p: p.read_bytes()
            for p in world.root.rglob("*")
            if p.suffix in (".jsonl", ".csv") and p.is_file()
        }
        assert after == before, command


# The log of queries lies beside the returns, where no heads are kept. A rehearsal of
# all of it says so and keeps the round from being submitted. A line that an analyst
# signed is one, whatever wrote it.
HARMLESS = {
    ("queries", "worked out again as a rehearsal"),
    ("queries", "a line by a key of the list that was written by hand"),
}


@pytest.mark.parametrize(
    ("record", "way"), [(r, w) for r in RECORDS for w in WAYS if (r, w) not in HARMLESS]
)
def test_a_changed_record_is_refused_by_everything_that_reads_it(
    world: World, contracts: Contracts, record: str, way: str
) -> None:
    chain_of, readers = RECORDS[record]
    path = chain_of(world).path
    before = path.read_bytes()
    path.write_bytes(file_of(WAYS[way](before[:-1].split(b"\n"), world)))
    assert path.read_bytes() != before
    refused_by_all(world, contracts, readers, told=" " if record == "queries" else path.name)


@pytest.mark.parametrize("way", FILES)
@pytest.mark.parametrize("record", RECORDS)
def test_a_damaged_record_is_refused_by_everything_that_reads_it(
    world: World, contracts: Contracts, record: str, way: str
) -> None:
    chain_of, readers = RECORDS[record]
    path = chain_of(world).path
    content = FILES[way](path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    refused_by_all(world, contracts, readers, told=" ")


EVERYTHING = {
    name: read
    for record, (_, readers) in RECORDS.items()
    if record != "queries"
    for name, read in readers.items()
}


@pytest.mark.parametrize(
    "way",
    {
        "first changed": lambda x: [x[0].replace(b'"event": 1', b'"event": 2'), *x[1:]],
        "middle gone": lambda x: [*x[:5], *x[6:]],
        "last two gone": lambda x: x[:-2],
        "two change places": lambda x: [x[1], x[0], *x[2:]],
        "last twice": lambda x: [*x, x[-1]],
        "worked out again without one": lambda x: linked([*parse(x[:5]), *parse(x[6:])]),
        "worked out again, one hash changed": lambda x: linked(
            [{**parse(x)[0], "sha256": START}, *parse(x[1:])]
        ),
        "last changed": lambda x: linked([*parse(x[:-1]), {**parse(x)[-1], "sha256": START}]),
        "empty": lambda _: [],
    }.items(),
    ids=lambda way: way[0],
)
def test_the_heads_of_all_records_are_refused_by_everything(
    world: World, contracts: Contracts, way: tuple[str, Callable[[list[bytes]], list[bytes]]]
) -> None:
    path = world.project.releases / "heads.jsonl"
    path.write_bytes(file_of(way[1](path.read_bytes()[:-1].split(b"\n"))))
    refused_by_all(world, contracts, EVERYTHING, told=" ")


@pytest.mark.parametrize("record", [r for r in RECORDS if r != "queries"])
def test_the_end_taken_off_a_record_and_off_the_heads_shows_by_what_followed_elsewhere(
    world: World, contracts: Contracts, record: str
) -> None:
    chain = RECORDS[record][0](world)
    name = chain.name
    lines = chain.path.read_bytes()[:-1].split(b"\n")
    chain.path.write_bytes(file_of(lines[:-1]))
    heads = world.project.releases / "heads.jsonl"
    entries = parse(heads.read_bytes()[:-1].split(b"\n"))
    heads.write_bytes(
        file_of(linked([e for e in entries if (e["record"], e["event"]) != (name, len(lines))]))
    )
    refused_by_all(world, contracts, EVERYTHING, told="heads.jsonl")


def test_what_a_run_that_died_did_not_note_is_noted_by_the_next_in_the_same_words(
    world: World,
) -> None:
    heads = world.project.releases / "heads.jsonl"
    whole = heads.read_bytes()
    heads.write_bytes(file_of(whole[:-1].split(b"\n")[:-1]))
    assert standing(world.project, OTHER).state == "released"
    enter(
        world.project,
        OTHER,
        command="withdraw",
        who=world.who("director", LATER),
        edition=1,
        reason="wrong",
    )
    assert heads.read_bytes().startswith(whole)


def test_a_record_that_became_a_rehearsal_with_its_heads_says_so_and_cannot_go_on(
    world: World, contracts: Contracts
) -> None:
    """Whoever has no key can write a rehearsal of everything; it is one, and every
    command says so.
    """
    for path in (world.project.releases / "heads.jsonl", *world.project.releases.rglob("*.jsonl")):
        path.unlink(missing_ok=True)
    typed = person("Dora K.", "director", day=DAY)
    nothing: dict[str, Any] = {"artefacts": {}, "findings": []}
    enter(
        world.project,
        SUBJECT,
        command="submit",
        who=person("Ana Pop", "analyst", day=DAY),
        draft=1,
        master="aa",
        **nothing,
    )
    enter(
        world.project,
        SUBJECT,
        command="approve",
        who=person("B", "reviewer", day=DAY),
        draft=1,
        **nothing,
    )
    enter(world.project, SUBJECT, command="approve", who=typed, draft=1, **nothing)
    now = standing(world.project, SUBJECT)
    assert (now.state, now.rehearsal) == ("approved", True)
    assert all(a.is_rehearsal for a in now.approvals)
    with pytest.raises(UserError, match="what is signed cannot follow a rehearsal"):
        release(world, SUBJECT)
    with pytest.raises(UserError, match="what is signed cannot follow a rehearsal"):
        approvals(world, OTHER)


def test_a_log_of_queries_that_became_a_rehearsal_keeps_the_round_from_being_submitted(
    world: World, contracts: Contracts
) -> None:
    path = record_of_queries(world.project, 2022).path
    path.write_bytes(file_of(as_rehearsal(path.read_bytes()[:-1].split(b"\n"), world)))
    assert len(read_log(world.project, contracts, round_=2022)) == 2
    with pytest.raises(
        UserError, match="queries of round 2022 were asked or answered in rehearsal"
    ):
        enter(
            world.project,
            SUBJECT,
            command="withdraw",
            who=world.who("director", LATER),
            edition=1,
            reason="wrong",
        )


# --- the files beside the records -----------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("So it is", "So it was"),
        ("confirmed", "corrected"),
        ("2023-04-02", "2023-04-03"),
        ("total 9", "total 8"),
        (IDS[0], "q00000000"),
    ],
)
def test_a_line_of_the_log_of_queries_that_nobody_signed_is_refused(
    world: World, contracts: Contracts, old: str, new: str
) -> None:
    path = world.project.returns / "2022" / "queries.csv"
    text = path.read_text(encoding="utf-8")
    for changed in (text.replace(old, new, 1), text.replace(old, new)):
        path.write_text(changed, encoding="utf-8")
        refused_by_all(world, contracts, RECORDS["queries"][1], told="2022/queries.csv")
    path.write_text("\n".join(text.split("\n")[:2]) + "\n", encoding="utf-8")
    refused_by_all(world, contracts, RECORDS["queries"][1], told="2022/queries.csv")
    path.unlink()
    refused_by_all(world, contracts, RECORDS["queries"][1], told="2022/queries.csv")


@pytest.mark.parametrize(
    ("part", "other"), [("number", 9), ("sha256", START), ("heads", [99, START]), ("heads", None)]
)
def test_an_edition_knows_the_records_that_it_was_released_by(
    world: World, part: str, other: object
) -> None:
    edition = world.project.edition_folder("restricted", "thb-2022-1")
    edition.mkdir(parents=True)
    seal = seal_of(world.project, SUBJECT)
    (edition / "edition.json").write_text(json.dumps({"record": seal}), encoding="utf-8")
    assert standing(world.project, SUBJECT).state == "released"
    seal[part] = other
    (edition / "edition.json").write_text(json.dumps({"record": seal}), encoding="utf-8")
    with pytest.raises(UserError, match="thb-2022-1/edition.json names"):
        standing(world.project, SUBJECT)
    for content in ("{}", "[]", "", '{"record": 3}'):
        (edition / "edition.json").write_text(content, encoding="utf-8")
        with pytest.raises(UserError, match="does not say which approvals"):
            standing(world.project, SUBJECT)


def test_an_edition_without_the_event_of_its_release_stops_every_other_move(world: World) -> None:
    """Whoever cuts the newest event of all off record and heads leaves the edition
    behind.
    """
    name = f"thb-{OTHER.round}-1"
    edition = world.project.edition_folder("restricted", name)
    edition.mkdir(parents=True)
    record = record_of(world.project, OTHER)
    lines = record.path.read_bytes()[:-1].split(b"\n")
    record.path.write_bytes(file_of(lines[:-1]))
    heads = world.project.releases / "heads.jsonl"
    heads.write_bytes(file_of(heads.read_bytes()[:-1].split(b"\n")[:-1]))
    (edition / "edition.json").write_text(
        json.dumps({"record": seal_of(world.project, OTHER)}), encoding="utf-8"
    )
    now = standing(world.project, OTHER)
    assert (now.state, unrecorded(world.project, OTHER, now=now)) == (
        "approved",
        [f"{name}/edition.json"],
    )
    with pytest.raises(UserError, match="the record does not know of its release"):
        enter(
            world.project,
            OTHER,
            command="return",
            who=world.who("reviewer", LATER),
            reason="a word",
        )
    release(world, OTHER)
    enter(
        world.project,
        OTHER,
        command="withdraw",
        who=world.who("director", LATER),
        edition=1,
        reason="wrong",
    )


JOURNAL_READERS: dict[str, Read] = {
    "history": lambda w, _: read_journal(w.project),
    "validate": send_again,
    "as-of": lambda w, _: restore(w.project, date(2023, 3, 3), folder=w.root / "then"),
}


def journal_again(rows: list[list[str]]) -> bytes:
    """The whole journal worked out again."""
    lines = [",".join(rows[0]).encode()]
    for row in rows[1:-1]:
        lines.append(",".join([*row[:-1], digest(lines[-1]) if len(lines) > 1 else START]).encode())
    return file_of(
        [*lines, f"end,{len(lines)},,,{digest(lines[-1]) if len(lines) > 1 else START}".encode()]
    )


def journal_way(
    number: int, change: Callable[[bytes], list[bytes]]
) -> Callable[[list[bytes]], bytes]:
    """One line replaced by others, or by none."""
    return lambda lines: file_of([*lines[:number], *change(lines[number]), *lines[number + 1 :]])


JOURNAL_WAYS: dict[str, Callable[[list[bytes]], bytes]] = {
    **{
        f"day of line {n}": journal_way(n, lambda x: [x.replace(b"2023-03-0", b"2023-02-0")])
        for n in (1, 2, 3)
    },
    **{f"line {n} is gone": journal_way(n, lambda _: []) for n in (0, 1, 2, 3, 4)},
    **{f"line {n} twice": journal_way(n, lambda x: [x, x]) for n in (1, 2, 3, 4)},
    "two change places": lambda x: file_of([x[0], x[2], x[1], *x[3:]]),
    "worked out again without the last": lambda x: journal_again([*rows_of(x)[:3], rows_of(x)[-1]]),
    "worked out again without the first": lambda x: journal_again([rows_of(x)[0], *rows_of(x)[2:]]),
    "worked out again, one day earlier": lambda x: journal_again(
        [rows_of(x)[0], ["2020-01-01", *rows_of(x)[1][1:]], *rows_of(x)[2:]]
    ),
    "line ends of Windows": lambda x: file_of([y + b"\r" for y in x]),
    "no line end": lambda x: file_of(x)[:-1],
    "empty": lambda _: b"",
    "only a line end": lambda _: b"\n",
    "zeros": lambda _: bytes(200) + b"\n",
    "not UTF-8": lambda x: file_of(x).replace(b"R1", b"\xff1"),
    "quotes without end": lambda x: file_of(x).replace(b"R1", b'"R1'),
    "cut in a line": lambda x: file_of(x)[:150],
}


def rows_of(lines: list[bytes]) -> list[list[str]]:
    return [x.decode().split(",") for x in lines]


@pytest.mark.parametrize("way", JOURNAL_WAYS)
def test_a_changed_journal_is_refused_by_everything_that_reads_it(
    world: World, contracts: Contracts, way: str
) -> None:
    path = world.project.journal
    before = path.read_bytes()
    path.write_bytes(JOURNAL_WAYS[way](before[:-1].split(b"\n")))
    assert path.read_bytes() != before
    refused_by_all(world, contracts, JOURNAL_READERS, told="journal.csv of the archive, line")


def test_a_journal_that_is_gone_and_one_from_before_the_chain_say_what_to_do(
    world: World, contracts: Contracts
) -> None:
    path = world.project.journal
    path.unlink()
    refused_by_all(world, contracts, JOURNAL_READERS, told="cut off or written anew")
    path.write_text(
        "known,seen,file,sha256\n2023-03-01,2023-03-01,2022/thb/R0.csv,aa\n", encoding="utf-8"
    )
    refused_by_all(world, contracts, JOURNAL_READERS, told="move it away; 'make validate'")


def test_what_is_as_it_was_written_is_read(world: World, contracts: Contracts) -> None:
    for readers in [readers for _, readers in RECORDS.values()] + [JOURNAL_READERS]:
        for read in readers.values():
            read(world, contracts)


def test_a_record_from_before_events_were_signed_says_what_to_do(world: World) -> None:
    old = {
        "number": 1,
        "event": "submit",
        "by": "Ana Pop",
        "role": "analyst",
        "day": DAY,
        "previous": START,
    }
    path = record_of(world.project, Subject(2022, "octa", "public")).path
    path.write_bytes(file_of([json.dumps(old).encode()]))
    with pytest.raises(
        UserError, match="records from before events were signed held rehearsals only"
    ):
        standing(world.project, Subject(2022, "octa", "public"))


def test_a_key_of_the_list_acts_for_nobody_else(world: World) -> None:
    signers = read_signers(world.project.contracts)
    key = str(world.keys / "reviewer")
    assert acting(signers, key, by="bogdan ilic", role="", day=DAY).name == PEOPLE["reviewer"]
    for by, role, day, told in (
        ("Ana Pop", "", DAY, "BY=Ana Pop is not whose key this is"),
        ("", "director", DAY, "Ilić is no director"),
        ("", "", "2019-12-31", "not valid on 2019-12-31"),
        ("", "", "2099-01-01", "not valid on 2099-01-01"),
    ):
        with pytest.raises(UserError, match=told):
            acting(signers, key, by=by, role=role, day=day)
    with pytest.raises(UserError, match="several roles"):
        acting(signers, str(world.keys / "old"), by="", role="", day="2020-05-01")
    with pytest.raises(UserError, match="is nobody's"):
        acting(signers, str(world.keys / "stranger"), by="", role="", day=DAY)
    with pytest.raises(UserError, match="nobody signs this"):
        acting(signers, "", by="Ana Pop", role="analyst", day=DAY)
    with pytest.raises(UserError, match="nobody may sign yet"):
        acting(read_signers(ROOT / "data_contracts"), key, by="", role="", day=DAY)
