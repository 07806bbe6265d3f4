"""What would a larger project look like? One of more rounds, states or tables than the
real one, made from its example returns.

A state that is added sends what one of the real ones sent, and a copied table holds the
figures of its original. Figures of a state and report are multiplied by one seeded whole
factor, so parts still fit their wholes; where a state suppressed small counts they stay as
they are. A year has the same figures in every round, five example years taken in turns;
some years are restated by the rounds after them.
"""

from __future__ import annotations

import compileall
import csv
import json
import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from pipeline.cells import Key, plain
from pipeline.contracts.layout import SOURCE_FIELD, cover_fields, tables_for
from pipeline.contracts.model import Contract, Contracts, Table, load_contracts
from pipeline.project import ENDING, Project
from pipeline.returns.importers.csv_return import SEPARATORS, CsvCell, Dialect, write_csv_return
from pipeline.returns.received import read_round

from .example import figures_sent

ROOT = Path(__file__).parents[2]
ROUND = 2022
EXAMPLE_YEARS = 5
MEMBERS = ("AL", "BA", "BG", "GR", "HU", "MD", "ME", "MK", "RO", "RS", "TR")
# Codes that ISO 3166-1 leaves to its users, so none of a real state.
ADDED = (*(f"Q{c}" for c in "MNOPQRSTUVWXYZ"), *(f"X{c}" for c in "ABCDEFGHIJ"))
FACTORS = (1, 2, 3)
RESTATED = 0.04  # of the years of a state and report
# The pages of each state, and what no version is without. No text says how many states there
# are: above twenty that is no word any more, and the number audit takes no digits for it.
CHAPTERS = ("countries", "symbols")
RENDERED = "thb"
Cells = Mapping[Key, tuple[str, str]]


@dataclass(frozen=True)
class Size:
    """How large a project is: rounds up to 2022, member states that send returns, tables
    of all contracts.
    """

    rounds: int
    states: int
    tables: int

    @property
    def round_numbers(self) -> range:
        return range(ROUND - self.rounds + 1, ROUND + 1)

    @property
    def members(self) -> dict[str, str]:
        """The states, each with the real one whose figures it sends."""
        real = {code: code for code in MEMBERS[: self.states]}
        more = ADDED[: max(0, self.states - len(MEMBERS))]
        return real | {code: MEMBERS[n % len(MEMBERS)] for n, code in enumerate(more)}


@dataclass(frozen=True)
class Example:
    """Text and observation status of each figure of the example returns of 2022."""

    figures: Cells

    @classmethod
    def read(cls, folder: Path, returns: Path = ROOT / "returns") -> Example:
        """Read the returns as validation does; `folder` takes the staged figures."""
        project = Project(ROOT, folder, returns)
        contracts = load_contracts(project.contracts)
        read_round(project, contracts, round_=ROUND)
        found = {
            key: (text, status)
            for key, (text, status) in figures_sent(project, contracts, ROUND).items()
            if not _is_number(text) or Decimal(text) <= contracts.table(key.cube).maximum
        }
        return cls(dict(sorted(found.items(), key=lambda item: str(item[0]))))


@dataclass(frozen=True)
class Made:
    """A project that was made: its folder, and how many figures each round sends."""

    root: Path
    sent: Mapping[int, int]


def tables_today() -> int:
    return len(load_contracts(ROOT / "data_contracts").tables)


def make_project(root: Path, size: Size, example: Example, *, seed: int = 1) -> Made:
    """Write code, contracts, lists, templates, models and returns of a project to `root`."""
    for name in ("pipeline", "data_contracts", "templates", "sql", "tools"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "requirements.lock", root)
    # nobody pays for it within a step
    compileall.compile_dir(root / "pipeline", quiet=1)
    folder = root / "data_contracts"
    (folder / "known_errors.yaml").write_text("known_errors: []\n", encoding="utf-8")
    _add_states(root, size)
    originals = _add_tables(folder, size, example)
    _keep_chapters(root)
    contracts = load_contracts(folder)
    if len(contracts.tables) != size.tables:
        raise SystemExit(f"error: {len(contracts.tables)} tables were made of {size.tables}")
    sent: Counter[int] = Counter()
    for round_ in size.round_numbers:
        for report in contracts.by_report:
            for state, like in size.members.items():
                cells = _cells_of(
                    contracts.contract(report),
                    state,
                    like,
                    round_=round_,
                    figures=_by_table(example, like),
                    originals=originals,
                    seed=seed,
                )
                if cells:
                    _write(root, contracts, report, state=state, round_=round_, cells=cells)
                sent[round_] += len(cells)
    return Made(root, dict(sent))


