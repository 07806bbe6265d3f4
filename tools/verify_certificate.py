"""Does the proof of a release hold? Checked anew from the released files, with nothing
but Python.

    python3 tools/verify_certificate.py --version public --round 2022 --rules FOLDER
    CERTIFICATE RELEASED.csv ...
        [--edition NAME=FILE ...] [--true FILE ...] [--true NAME=FILE ...]

FOLDER holds the policy and the contracts as JSON, and the code lists. From them and
from the keys of the files follow: what adds up to what, which withheld cells are
sensitive, and what each of these must still be able to be. The certificate adds what no
file tells: one complete table, and others that agree with all that is public. Exit code
0 when the tables give every sensitive cell the values that it must be able to have, 1
with the faults in sentences.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any, NamedTuple

TOTAL, GROUP, OWN_NATIONALS, POPULATION = "_T", "G_", "NAT", "POPULATION"
CONTEXT = "CTX_"  # what others published, printed beside the figures of returns
SETTINGS = "assessment.json"
JUDGED = "ASM_"  # what experts judge, which no sum leads to
REGION = "SELEC"
SCORE = "score"  # the unit of what experts of others judge of a state, by edition
TENTHS = 10  # steps that make one score
HEADS = ["key", "value", "unit", "obs_status", "conf_status", "coverage", "states", "marks"]
KEY = re.compile(r"[A-Z][A-Z0-9_]*:[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+")
NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
RELEASE = {"files": {"*": str}, "left_out": [str], "parts": {"*": [str]}, "own": {"*": str}}
RANGE = {"least": {"*": str}, "most": {"*": str}}
SHAPE = {
    "format": int,
    "version": str,
    "round": int,
    "day": str,
    "rules": {"*": str},
    "releases": {"*": RELEASE},
    "base": {"*": int},
    "suppressed": [str],
    "statuses": {"*": str},
    "at_least": [[str]],
    "contradicted": [[str]],
    "ranges": {"*": RANGE},
    "holders": {"*": {"*": RANGE}},
    "tables": [{"*": int}],
}
Bounds = dict[str, tuple[int, int | None]]


class Refused(Exception):
    """Something that cannot be checked at all, as a sentence."""


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Refused(
            f"{path} cannot be read: {problem.strerror}; give the path of the file"
        ) from problem


def read_rows(path: Path, data: bytes) -> list[list[str]]:
    """Rows of a CSV file of cells, the first with their names."""
    try:
        rows = list(csv.reader(data.decode("utf-8").splitlines(), strict=True))
    except (ValueError, csv.Error) as problem:
        raise Refused(
            f"{path.name} cannot be read as CSV: {problem}; give the file as it was written"
        ) from problem
    return rows


def read_json(path: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in (
            {n for n in names if names.count(n) > 1} if len(set(names)) < len(names) else ()
        ):
            raise Refused(f"{path.name}: '{name}' stands twice; give the file as it was written")
        return dict(pairs)

    try:
        return json.loads(read_bytes(path).decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        raise Refused(
            f"{path.name} cannot be read as JSON: {problem}; give the file as it was written"
        ) from problem


def is_reference(key: str) -> bool:
    """Whether a cell is of the reference population or of context: figures of others,
    which everybody has and which add up to no count of a return.
    """
    return is_outside(key.split(":")[0])


def is_outside(cube: str) -> bool:
    return cube == POPULATION or cube.startswith(CONTEXT)


def must_fit(value: Any, shape: Any, *, where: str) -> None:
    """Refuse what has another form: a key too many or too few, another type, a thing
    named twice in a list.
    """
    if isinstance(shape, type) or type(value) is not type(shape):
        if type(value) is not (shape if isinstance(shape, type) else type(shape)):
            raise Refused(
                f"certificate: {where} has not the form that it must have; build the proof again"
            )
    elif isinstance(shape, list):
        if len({str(v) for v in value}) < len(value):
            raise Refused(f"certificate: {where} names something twice; build the proof again")
        for entry in value:
            must_fit(entry, shape[0], where=where)
    elif "*" in shape:
        for name, entry in value.items():
            must_fit(entry, shape["*"], where=f"{where}.{name}" if where.count(".") < 3 else where)
    else:
        for name in sorted(shape.keys() ^ value.keys()):
            said = "is missing" if name in shape else "is not known"
            raise Refused(f"certificate: {where}.{name} {said}; build the proof again")
        for name, entry in value.items():
            must_fit(entry, shape[name], where=f"{where}.{name}")


class Dimension(NamedTuple):
    name: str
    parents: dict[str, str]  # every code of its list, and the code above it
    used: list[str]  # codes that the table uses
    is_open: bool  # states write the codes themselves


class Table(NamedTuple):
    dimensions: list[Dimension]
    unit: int  # steps that make one
    # tables with the same total, and the codes it stands at there
    twin_of: list[tuple[str, dict[str, str]]]
    by_states: bool
    small: bool  # counts of persons, which the version hides where they are small
    threshold: int
    highest: int
    values: int
    width: float
    contributors: int


class Holder(NamedTuple):
    """Somebody who knows all figures of these states in these tables, whatever is shown."""

    name: str
    states: set[str]
    tables: set[str]

    def knows(self, cell: str) -> bool:
        cube, codes = cell.split("@")[0].split(":")
        return codes.split(".")[0] in self.states and cube in self.tables


class Rules:
    """Policy, contracts and code lists, as far as a proof rests on them."""

    def __init__(self, folder: Path, version: str, *, day: str, audited: dict[str, str]) -> None:
        """`audited` are the digests of the files that the release was audited under."""
        self.folder, self.audited, self.digests, self.day = folder, audited, dict[str, str](), day
        policy = self._json("release_policy.json")
        self.version = policy["versions"].get(version)
        if not self.version or not self.version["protected"]:
            raise Refused(f"release_policy.json: there is no protected version '{version}'")
        sent = policy["suppressed_by_sender"]
        self.suppressed, self.policy, self.name = (sent["lowest"], sent["highest"]), policy, version
        states = self._codes("states")
        self.regions, self.states = {c for c in states if not states[c]}, set(states)
        self.statuses, self.confidential = (
            set(self._codes("obs_status")),
            set(self._codes("conf_status")),
        )
        self.tables: dict[str, Table] = {}
        for path in sorted(folder.glob("*.odcs.json")):
            for schema in self._json(path.name)["schema"]:
                if schema["name"] in self.tables:
                    raise Refused(f"{path.name}: the table {schema['name']} stands twice")
                self.tables[schema["name"]] = self._table(schema, policy)
        for name in sorted(self.tables.keys() ^ policy["tables"].keys()):
            raise Refused(
                f"release_policy.json: {name} is not in both the policy and a contract; give all"
                " contracts"
            )
        self.holders = list(self._holders(policy))
        # what of judgements is released; editions from before they were judged have none
        self.judged = self._json(SETTINGS)["released"] if SETTINGS in audited else None
        for name in sorted(audited.keys() - self.digests.keys()):
            raise Refused(
                f"{name} is not among the files given; give what the release was audited under"
            )

    def _holders(self, policy: dict[str, Any]) -> Iterator[Holder]:
        """Against whom the version is proven: each state, or who holds given figures."""
        states = self.states - self.regions
        for entry in self.version["holders"]:
            knows = policy["holders"][entry]["knows"]
            if knows == "own":
                yield from (Holder(state, {state}, set(self.tables)) for state in sorted(states))
                continue
            whose = states if knows["states"] == "all" else set(knows["states"])
            where = set(self.tables) if knows["tables"] == "all" else set(knows["tables"])
            yield Holder(entry, whose, where)

    def _json(self, name: str) -> Any:
        content = read_json(self.folder / name)
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._must_be_audited(name, text.encode("utf-8"))
        return content

    def _codes(self, name: str) -> dict[str, str]:
        data = read_bytes(self.folder / "codelists" / f"{name}.csv")
        self._must_be_audited(f"codelists/{name}.csv", data)
        rows = list(csv.DictReader(data.decode("utf-8").splitlines(), strict=True))
        if len({r["code"] for r in rows}) < len(rows):
            raise Refused(f"codelists/{name}.csv: a code stands twice")
        return {r["code"]: r["parent"] for r in rows}

    def _must_be_audited(self, name: str, data: bytes) -> None:
        self.digests[name] = hashlib.sha256(data).hexdigest()
        if self.digests[name] != self.audited.get(name):
            raise Refused(
                f"{name} is not the one that the release was audited under; give that, or build it"
                " again"
            )

    def _table(self, schema: dict[str, Any], policy: dict[str, Any]) -> Table:
        custom = {p["property"]: p["value"] for p in schema["customProperties"]}
        dimensions, unit = [], 1
        for prop in schema["properties"]:
            own = {p["property"]: p["value"] for p in prop.get("customProperties", [])}
            if own.get("role") == "measure":
                unit = 1 if prop["logicalType"] == "integer" else 1000
            if own.get("role") == "dimension" and prop["name"] not in ("state", "year"):
                parents = self._codes(own["codelist"])
                only = [str(e["value"]) for e in prop.get("enum") or []]
                used = [c for c in parents if not c.startswith(GROUP) and (not only or c in only)]
                is_open = (
                    bool(custom["layout"].get("openRows"))
                    and prop["name"] in custom["layout"]["rows"]
                )
                dimensions.append(Dimension(prop["name"], parents, used, is_open))
        twins = [
            (i["sameTotalAs"], {d: str(c) for d, c in i.get("at", {}).items()})
            for i in custom.get("identities", [])
            if i.get("sameTotalAs")
        ]
        own = policy["tables"].get(schema["name"], {"sensitivity": "small_counts"})
        small = own.get("small_counts", policy["small_counts"])
        return Table(
            dimensions,
            unit,
            twins,
            custom.get("respondent", "states") == "states",
            own["sensitivity"] == "small_counts" and self.version["small_counts"] == "hidden",
            small["threshold"],
            small["highest"],
            small["values"],
            own.get("width_percent", policy["bound_cells"]["width_percent"]),
            own.get("min_contributors", policy["min_contributors"]),
        )

    def is_bound(self, key: str, status: str) -> bool:
        """Whether its sender keeps a cell out of the version: by its status, or for
        want of consent.
        """
        cube = key.split(":")[0]
        state = key.split(":")[1].split(".")[0]
        if state in self.regions or is_outside(cube):
            return False
        is_over = status == "E" and any(
            (e["state"], e["table"]) == (state, cube) and str(e["until"]) <= self.day
            for e in self.policy["embargoes"]
        )
        if not is_over and (status not in ("", "F") or status in self.version["bound"]):
            return True
        agreed = any(
            c["version"] == self.name
            and state in c["states"]
            and (c["tables"] == "all" or cube in c["tables"])
            for c in self.policy["consents"]
        )
        return bool(self.version["needs_consent"] and not agreed)

    def fault(self, key: str, round_: int, unit: str = "") -> str:
        """What is wrong with a key; nothing where it is the address of a figure of this
        round. `unit` tells a score of others, whose year is an edition.
        """
        if not KEY.fullmatch(key):
            return "is no key"
        cube = key.split(":")[0]
        codes = key.split(":")[1].split(".")
        if cube.startswith(CONTEXT) and unit == SCORE:
            of_state = codes[0] in self.states and codes[0] not in self.regions
            is_edition = len(codes) == 3 and re.fullmatch("[0-9]{4}", codes[1])
            return "" if of_state and is_edition else "is no score of a state in an edition"
        if cube.startswith(CONTEXT):
            # Its own codes are in no contract; a figure of a state cannot be called one of others.
            in_time = re.fullmatch("[0-9]{4}", codes[1]) and int(codes[1]) <= round_
            return (
                ""
                if in_time and codes[0] not in self.states
                else "is no figure of others in a year of the round"
            )
        if cube != POPULATION and cube not in self.tables:
            return "is of no table of the contracts"
        lists = [d.parents for d in self.tables[cube].dimensions] if cube != POPULATION else []
        if len(codes) != 2 + len(lists) or any(
            c not in known for c, known in zip(codes[2:], lists, strict=True)
        ):
            return "has codes that are in no code list"
        is_year = re.fullmatch("[0-9]{4}", codes[1]) and int(codes[1]) <= round_
        return "" if codes[0] in self.states and is_year else "is of no state or year of the round"


@dataclass
class Release:
    """What one release tells, by key: numbers in steps, withheld cells, contributors of
    regional figures.
    """

    name: str
    claim: dict[str, Any]
    shown: dict[str, int] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    states: dict[str, list[str]] = field(default_factory=dict)
    scores: set[str] = field(default_factory=set)
    judged: dict[str, str] = field(default_factory=dict)  # lines of judgements, with their value

    @property
    def cells(self) -> set[str]:
        return self.shown.keys() | self.withheld | set(self.claim["left_out"])

    def name_of(self, key: str) -> str:
        return str(self.claim["own"].get(key, key))


def read_release(
    name: str,
    paths: list[Path],
    *,
    claim: dict[str, Any],
    rules: Rules,
    round_: int,
    wrong: list[str],
) -> Release:
    """Read the files of one release; they must be the ones that the proof is about."""
    release = Release(name, claim)
    rows_of = dict[str, list[str]]()
    told = f" of edition {name}" if name else ""
    if len({p.name for p in paths}) < len(paths):
        raise Refused(f"two released files{told} have the same name; give each file once")
    for missing in sorted(claim["files"].keys() - {p.name for p in paths}):
        wrong.append(f"{missing}{told} is missing; give all files that the proof is about")
    for key in claim["left_out"]:
        if fault := rules.fault(key, round_):
            raise Refused(
                f"certificate: {key or 'a row'}{told} is said to be left out, and it {fault}"
            )
    for path in sorted(paths):
        data = read_bytes(path)
        if hashlib.sha256(data).hexdigest() != claim["files"].get(path.name):
            wrong.append(
                f"{path.name}{told} is not the file that was audited; give the file as it was"
                " released"
            )
        rows = read_rows(path, data)
        if not rows or rows[0] not in (HEADS, HEADS[:-1]):
            raise Refused(f"{path.name}{told}: the first line must be {','.join(HEADS)}")
        here: set[str] = set()
        for line, row in enumerate(rows[1:], 2):
            fault = _read_row(release, row, rules=rules, round_=round_, columns=len(rows[0]))
            if not fault and (row[0] in here or rows_of.setdefault(row[0], row) != row):
                fault = f"{row[0]} stands twice"
            here.add(row[0] if row else "")
            wrong += (
                [f"{path.name}{told} line {line}: {fault}; give the file as it was released"]
                if fault
                else []
            )
    return release


def _read_row(release: Release, row: list[str], *, rules: Rules, round_: int, columns: int) -> str:
    """Take a row into a release. Returns what is wrong with it."""
    if len(row) != columns:
        return f"there are {len(row)} columns"
    key, value, unit, obs, conf, coverage, states = row[:7]
    if key.startswith(JUDGED) and KEY.fullmatch(key):
        release.judged[key] = value
        of_state = key.split(":")[1].split(".")[0] != REGION
        if of_state or states:
            return f"{key} tells who judged"
        session, statistic = key.split(".")[3:6:2] if key.count(".") == 5 else ("", "")
        own = rules.judged if not release.name else None
        if own and (session != own["session"] or statistic not in own["statistics"]):
            return f"{key} is no statistic of judgements that is released"
        return ""
    fault = (
        rules.fault(key, round_, unit)
        if not release.name
        else ("" if KEY.fullmatch(key) else "is no key")
    )
    if fault:
        return f"{key} {fault}"
    if obs not in rules.statuses or conf not in ("F", "S"):
        return f"{key} has a status that no release has"
    if (conf == "S") != (obs == "Q") or (conf == "S" and (value or coverage or states)):
        return f"{key} is neither shown nor withheld as a whole"
    if conf == "S":
        release.withheld.add(key)
    elif value:
        table = rules.tables.get(key.split(":")[0])
        is_score = unit == SCORE and is_reference(key)
        steps = (
            Fraction(value) * (table.unit if table else TENTHS if is_score else 1)
            if NUMBER.fullmatch(value)
            else Fraction(1, 2)
        )
        if is_score:
            # A count of a state cannot be called a score: those are few, and of half points.
            if not TENTHS <= steps <= 10 * TENTHS or steps % (TENTHS // 2):
                return f"{key} is no score from 1 to 10 in half points"
            release.scores.add(key)
        if steps.denominator != 1:
            return f"{key} has a broken number"
        release.shown[key] = int(steps)
        release.states[key] = states.split()
        if rules.is_bound(key, "F") and not release.name:
            return f"{key} is shown, and its state did not agree"
    return ""


class Link(NamedTuple):
    """A whole and its parts, by names; `same`: one count in two tables; `lacks`: a part
    is known to be missing.
    """

    whole: str
    parts: tuple[str, ...]
    same: bool = False
    lacks: bool = False

    def label(self) -> str:
        return f"the sum of {self.whole}"


def find_links(release: Release, rules: Rules, *, wrong: list[str]) -> set[Link]:
    """Everything that adds up in one release, from its keys."""
    keys = release.cells
    found: dict[tuple[str, tuple[str, ...]], tuple[bool, bool]] = {}
    worked_out = {
        k: p
        for k, p in release.claim["parts"].items()
        if k not in release.shown or not release.states[k]
    }
    for key in sorted(keys):
        cube = key.split(":")[0]
        codes = key.split(":")[1].split(".")
        if cube not in rules.tables:
            continue
        is_region = codes[0] in rules.regions
        parts = worked_out.get(key, [])
        if is_region and release.states.get(key):
            parts = [_at_state(key, s) for s in release.states[key]]
            few = (
                rules.tables[cube].small
                and release.shown[key]
                and len(parts) < rules.tables[cube].contributors
            )
            if few and not release.name and not all(p in release.shown for p in parts):
                wrong.append(f"{key} is shown over fewer states than the policy allows")
        elif (
            not parts
            and (is_region or any(c.startswith(GROUP) for c in codes[2:]))
            and rules.tables[cube].by_states
        ):
            wrong.append(f"{key} is worked out, and the certificate does not say from what")
        if not all(p in keys and _is_part(p, key, is_region=is_region) for p in parts):
            wrong.append(f"{key} is said to be worked out from cells that are not there")
        elif parts:
            found[key, tuple(sorted(parts))] = (False, False)
    for key in sorted(
        k for k, parts in release.claim["parts"].items() if k not in keys or not parts
    ):
        wrong.append(
            f"{key} is said to be worked out, and no file names it or nothing is said from what"
        )
    lines: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
    for key in keys:
        place = tuple(key.split(":")[1].split("."))
        if key.split(":")[0] in rules.tables and place[0] not in rules.regions:
            lines[key.split(":")[0]][place] = key
    for cube, at in lines.items():
        for whole, parts, lacks in _along(rules.tables[cube], at, worked_out=worked_out):
            found.setdefault((whole, tuple(sorted(parts))), (False, lacks))
    for one, other in _twins(rules, lines):
        found.setdefault((one, (other,)), (True, False))
    name = release.name_of
    return {
        Link(name(w), tuple(sorted(name(p) for p in ps)), *what) for (w, ps), what in found.items()
    }


def _at_state(key: str, state: str) -> str:
    cube, codes = key.split(":")
    return f"{cube}:{'.'.join([state, *codes.split('.')[1:]])}"


def _is_part(part: str, whole: str, *, is_region: bool) -> bool:
    (cube, codes), (cube_of, codes_of) = (
        (k.split(":")[0], k.split(":")[1].split(".")) for k in (part, whole)
    )
    differ = [i for i, (a, b) in enumerate(zip(codes, codes_of, strict=False)) if a != b]
    return cube == cube_of and len(differ) == 1 and (differ[0] == 0) == is_region


def _along(
    table: Table, at: dict[tuple[str, ...], str], *, worked_out: dict[str, list[str]]
) -> list[tuple[str, list[str], bool]]:
    """Wholes and parts along each dimension, and whether a part without a figure has
    figures in another breakdown.
    """
    found = []
    broken_down = set[tuple[str, ...]]()
    for codes in at:
        wider = {codes}
        for i in range(2, len(codes)):
            wider |= {(*c[:i], TOTAL, *c[i + 1 :]) for c in wider}
        broken_down |= wider - {codes}
    for i, dimension in enumerate(table.dimensions, 2):
        below: dict[str, list[str]] = defaultdict(list)
        for code in dimension.used:
            parent = dimension.parents[code]
            while parent and parent not in dimension.used:
                parent = dimension.parents[parent]
            below[parent].append(code)
        below.pop("", None)
        rows: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for codes, key in at.items():
            rows[codes[:i] + codes[i + 1 :]][codes[i]] = key
        for line in rows.values():
            if dimension.is_open:
                listed = [
                    k
                    for c, k in line.items()
                    if c != TOTAL
                    and not c.startswith(GROUP)
                    and not (c == OWN_NATIONALS and k in worked_out)
                ]
                found += [(line[TOTAL], listed, False)] if TOTAL in line and listed else []
                continue
            for code in below.keys() & line.keys():
                parts = _present(code, below, line=line)
                codes = tuple(line[code].split(":")[1].split("."))
                missing = [c for c in below[code] if line.get(c) not in parts]
                lacks = any((*codes[:i], c, *codes[i + 1 :]) in broken_down for c in missing)
                found += [(line[code], parts, lacks)] if parts else []
    return found


def _present(code: str, below: dict[str, list[str]], *, line: dict[str, str]) -> list[str]:
    """The parts that are there; one that is not stands aside for its own parts."""
    parts = []
    for child in below.get(code, ()):
        parts += [line[child]] if child in line else _present(child, below, line=line)
    return parts


def _twins(rules: Rules, lines: dict[str, dict[tuple[str, ...], str]]) -> list[tuple[str, str]]:
    """The same count in two tables that have the same total."""
    tied: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for name, table in rules.tables.items():
        for first, at in table.twin_of:
            tied[first][name] = at
    found = []
    for first, others in tied.items():
        common = [d.name for d in rules.tables[first].dimensions]
        margins: list[dict[tuple[str, ...], str]] = []
        for name, at in [(first, {}), *sorted(others.items())]:
            names = [d.name for d in rules.tables[name].dimensions]
            own = {}
            for codes, key in lines.get(name, {}).items():
                code_of = dict(zip(names, codes[2:], strict=True))
                if all(c == TOTAL for d, c in code_of.items() if d not in common):
                    own[(*codes[:2], *(code_of.get(d, at.get(d, TOTAL)) for d in common))] = key
            margins.append(own)
        for i, one in enumerate(margins):
            for other in margins[i + 1 :]:
                found += [
                    (other[m], one[m])
                    for m in one.keys() & other.keys()
                    if i == 0 or m not in margins[0]
                ]
    return found


class Proof:
    """What the releases and the certificate say together: known numbers, sums that
    hold, bounds, demands.
    """

    def __init__(
        self,
        certificate: dict[str, Any],
        releases: list[Release],
        *,
        rules: Rules,
        wrong: list[str],
    ) -> None:
        self.base, self.rules, self.wrong = certificate["base"], rules, wrong
        self.suppressed, self.statuses = set(certificate["suppressed"]), certificate["statuses"]
        self.now, self.before, self.seen, self.seen_before = (
            dict[str, int](),
            dict[str, int](),
            set[str](),
            set[str](),
        )
        links = set[Link]()
        withheld = set[str]()
        for release in releases:
            links |= find_links(release, rules, wrong=wrong)
            withheld |= self._take(release, {r.name for r in releases})
        self.known = self.before | self.now
        for cell, steps in sorted(self.now.items()):
            table = self._table(cell)
            if (
                table
                and table.small
                and 0 < steps < table.threshold * table.unit
                and cell not in self.before
            ):
                wrong.append(f"{cell} is a small count, and it is shown")
        for cell in sorted(withheld - self.base.keys() - self.known.keys()):
            wrong.append(f"{cell} is withheld and not in the proof")
        for cell in sorted(self.base.keys() & self.known.keys()):
            wrong.append(f"{cell} is hidden in the proof and released")
        for cell in sorted(self.base.keys() - withheld):
            wrong.append(f"{cell} is in the proof, and no file withholds it")
        for cell in sorted((self.suppressed | self.statuses.keys()) - self.base.keys()):
            wrong.append(f"{cell} is said to be suppressed or bound, and is not in the proof")
        if wrong:  # the rest would only repeat it
            return
        self.value = self.known | self.base
        self.bound = {
            c for c in self.base if rules.is_bound(c.split("@")[0], self.statuses.get(c, "F"))
        }
        self.rows = {c for c in self.suppressed if self._stands_in_an_open_list(c)}
        # a list that contradicts its own rows was written by other rules
        for link in sorted(links):
            if sum(self._sent(p)[0] for p in link.parts) > self._sent(link.whole)[1]:
                self.rows -= set(link.parts)
        for release in releases:
            self._must_add_up(release, certificate["contradicted"] + certificate["at_least"])
        self.links, self.held = links, self._hold(links, certificate)
        self.bounds = self._bounds(links, self.seen)
        self.left_open: Bounds = {}  # by earlier editions
        self.rows_with: dict[str, list[int]] = defaultdict(list)
        for number, (link, _) in enumerate(self.held):
            for cell in {link.whole, *link.parts}:
                self.rows_with[cell].append(number)

    def _take(self, release: Release, names: set[str]) -> set[str]:
        """Take numbers of a release under the names of its unknowns. Returns the names
        that it withholds.
        """
        known, seen = (self.before, self.seen_before) if release.name else (self.now, self.seen)
        cells = release.cells
        for key, name in sorted(release.claim["own"].items()):
            if key not in cells or name not in {f"{key}@{n}" for n in names - {""}}:
                self.wrong.append(
                    f"{key} is said to have been revised, which this release cannot tell"
                )
        for key, steps in release.shown.items():
            name = release.name_of(key)
            if known.setdefault(name, steps) != steps or self.now.get(name, steps) != steps:
                self.wrong.append(f"{name} has two values in the released files")
        for key in release.claim["left_out"]:
            if (
                key in release.shown
                or key in release.withheld
                or release.name_of(key) not in self.suppressed
            ):
                self.wrong.append(
                    f"{key} is said to be left out, and is no suppressed row without a line"
                )
            elif not self._stands_in_an_open_list(key):
                self.wrong.append(
                    f"{key} is left out, and only a row that a state wrote itself may be"
                )
        seen |= {release.name_of(k) for k in release.withheld}
        self.seen |= seen
        return {release.name_of(k) for k in release.withheld} | {
            release.name_of(k) for k in release.claim["left_out"]
        }

    def _must_add_up(self, release: Release, listed: list[list[str]]) -> None:
        """Worked-out figures are the sums of the parts that are named for them. Own
        nationals beside the state itself are such a figure.
        """
        told = {
            k: [_at_state(k, s) for s in states]
            for k, states in release.states.items()
            if self._is_region(k)
        }
        for key, parts in sorted({**release.claim["parts"], **told}.items()):
            names = [release.name_of(key), *sorted(release.name_of(p) for p in parts)]
            if (
                parts
                and self.value[names[0]] != sum(self.value[n] for n in names[1:])
                and names not in listed
            ):
                self.wrong.append(
                    f"{key} is said to be worked out from parts that are not all, or not its own"
                )
        cells = release.cells
        for key in cells - release.claim["parts"].keys():
            codes = key.split(":")[1].split(".")
            own = [codes[0] if code == OWN_NATIONALS else code for code in codes]
            twin = f"{key.split(':')[0]}:{'.'.join(own)}"
            is_own = twin != key and twin in cells
            if is_own and self.value[release.name_of(key)] == self.value[release.name_of(twin)]:
                self.wrong.append(
                    f"{key} is worked out, and the certificate does not say from what"
                )

    def _is_region(self, key: str) -> bool:
        cube, codes = key.split(":")
        return cube in self.rules.tables and codes.split(".")[0] in self.rules.regions

    def _table(self, cell: str) -> Table | None:
        return self.rules.tables.get(cell.split(":")[0])

    def _unit(self, cell: str) -> int:
        table = self._table(cell)
        return table.unit if table else 1

    def _stands_in_an_open_list(self, cell: str) -> bool:
        codes = cell.split("@")[0].split(":")[1].split(".")
        table = self._table(cell)
        if table is None or codes[0] in self.rules.regions:
            return False
        down = [(d, c) for d, c in zip(table.dimensions, codes[2:], strict=False) if c != TOTAL]
        return len(down) == 1 and down[0][0].is_open and not down[0][1].startswith(GROUP)

    def _sent(self, cell: str, seen: set[str] | None = None) -> tuple[int, int]:
        """What a figure may be by what its sender said: `<5`, in a row that readers
        know of at least 1, or a number.
        """
        if cell not in self.suppressed:
            return self.value[cell], self.value[cell]
        low, high = self.rules.suppressed
        least = (
            max(low, 1)
            if cell in self.rows and cell in (self.seen if seen is None else seen)
            else low
        )
        return least * self._unit(cell), high * self._unit(cell)

    def _hold(self, links: set[Link], certificate: dict[str, Any]) -> list[tuple[Link, bool]]:
        """The sums that hold, and whether exactly. Of one that touches a withheld cell
        the certificate must say that it does not, and its figures must bear that out.
        """
        lists = {
            name: {tuple(entry) for entry in certificate[name]}
            for name in ("at_least", "contradicted")
        }
        used = set[tuple[str, ...]]()
        held = []
        for link in sorted(links):
            gap = self.value[link.whole] - sum(self.value[p] for p in link.parts)
            touches = not self.known.keys() >= {link.whole, *link.parts}
            entry = (
                link.whole,
                *link.parts,
            )
            weak = (gap > 0 or link.lacks) and not link.same
            off = gap < 0 or (link.same and gap != 0)
            if touches and entry in lists["contradicted"] and off:
                used.add(entry)
            elif touches and entry in lists["at_least"] and weak and not off:
                used.add(entry)
                held.append((link, False))
            elif touches or not off:
                held.append((link, touches or not weak))
        for entry in sorted((lists["at_least"] | lists["contradicted"]) - used):
            whole = entry[0] if entry else "nothing"
            self.wrong.append(
                f"the sum of {whole} is said not to hold, and its figures do not bear that out"
            )
        return held

    def _bounds(self, links: set[Link], seen: set[str]) -> Bounds:
        """What everybody knows of each cell when it is hidden: zeros are shown, unless
        a bound one follows of them.
        """
        telling = {c for c in self.bound if self.value[c] == 0 and c not in self.suppressed}
        zero = {c for c, v in self.value.items() if v == 0 and c not in self.suppressed}
        sums = (
            [zero.intersection((k.whole, *k.parts)) for k in links if k.whole in zero]
            if telling
            else []
        )
        before = -1
        while before < len(telling):
            before = len(telling)
            telling |= {c for names in sums if names & telling for c in names}
        at_zero = {c: (0, None if c in telling else 0) for c in zero}
        sent = {c: self._sent(c, seen) for c in self.suppressed}
        return {c: at_zero.get(c) or sent.get(c) or (1, None) for c in self.value}

    def demands(
        self, ranges: dict[str, Any], own: Set[str] = frozenset()
    ) -> dict[str, tuple[int, int, int]]:
        """What each sensitive cell must still be able to be: at most, at least, and how
        many values. No more than earlier editions left open, which is worked out from
        them and from what is zero or suppressed alone; for a holder also from the cells
        that they know.
        """
        if not self.left_open:
            self.left_open = self._bounds(self.links, self.seen_before)
            self.left_open |= {c: (v, v) for c, v in self.before.items()}
            narrow(self.held, self.left_open)
        bounds = self.left_open | {c: (self.base[c], self.base[c]) for c in own}
        if own:
            narrow(self.held, bounds, own)
        found = {}
        for cell in sorted(self.base.keys() - own):
            table = self._table(cell)
            value = self.base[cell]
            unit = self._unit(cell)
            is_sent = cell in self.suppressed
            small = bool(
                table and table.small and not is_sent and 0 < value < table.threshold * unit
            )
            if not (is_sent or small or cell in self.bound):
                continue
            if table is None:
                raise Refused(
                    f"{cell} is sensitive and of no table of the contracts; give these as well"
                )
            least, most = bounds[cell]
            if cell in ranges:
                least, most = self._proven(
                    cell, ranges[cell], bounds=bounds, least=least, most=most
                )
            low = high = value
            if is_sent:
                low = max(least, unit)
                high = table.highest * unit
            elif small:
                low = least
                high = max(high, table.highest * unit)
            if cell in self.bound and not is_sent:
                width = max(1, ceil(value * table.width / 100))
                low = min(low, max(least, value - width))
                high = max(high, value + width)
            room = table.values if most is None else min(table.values, most - least + 1)
            found[cell] = (low, high if most is None else min(high, most), room)
        for cell in sorted(ranges.keys() - found.keys()):
            self.wrong.append(f"{cell} is said to have been narrowed, and is not sensitive")
        return found

    def values_asked(self, cell: str) -> int:
        """How many values the policy asks for."""
        table = self._table(cell)
        return table.values if table else 0

    def _proven(
        self, cell: str, range_: Any, *, bounds: Bounds, least: int, most: int | None
    ) -> tuple[int, int | None]:
        """A range that follows from adding up sums, each as often as the certificate
        says. It must follow, or nothing is taken from it: with any numbers of times at
        all, what comes out is true.
        """
        links = {json.dumps([k.whole, *k.parts]): (k, exact) for k, exact in self.held}
        for end, times_of in range_.items():
            factors: dict[str, Fraction] = defaultdict(Fraction, {cell: Fraction(1)})
            for label, times in times_of.items():
                if label not in links or not re.fullmatch(
                    r"-?[0-9]{1,9}(/[1-9][0-9]{0,8})?", times
                ):
                    raise Refused(
                        f"{cell}: its range is derived from a sum that does not hold; build the"
                        " proof again"
                    )
                link, exact = links[label]
                if not exact and (Fraction(times) < 0) == (end == "least"):
                    raise Refused(
                        f"{cell}: its range is derived from a sum the wrong way round; build the"
                        " proof again"
                    )
                factors[link.whole] -= Fraction(times)
                for part in link.parts:
                    factors[part] += Fraction(times)
            total: Fraction | None = Fraction(0)
            for name, factor in factors.items():
                limit = bounds[name][0 if (factor > 0) == (end == "least") else 1]
                total = (
                    None
                    if total is None or (limit is None and factor)
                    else total + factor * (limit or 0)
                )
            if end == "least" and total is not None:
                least = max(least, ceil(total))
            if end == "most" and total is not None:
                most = floor(total) if most is None else min(most, floor(total))
        return least, most

    def check_tables(self, tables: list[dict[str, int]]) -> None:
        """Base and every table: within the bounds, and every sum adds up with the
        released numbers.
        """
        rows_with = self.rows_with
        for place, changes in enumerate([{}, *tables]):
            label = f"table {place}" if place else "the base table"
            gaps = dict[int, int]()
            for cell in changes.keys() - self.base.keys():
                self.wrong.append(f"{label} changes {cell}, which is no hidden cell")
            for number in (
                {n for c in changes for n in rows_with[c]} if place else range(len(self.held))
            ):
                link, exact = self.held[number]
                value = {c: self.value[c] + changes.get(c, 0) for c in (link.whole, *link.parts)}
                gaps[number] = value[link.whole] - sum(value[p] for p in link.parts)
                if gaps[number] < 0 or (exact and gaps[number]):
                    self.wrong.append(f"{label}: {link.label()} does not hold")
            for cell in changes.keys() & self.base.keys() if place else self.base:
                value_, (least, most) = self.base[cell] + changes.get(cell, 0), self.bounds[cell]
                if value_ < least or (most is not None and value_ > most):
                    self.wrong.append(f"{label}: {cell} is {value_}, which it cannot be")

    def pieces(self, table: dict[str, int]) -> list[set[str]]:
        """The cells of a table that change together: those that no sum ties to each other
        are changes by themselves, and add up without each other.
        """
        beside: dict[str, set[str]] = {cell: set() for cell in table}
        for number in {n for cell in table for n in self.rows_with[cell]}:
            link = self.held[number][0]
            changed = [c for c in (link.whole, *link.parts) if c in table]
            for cell in changed:
                beside[cell].update(changed)
        found = []
        left = set(table)
        while left:
            waiting = [left.pop()]
            piece = set(waiting)
            while waiting:
                new = beside[waiting.pop()] - piece
                piece |= new
                waiting += new
            left -= piece
            found.append(piece)
        return found

    def check_holder(
        self, holder: Holder, tables: list[tuple[dict[str, int], list[set[str]]]], ranges: Any
    ) -> int:
        """Prove it once more for somebody who knows cells anyway: of each table count the
        pieces that touch none of these. Returns how many cells were asked about.
        """
        own = {c for c in self.base if holder.knows(c)}
        if not own:
            return 0
        left = [
            {c: table[c] for piece in pieces if not piece & own for c in piece}
            for table, pieces in tables
        ]
        demands = self.demands(ranges, own)
        self.check_demands(left, demands, f", for {holder.name}")
        return len(demands)

    def check_demands(
        self,
        tables: list[dict[str, int]],
        demands: dict[str, tuple[int, int, int]],
        whom: str = "",
    ) -> None:
        """Over all tables, each sensitive cell is low enough, high enough, and has
        enough different values.
        """
        for cell, (low, high, count) in demands.items():
            seen = {self.base[cell] + changes.get(cell, 0) for changes in [{}, *tables]}
            if min(seen) > low or max(seen) < high or len(seen) < count:
                said = ", ".join(map(str, sorted(seen)))
                self.wrong.append(
                    f"{cell} is not proven{whom}: it can be {said}; it must be able to be {low} and"
                    f" {high}"
                )

    def check_truth(self, release: Release, paths: list[Path]) -> None:
        """Against the true figures: nothing is another number, is bound and shown, or
        has no line without cause.
        """
        told = f" of edition {release.name}" if release.name else ""
        cells = release.cells
        seen = set[str]()
        judged = dict(release.judged)
        for path in paths:
            rows = read_rows(path, read_bytes(path))
            if not rows or not {"key", "value", "obs_status", "conf_status"} <= set(rows[0]):
                raise Refused(
                    f"{path.name}{told} does not hold true figures: the first line names no such"
                    " columns"
                )
            for line, values in enumerate(rows[1:], 2):
                if len(values) != len(rows[0]):
                    raise Refused(f"{path.name}{told} line {line}: there are {len(values)} columns")
                row = dict(zip(rows[0], values, strict=True))
                key = row["key"]
                if key.startswith(
                    JUDGED
                ):  # most of them have no line: who judged is told to nobody
                    if judged.pop(key, row["value"]) != row["value"]:
                        self.wrong.append(f"{key}{told} is another judgement than the true one")
                    continue
                name = release.name_of(row["key"])
                table = self._table(row["key"])
                sent = not row["value"] and row["obs_status"] == "Q"
                if not (row["value"] or sent):
                    continue
                if release.name and key not in cells:
                    continue  # the figures behind an edition may be those of other reports as well
                seen.add(key)
                is_score = key in release.scores
                unit = table.unit if table else TENTHS if is_score else 1
                steps = Fraction(row["value"] or 0) * unit
                hidden = name in self.base
                bound = self.rules.is_bound(key, row["conf_status"])
                if key not in cells:
                    self.wrong.append(
                        f"{key}{told} has a figure, and the release has no line for it"
                    )
                elif sent != (name in self.suppressed) or (not sent and self.value[name] != steps):
                    self.wrong.append(f"{key}{told} is another figure than the true one")
                elif hidden and not told and row["conf_status"] != self.statuses.get(name, "F"):
                    self.wrong.append(
                        f"{key} has status {row['conf_status']}, which the proof does not say"
                    )
                elif bound and key in release.shown and not told and name not in self.before:
                    self.wrong.append(f"{key} is bound by its sender, and it is shown")
        for key in sorted((cells - seen) | judged.keys() if paths else ()):
            self.wrong.append(f"{key}{told} is released, and there is no true figure of it")


def narrow(
    held: list[tuple[Link, bool]], bounds: Bounds, begin: Iterable[str] | None = None
) -> None:
    """Narrow bounds by each sum alone, until nothing is new; from sums of the cells in
    `begin` where the others told nothing more before.
    """
    with_cell: dict[str, list[int]] = defaultdict(list)
    for number, (link, _) in enumerate(held):
        for cell in (link.whole, *link.parts):
            with_cell[cell].append(number)
    queued = set(range(len(held))) if begin is None else {n for c in begin for n in with_cell[c]}
    waiting = deque(sorted(queued))
    left = 300 * len(held)  # bounds that are still wider then ask for more, so nothing is lost
    while waiting and left:
        number = waiting.popleft()
        left = left - 1
        queued.discard(number)
        (whole, parts, _, _), exact = held[number]
        least = sum(bounds[p][0] for p in parts)
        open_ = sum(bounds[p][1] is None for p in parts)
        most = sum(bounds[p][1] or 0 for p in parts)
        low, high = bounds[whole]
        above = [x for x in (high, most if exact and not open_ else None) if x is not None]
        new: Bounds = {whole: (max(low, least), min(above) if above else None)}
        for part in parts:
            at_least, at_most = bounds[part]
            room = None if high is None else high - least + at_least
            rest = low - most + (at_most or 0) if exact and open_ == (at_most is None) else at_least
            limits = [x for x in (at_most, room) if x is not None]
            new[part] = (max(at_least, rest), min(limits) if limits else None)
        for cell, bound in new.items():
            if bound != bounds[cell]:
                bounds[cell] = bound
                fresh = [n for n in with_cell[cell] if n not in queued]
                queued.update(fresh)
                waiting.extend(fresh)


def verify(given: argparse.Namespace) -> list[str]:
    """Check everything. Returns what to print; raises Refused with all that is wrong."""
    files: dict[str, list[Path]] = defaultdict(list, {"": given.released})
    true: dict[str, list[Path]] = defaultdict(list)
    for into, texts in ((files, given.edition), (true, given.true)):
        for text in texts:
            name, is_named, path = (
                text.partition("=") if "=" in text or into is files else ("", "=", text)
            )
            if not is_named or (into is files and not name):
                raise Refused(f"'{text}' is not NAME=FILE")
            into[name].append(Path(path))
    certificate = read_json(given.certificate)
    if type(certificate) is not dict or certificate.get("format") != 4:
        raise Refused("the certificate is not of format 4; build the proof again")
    must_fit(certificate, SHAPE, where="the top")
    if (certificate["version"], certificate["round"]) != (given.version, given.round):
        raise Refused(
            f"the certificate is of the {certificate['version']} version of {certificate['round']},"
            f" not of the {given.version} version of {given.round}; give the one of this version"
            " and round"
        )
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", certificate["day"]):
        raise Refused(f"certificate: '{certificate['day']}' is no day; build the proof again")
    rules = Rules(given.rules, given.version, day=certificate["day"], audited=certificate["rules"])
    wrong: list[str] = []
    for name in sorted(certificate["releases"].keys() ^ files.keys()):
        raise Refused(
            f"edition '{name}' is not in both certificate and files; give its files as --edition"
            " NAME=FILE"
        )
    for name in sorted(true.keys() - files.keys()):
        raise Refused(f"true figures of '{name}' are given, and no released files of it")
    for name in sorted(files.keys() - true.keys() if true else ()):
        raise Refused(f"true figures are given, but not those of '{name}'; give all or none")
    missing = [v for v in rules.version["readers_have"] if f"{v}-{given.round}" not in files]
    if missing:
        raise Refused(
            f"readers have the {missing[0]} version as well, and its files are not among those"
            " given"
        )
    releases = [
        read_release(
            n,
            files[n],
            claim=certificate["releases"][n],
            rules=rules,
            round_=given.round,
            wrong=wrong,
        )
        for n in sorted(files)
    ]
    told = releases[0].shown.keys() | releases[0].withheld
    years = {k.split(":")[1].split(".")[1] for k in told if not is_reference(k)}
    if str(given.round) not in years:
        wrong.append(
            f"there is no figure of {given.round} in the released files; give the files of this"
            " round"
        )
    proof = Proof(certificate, releases, rules=rules, wrong=wrong)
    if wrong:
        raise Refused("\n".join(wrong))
    links = {k for k, _ in proof.held}
    proof.check_tables(certificate["tables"])
    if wrong:  # where the base table does not hold there is nothing to narrow
        raise Refused("\n".join(wrong))
    demands = proof.demands(certificate["ranges"])
    if (
        proof.base
        and not demands
        and any(c.split(":")[1].split(".")[0] not in rules.regions for c in proof.base)
    ):
        wrong.append("cells are withheld, and none of them is sensitive; build the proof again")
    proof.check_demands(certificate["tables"], demands)
    # Then for each holder, with what is left of the tables for them.
    for name in sorted(certificate["holders"].keys() - {h.name for h in rules.holders}):
        wrong.append(f"certificate: {name} is no holder of the policy; build the proof again")
    in_pieces = [(t, proof.pieces(t)) for t in certificate["tables"]] if rules.holders else []
    asked = {
        h.name: proof.check_holder(h, in_pieces, certificate["holders"].get(h.name, {}))
        for h in rules.holders
    }
    against = [name for name, count in asked.items() if count]
    for release in releases:
        if true:
            proof.check_truth(release, true[release.name])
    if wrong:
        raise Refused("\n".join(wrong))
    touching = sum(not proof.known.keys() >= {k.whole, *k.parts} for k in links)
    less = sum(d[2] < proof.values_asked(c) for c, d in demands.items())
    return [
        (
            f"verified: {len(demands)} sensitive cells by {len(certificate['tables'])} tables over"
            f" {touching} sums"
        ),
        *(
            [f"{less} of them are less open: earlier editions and senders left no more"]
            if less
            else []
        ),
        *(
            [
                f"also against each of {', '.join(against)}, who know their own figures:"
                f" {sum(asked.values())} times a cell of others"
            ]
            if against
            else []
        ),
        *taken_on_trust(certificate, rules, releases=releases, is_true=bool(true)),
    ]


def taken_on_trust(
    certificate: dict[str, Any], rules: Rules, *, releases: list[Release], is_true: bool
) -> list[str]:
    """What no check of these files can show, in plain words."""
    digest = hashlib.sha256(json.dumps(rules.digests, sort_keys=True).encode("utf-8")).hexdigest()[
        :16
    ]
    weak = len(certificate["at_least"]) + len(certificate["contradicted"])
    editions = ", ".join(sorted(r.name for r in releases if r.name)) or "none"
    found = [
        f"the policy, contracts and code lists given are those in force (together {digest})",
        (
            "nothing else was ever released of these figures than the files given; earlier"
            f" editions: {editions}"
        ),
        f"embargoes are judged by the day {certificate['day']}",
    ]
    if rules.holders:
        found.append("`<5` of a holder's own are for them what the base table says")
    if is_true:
        found.append(
            "the true figures given are those that the states sent, with the statuses they gave"
            " them"
        )
    else:
        found += [
            (
                f"the {len(certificate['base'])} withheld figures are the true ones; of them"
                f" {len(certificate['suppressed'])} are `<5` of their senders,"
                f" {len(certificate['statuses'])} have a status"
            ),
            (
                "every figure that a state sent has its line, but for rows left out: give --true to"
                " check both"
            ),
        ]
    if scores := set[str]().union(*(r.scores for r in releases)):
        found.append(f"{len(scores)} scores of states are those that others published")
    parts = sum(len(r.claim["parts"]) for r in releases)
    found += [
        (
            f"{parts} figures were worked out from the parts that the certificate names; they add"
            " up to these"
        ),
        (
            f"{weak} sums that touch withheld figures do not hold as they should; the figures"
            " themselves bear that out"
        ),
    ]
    return ["taken on trust:", *(f"- {line}" for line in found)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("certificate", type=Path)
    parser.add_argument("released", type=Path, nargs="+")
    parser.add_argument("--version", required=True)
    parser.add_argument("--round", required=True, type=int)
    parser.add_argument("--rules", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--edition", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--true", action="append", default=[], metavar="[NAME=]FILE")
    try:
        said = verify(parser.parse_args(arguments))
        code = 0
    except Refused as problem:
        said = [f"refused: {line}" for line in str(problem).splitlines()]
        code = 1
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        csv.Error,
        RecursionError,
    ) as problem:
        what = f"a file has not the form that it must have ({problem!r})"
        said, code = [f"refused: {what}; give the files as they were written"], 1
    print("\n".join(said))
    return code


if __name__ == "__main__":
    sys.exit(main())