# States.


def _add_states(root: Path, size: Size) -> None:
    """Members beyond the real ones, and no others: with lists, population and outline."""
    lists = root / "data_contracts" / "codelists"
    added = {code: like for code, like in size.members.items() if code != like}
    like_of = {like: [c for c, other in added.items() if other == like] for like in MEMBERS}
    with _rows(lists / "states.csv") as states:
        for row in states:
            if row["code"] in MEMBERS and row["code"] not in size.members:
                # no member of these years: nobody misses its returns
                row["valid_to"] = "1999"
                row["valid_from"] = ""
        last = next(n for n, row in enumerate(states) if row["code"] == "SELEC")
        states[last:last] = [
            {
                **dict.fromkeys(states[0], ""),
                "code": code,
                "label": f"State {code}",
                "parent": "SELEC",
                # between the last real member and the region
                "sort": f"{131 + n // 4}",
                "official_name": f"State of {code}",
                "iso3": f"{code}A",
                "eu": "no",
            }
            for n, code in enumerate(added)
        ]
    with _rows(lists / "citizenship.csv") as citizenships:
        citizenships += [
            {
                **dict.fromkeys(citizenships[0], ""),
                "code": code,
                "label": f"State {code}",
                "parent": "G_SEL",
                "sort": "141",
            }
            for code in added
        ]
    with _rows(lists / "border_section.csv") as sections:
        for row in sections:
            named = row["states"].split()
            row["states"] = " ".join([*named, *(c for s in named for c in like_of.get(s, ()))])
    with _rows(lists / "population.csv") as population:
        first = {row["state"]: row for row in reversed(population)}
        given = {(row["state"], row["year"]): row for row in population}
        for code, like in size.members.items():
            for year in range(ROUND - EXAMPLE_YEARS - 10, ROUND + 1):
                row = given.get((like, str(year)), first[like])
                if (code, str(year)) not in given:
                    population.append({**row, "state": code, "year": str(year)})
        population[:] = [r for r in population if r["state"] in size.members]
    outlines = root / "templates" / "shared" / "region.json"
    content = json.loads(outlines.read_text(encoding="utf-8"))
    content["shapes"] |= {code: content["shapes"][like] for code, like in added.items()}
    outlines.write_text(json.dumps(content), encoding="utf-8")


class _rows:
    """The rows of a list, which are written back after they were changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> list[dict[str, str]]:
        with self.path.open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.columns = list(self.rows[0])
        return self.rows

    def __exit__(self, *failed: object) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


# Tables.


def _add_tables(folder: Path, size: Size, example: Example) -> dict[str, str]:
    """Copies of tables until there are enough; each table with its original. Every other
    table by its size is copied first, so that figures grow about as tables do.
    """
    written = {
        r: yaml.safe_load((folder / f"{r}{ENDING}").read_text("utf-8"))
        for r in Project(ROOT).collected
    }
    blocks = {b["name"]: (r, b) for r, content in written.items() for b in content["schema"]}
    figures = Counter(key.cube for key in example.figures)
    ranked = sorted(blocks, key=lambda name: (-figures[name], name))
    order = [n for n in (*ranked[1::2], *ranked[::2]) if not n.startswith("SEL_")]
    originals = {name: name for name in blocks}
    copies = [
        (number, name) for number in range(1, 1 + size.tables // len(order)) for name in order
    ]
    chosen = copies[: max(0, size.tables - len(blocks))]
    for number, name in chosen:
        originals[f"{name}_C{number}"] = name
    policy = yaml.safe_load((folder / "release_policy.yaml").read_text("utf-8"))
    for number, name in chosen:
        report, block = blocks[name]
        copied = _copy_of(block, f"_C{number}", set(originals))
        written[report]["schema"].append(copied)
        policy["tables"][copied["name"]] = policy["tables"][name]
    for report, content in written.items():
        _dump(folder / f"{report}{ENDING}", content)
    _dump(folder / "release_policy.yaml", policy)
    return originals


def _copy_of(block: dict[str, Any], ending: str, names: set[str]) -> dict[str, Any]:
    """A table under another name, which counts the same as the copy of another one where
    its original does; where that is not copied it stands alone.
    """
    copied: dict[str, Any] = json.loads(json.dumps(block))
    copied["name"] += ending
    copied["physicalName"] += ending.lower()
    copied["businessName"] += f", copy {ending[2:]}"
    for own in copied["customProperties"]:
        if own["property"] == "layout":
            own["value"]["sheet"] = own["value"]["sheet"][: 31 - len(ending)] + ending
        if own["property"] == "identities":
            for identity in own["value"]:
                if "sameTotalAs" in identity:
                    identity["sameTotalAs"] += ending
            own["value"] = [v for v in own["value"] if v.get("sameTotalAs", block["name"]) in names]
    return copied


def _dump(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _keep_chapters(root: Path) -> None:
    path = root / "templates" / RENDERED / "report.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["versions"] = {name: list(CHAPTERS) for name in content["versions"]}
    _dump(path, content)


# Returns.


def _by_table(example: Example, state: str) -> dict[str, list[tuple[Key, str, str]]]:
    found: dict[str, list[tuple[Key, str, str]]] = {}
    for key, (text, status) in example.figures.items():
        if key.state == state:
            found.setdefault(key.cube, []).append((key, text, status))
    return found


def _cells_of(
    contract: Contract,
    state: str,
    like: str,
    *,
    round_: int,
    figures: Mapping[str, Sequence[tuple[Key, str, str]]],
    originals: Mapping[str, str],
    seed: int,
) -> dict[Key, CsvCell]:
    """What a state sends of a report: the figures of another one, multiplied."""
    tables = tables_for(contract, state, round_=round_)
    factor = _factor(tables, figures, originals, seed=f"{seed} {state} {contract.report}")
    cells = {}
    for year in contract.years(round_):
        example_year = ROUND - (ROUND - year) % EXAMPLE_YEARS
        restated = factor > 1 and year < round_ and _is_restated(contract, state, year, seed)
        for table in tables:
            allowed = {
                d.name: {c.code for c in d.codes_for(state, range(year, year + 1))}
                for d in table.dimensions
            }
            for key, text, status in figures.get(originals[table.name], ()):
                if key.year != example_year:
                    continue
                codes = _own(table, key.codes[2:], state=state, like=like)
                if all(c in allowed[d.name] for d, c in zip(table.dimensions, codes, strict=True)):
                    cells[Key(table.name, (state, str(year), *codes))] = CsvCell(
                        _times(text, factor + restated), status
                    )
    return cells


def _own(table: Table, codes: Sequence[str], *, state: str, like: str) -> list[str]:
    """The codes of a figure; own nationals are those of the state that sends it."""
    return [
        state if d.name == "citizenship" and code == like else code
        for d, code in zip(table.dimensions, codes, strict=True)
    ]


def _factor(
    tables: Sequence[Table],
    figures: Mapping[str, Sequence[tuple[Key, str, str]]],
    originals: Mapping[str, str],
    *,
    seed: str,
) -> int:
    """A seeded factor; 1 where small counts are suppressed or it would pass a maximum."""
    factor = random.Random(seed).choice(FACTORS)
    for table in tables:
        for _, text, _ in figures.get(originals[table.name], ()):
            if "<" in text or (_is_number(text) and float(text) * (factor + 1) > table.maximum):
                return 1
    return factor


def _is_restated(contract: Contract, state: str, year: int, seed: int) -> bool:
    return random.Random(f"{seed} {contract.report} {state} {year}").random() < RESTATED


def _times(text: str, factor: int) -> str:
    return plain(Decimal(text) * factor) if _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _write(
    root: Path,
    contracts: Contracts,
    report: str,
    *,
    state: str,
    round_: int,
    cells: dict[Key, CsvCell],
) -> None:
    contract = contracts.contract(report)
    filled = {key.cube for key in cells}
    cover = [
        (field, _answer(field, value, round_, filled))
        for field, _, value, _ in cover_fields(contract, state, state_name=state, round_=round_)
    ]
    path = root / "returns" / str(round_) / report / f"{state}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv_return(
        path,
        contract,
        state=state,
        round_=round_,
        cells=cells,
        cover=cover,
        # a file is never that of another round: one that came before is not taken again
        dialect=Dialect(SEPARATORS[round_ % len(SEPARATORS)]),
    )


def _answer(field: str, value: str, round_: int, filled: set[str]) -> str:
    if field == "date":
        return f"{round_ + 1}-03-31"
    if field.startswith(SOURCE_FIELD):
        return "Register of the police" if field.removeprefix(SOURCE_FIELD) in filled else ""
    return value or "National Focal Point"
