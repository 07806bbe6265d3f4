"""Does `make check` refuse whatever a later step could not use? Mistakes of every kind
in every file that people write.

The first half names mistakes and what is told of them. The second changes every kind of
node of the real files, one a time, with a fixed seed: the change is refused with file
and place, or every later step can use it. SELEC_MUTATIONS gives the number of changes;
without it a sample runs.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT
from small_tables import write_store

from pipeline.commands.lint import lint_everything
from pipeline.contracts.anchors import load_anchors
from pipeline.contracts.answer import read_answer_days
from pipeline.contracts.codelists import load_aliases, load_codelist
from pipeline.contracts.definitions import read_imprint, read_report_file, read_version_texts
from pipeline.contracts.known_errors import load_known_errors
from pipeline.contracts.layout import form_of
from pipeline.contracts.lint import lint_project
from pipeline.contracts.lint_contracts import lint_contract
from pipeline.contracts.model import Contracts, load_contracts, read_contracts
from pipeline.contracts.policy import load_policy
from pipeline.contracts.population import load_population
from pipeline.contracts.template import build_workbook
from pipeline.errors import ContractError, RenderError, UserError
from pipeline.inspection.numerals.exceptions import load_exceptions
from pipeline.numbers.store_files import write_empty_store
from pipeline.project import ENDING, Project
from pipeline.report.document.compose import Writer, read_definition
from pipeline.report.document.lint_templates import DryWriter
from pipeline.report.document.quality import read_quality
from pipeline.report.exhibits.layout import read_exhibits
from pipeline.report.printing import Printing
from pipeline.returns.rules.compile import compile_rules
from pipeline.system.yaml_files import read_yaml

SAMPLE = int(os.environ.get("SELEC_MUTATIONS", "1"))  # changes of each kind of node and operation
FEW = ("THB_VICTIMS", "THB_VICTIMS_CTZ", "THB_PERSONS", "THB_CONV_FORM", "THB_OFFENCES")


# --- mistakes with a name


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a lint reads, in a project of its own."""
    root = tmp_path_factory.mktemp("lint") / "project"
    for name in ("data_contracts", "templates", "sql"):
        shutil.copytree(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module", autouse=True)
def same_contract_is_linted_once() -> Iterator[None]:
    """A mistake is made in one file; the contracts that it leaves as they are, with the same
    lists beside them, have the same faults as before.
    """
    known: dict[tuple[str, bytes, bytes], list[str]] = {}

    def lint(path: Path, codelists: Path | None = None) -> list[str]:
        lists = codelists or path.parent / "codelists"
        files = sorted(p for p in lists.rglob("*") if p.is_file())
        beside = hashlib.sha256(b"".join(p.name.encode() + p.read_bytes() for p in files)).digest()
        key = path.name, path.read_bytes(), beside
        if key not in known:
            known[key] = lint_contract(path, codelists)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.contracts.lint.lint_contract", lint)
        yield


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return edit


def told_by(
    lint: Callable[[Project], Iterator[str]], root: Path, file: str, edit: Callable[[bytes], bytes]
) -> str:
    """What a lint says of a project in which one file was changed."""
    path = root / file
    before = path.read_bytes()
    path.write_bytes(edit(before))
    for cached in (
        load_codelist,
        load_aliases,
        load_contracts,
        load_policy,
        load_population,
        load_anchors,
    ):
        cached.cache_clear()  # a command reads every file once; this test reads them once a mistake
    try:
        list(lint(Project(root)))
    except ContractError as problem:
        return str(problem)
    finally:
        path.write_bytes(before)
    return ""


SHEET = 'sheet: "1 Victims sex age"'
SEX = "data_contracts/codelists/sex.csv"
THB, POLICY = "data_contracts/thb.odcs.yaml", "data_contracts/release_policy.yaml"
EMBARGO = "{state: RO, table: THB_VICTIMS, until: 2024-13-01}"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("file", "edit", "told"),
    [
        (
            THB,
            replaced("severity: query", "severity: warn"),
            "line 35, THB_VICTIMS: identities, 1.severity: 'warn' is not one",
        ),
        (
            THB,
            replaced(SHEET, 'sheet: "1 Victims sex/age"'),
            "line 31, THB_VICTIMS: layout, sheet: the text '1 Victims sex/age'",
        ),
        (THB, replaced(SHEET, 'sheet: "1 Victims by sex and age, all forms"'), "layout, sheet"),
        (THB, replaced(SHEET, 'sheet: "COVER"'), "layout, sheet: 'COVER' is taken by Cover"),
        (
            THB,
            replaced(SHEET, 'sheet: "9 OFFENCES"'),
            "is taken by THB_VICTIMS; capitals make no difference",
        ),
        (THB, replaced("rows: [sex, age]", "rows: [sex]"), "layout: it places sex, year"),
        (
            THB,
            replaced("{property: unit, value: victims}", "{property: unit}"),
            "line 29, THB_VICTIMS: 'value' is missing",
        ),
        (
            THB,
            replaced("      - {property: unit, value: victims}\n", ""),
            "line 20, THB_VICTIMS: the table lacks the property 'unit'",
        ),
        (
            THB,
            replaced("  - {property: windowYears, value: 5}", ""),
            "the contract lacks the property 'windowYears'",
        ),
        (
            THB,
            replaced("status: active", "status: active\nstatus: draft"),
            "'status' stands twice, first in line 8",
        ),
        (THB, replaced("status: active", "status:\tactive"), "line 8, column 8: a tab"),
        (
            THB,
            replaced("version: 1.0.0", "version: 1.10"),
            "line 7, version: the number 1.1 stands where a text is meant",
        ),
        (THB, replaced("tenant: SELEC", "tenant: NO"), "NO may be read in more than one way"),
        (THB, replaced("tenant: SELEC", "tenant: *selec"), "undefined alias"),
        (THB, lambda data: data.replace(b"Trafficking", b"Traf\xefcking", 1), "is not UTF-8"),
        (THB, replaced("value: sex}]", "value: sexes}]"), "codelist: there is no list 'sexes'"),
        (
            THB,
            replaced("{dimension: sex, parts: equal", "{dimension: sexes, parts: equal"),
            "there is no dimension 'sexes'",
        ),
        (
            THB,
            replaced("minimum: 0, maximum: 100000", "minimum: 9, maximum: 1"),
            "minimum 9 is more than maximum 1",
        ),
        (
            THB,
            replaced(
                "name: THB_OFFENCES\n    physicalName: thb_offences",
                "name: OCT_OCG\n    physicalName: oct_ocg",
            ),
            "OCT_OCG stands in",
        ),
        (SEX, lambda data: b"", "sex.csv: the list is empty"),
        (SEX, lambda data: data.split(b"\n")[0] + b"\n", "sex.csv: the list is empty"),
        (
            SEX,
            lambda data: data.replace(b",", b";"),
            "sex.csv line 1: the columns are not parted by commas",
        ),
        (SEX, lambda data: data + data.split(b"\n")[1] + b"\n", "stands twice"),
        (SEX, lambda data: data.decode().encode("utf-16"), "is not UTF-8"),
        (SEX, lambda data: data + b"X,Else,,ten,,,\n", "sort is 'ten'"),
        (SEX, lambda data: data + b"X,Else,,90,2022-13-01,,\n", "valid_from is '2022-13-01'"),
        (
            SEX,
            lambda data: data + b"X,Else,,90,2023,2022,\n",
            "valid_from 2023 is after valid_to 2022",
        ),
        (SEX, lambda data: data + b"X,Else,X,90,,,\n", "'X' is a part of itself"),
        (SEX, lambda data: data + b"X,Else,_Z,90,,,\n", "parent '_Z' of 'X' is not in the list"),
        (SEX, lambda data: data + b"X.Y,Other,,90,,,\n", "'X.Y' is no code"),
        (
            SEX,
            lambda data: data + b"X,Else, or none,,90,,,\n",
            "the line has 8 fields and the list 7 columns",
        ),
        (
            "data_contracts/codelists/conf_status.csv",
            lambda data: data + b"Z,Own,,90,,,\n",
            "'Z' is no status",
        ),
        (
            "data_contracts/codelists/cell_symbols.csv",
            replaced(":,O,", ":,Z,"),
            "leads to 'Z', which is not there",
        ),
        (
            "data_contracts/codelists/population.csv",
            replaced("2907571", "2 907 571"),
            "the population is '2 907 571'",
        ),
        (
            "data_contracts/codelists/aliases/states.csv",
            lambda data: data + b"Narnia,NN\n",
            "leads to 'NN'",
        ),
        (POLICY, replaced("embargoes: []", f"embargoes: [{EMBARGO}]"), "no day of the calendar"),
        (
            POLICY,
            replaced("bound: [N, C, D, E]", "bound: []"),
            "versions.public.bound: C, D, E, N is missing",
        ),
        (
            "data_contracts/feedback.yaml",
            replaced("answerDays: 30", "answerDays: 030"),
            "030 may be read in more than one way",
        ),
        (
            "data_contracts/known_errors.yaml",
            replaced("round: 2022", "round: '2022'"),
            "the text '2022' stands where a whole number",
        ),
    ],
)
def test_a_mistake_in_contracts_and_lists_is_told_with_its_place(
    parts: Path, file: str, edit: Callable[[bytes], bytes], told: str
) -> None:
    said = told_by(lint_project, parts, file, edit)
    assert told in said
    assert Path(file).stem.split(".")[0] in said
    assert "make check" not in said
    assert "Error(" not in said
    lines = [line for line in said.splitlines() if "line " in line]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    "file", [SEX, "data_contracts/codelists/states.csv", THB, "data_contracts/release_policy.yaml"]
)
def test_a_byte_order_mark_is_read(parts: Path, file: str) -> None:
    assert (
        told_by(
            lint_project, parts, file, lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
        )
        == ""
    )


CHAPTER = "templates/thb/chapters/citizenship.html.j2"
TEXT = "templates/thb/narrative/citizenship.md"
EXHIBITS = "templates/thb/exhibits.yaml"


Mistake = tuple[str, Callable[[bytes], bytes], str]
CHAPTERS = "templates/thb/chapters"
TITLE = "title: Headline indicators, {previous} and {year}"
# Mistakes that one look at all files finds together, each in a place of its own.
UNREADABLE: list[Mistake] = [
    (
        f"{CHAPTERS}/citizenship.html.j2",
        replaced("{{ exhibit(", "{{ exhibit{"),
        "citizenship.html.j2 line 3: ",
    ),
    (
        f"{CHAPTERS}/justice.html.j2",
        replaced("{{ chapter(", "{{ 1|larger }}{{ chapter("),
        "line 1: No filter named",
    ),
    (f"{CHAPTERS}/victims.html.j2", lambda data: data + b"\xff", "victims.html.j2 line"),
    ("templates/desk/desk.html.j2", replaced("{% ", "{% no"), "desk.html.j2 line"),
    (
        "templates/findings/state.html.j2",
        replaced("base.html.j2", "bas.html.j2"),
        "there is no template 'bas.html.j2'",
    ),
    (TEXT, lambda data: data + b"\xff", "citizenship.md line"),
    ("templates/thb/narrative/summary.md", replaced("[[", "["), "thb/narrative/summary.md line"),
    (
        EXHIBITS,
        replaced(TITLE, "title: 2022"),
        "line 55, exhibit T1, title: the number 2022 stands where a text",
    ),
    (
        EXHIBITS,
        replaced("add: [change]", "add: [chnge]"),
        "exhibit T2, add.1: 'chnge' is not one of change, rate",
    ),
    (
        "templates/octa/exhibits.yaml",
        replaced("  kind: headline", "\tkind: headline"),
        "exhibits.yaml line 6, column 1",
    ),
    (
        "templates/migration/exhibits.yaml",
        replaced("T1:\n", "H1:\n"),
        "'H1' stands twice, first in line 5",
    ),
    (
        "templates/thb/report.yaml",
        replaced("- summary", "- sumary"),
        "the chapter 'sumary' has no template",
    ),
    (
        "templates/thb/report.yaml",
        replaced("cubes: []", "cubes: [THB_X]"),
        "'THB_X' is no table of another report",
    ),
    (
        "templates/octa/report.yaml",
        replaced("  public:", "  publik:"),
        "publik: versions.yaml has no such version",
    ),
    ("templates/migration/report.yaml", replaced("title: ", "titel: "), "nobody reads 'titel'"),
    (
        "templates/shared/versions.yaml",
        replaced("restricted:", "restricted:\n  open_data: true"),
        "open_data is for",
    ),
    (
        "templates/shared/imprint.yaml",
        replaced("contact: []", "contact: SELEC"),
        "where a list is meant",
    ),
    (
        "templates/shared/quality.yaml",
        replaced("query: cells}", "query: cels}"),
        "no query sql/quality/cels.sql",
    ),
    (
        "templates/shared/number_exceptions.yaml",
        replaced("exceptions:", "exeptions:"),
        "nobody reads 'exeptions'",
    ),
    ("sql/staging/_template.sql", replaced("select", "selekt ("), "the SQL cannot be parsed"),
]
UNUSABLE: list[Mistake] = [
    (
        f"{CHAPTERS}/citizenship.html.j2",
        replaced("{{ exhibit(", "{{ exhibt("),
        "line 3: 'exhibt' is undefined",
    ),
    (
        f"{CHAPTERS}/citizenship_states.html.j2",
        replaced('exhibit("T7s")', 'exhibit("T7x")'),
        "no exhibit 'T7x'",
    ),
    (
        f"{CHAPTERS}/exploitation.html.j2",
        replaced('exhibit("T5r")', "exhibit()"),
        "exploitation.html.j2 line 3: ",
    ),
    (
        f"{CHAPTERS}/introduction.html.j2",
        replaced('"scope"', '"scop"'),
        "there is no section 'scop'",
    ),
    (
        EXHIBITS,
        replaced(TITLE, "title: '{yaer}'"),
        "exhibits.yaml line 53, exhibit T1: unknown variable 'yaer'",
    ),
    (
        EXHIBITS,
        replaced("  cube: THB_VICTIMS", "  cube: THB_VICTIM"),
        "exhibit T2: there is no table 'THB_VICTIM'",
    ),
    (
        "templates/octa/exhibits.yaml",
        replaced(".{year}.COC", ".{year}.COK"),
        "code 'COK' is not in the code list drug",
    ),
    (
        "templates/octa/narrative/summary.md",
        replaced("[[", "[[nonsense "),
        "octa/narrative/summary.md line",
    ),
]


@pytest.mark.parametrize("mistakes", [UNREADABLE, UNUSABLE], ids=["unreadable", "unusable"])
def test_mistakes_in_templates_and_texts_are_told_together(
    parts: Path, tmp_path: Path, mistakes: list[Mistake]
) -> None:
    root = Path(shutil.copytree(parts, tmp_path / "project"))
    for file, edit, _ in mistakes:
        path = root / file
        path.write_bytes(edit(path.read_bytes()))
    with pytest.raises(ContractError) as problem:
        list(lint_everything(Project(root)))
    said = str(problem.value)
    for file, _, told in mistakes:
        assert told in said, said
        assert Path(file).name.split(".")[0] in said
    assert "make check" not in said
    assert "Error(" not in said


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("staging/thb_helpline.sql", "select 1 as x", "no contract has this table"),
        (
            "checks/new.sql",
            "-- May be empty: marts.cell\nselect 1 from marts.cells",
            "its head says",
        ),
        ("checks/new.sql", "select 1 from marts.cell", "reads marts.cell, which no model builds"),
        (
            "core/new.sql",
            "select\n  list(key order by year) as x\nfrom core.reported",
            r"sql/core/new\.sql line 2: .*list_sort",
        ),
        (
            "checks/new.sql",
            "select codes[year]\nfrom marts.cells",
            r"checks/new\.sql line 1: an index",
        ),
        ("staging/thb_victims.sql", "select\n1\nlimit 1", r"staging/thb_victims\.sql line 3: "),
    ],
)
def test_models_and_checks_that_miss_what_they_name_are_told(
    parts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    text: str,
    told: str,
) -> None:
    """Told with what is wrong elsewhere; of the templates, which take longest, nothing is."""
    name = "pipeline.report.document.lint_templates.lint_templates"
    monkeypatch.setattr(name, lambda *given, **more: [])
    root = Path(shutil.copytree(parts, tmp_path / "project"))
    (root / "sql" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=told):
        list(lint_everything(Project(root)))


# A chapter without a figure is left out.
FIGURES = """
key                         | value
THB_VICTIMS_CTZ:RO.2022.NAT | 289
THB_VICTIMS_CTZ:GR.2022.NAT | 23
CTX_VICTIMS_ABROAD:NON_MEMBER.2022._T._T | 5,943
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{{ exhibit(", "{{ exhibt(", "citizenship.html.j2 line 3: 'exhibt' is undefined"),
        ("{{ exhibit(", "{% if %}{{ exhibit(", "citizenship.html.j2 line 3: "),
        ('exhibit("T7g")', "exhibit()", "citizenship.html.j2 line 3: "),
        (
            'exhibit("T7g")',
            'exhibit("T7x")',
            "citizenship.html.j2 line 3: there is no exhibit 'T7x'",
        ),
        ('exhibit("T7g")', "1 / 0", "citizenship.html.j2 line 3: division by zero"),
    ],
)
def test_a_build_tells_the_line_of_a_template(
    parts: Path, tmp_path: Path, contracts: Contracts, old: str, new: str, told: str
) -> None:
    write_store(tmp_path / "thb.duckdb", contracts, FIGURES)
    path = parts / CHAPTER
    before = path.read_bytes()
    path.write_bytes(replaced(old, new)(before))
    try:
        store = Printing(tmp_path / "thb.duckdb", contracts, report="thb", version="public")
        writer = Writer(
            store,
            parts / "templates",
            read_definition(parts / "templates", "thb", version="public"),
        )
        with pytest.raises((RenderError, UserError)) as problem:
            writer.write_chapter("citizenship")
    finally:
        path.write_bytes(before)
    assert told in str(problem.value)
    assert problem.value.do


# --- every kind of node, changed

Node = tuple[Any, ...]
VALUES: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x/y",
    "=1+1",
    "NO",
    "{",
    "{nothing}",
    0,
    -1,
    7.5,
    10**12,
    True,
    [],
    {},
    ["x"],
    {"x": 1},
    [[]],
    "A" * 400,
)


def nodes(content: Any, path: Node = ()) -> Iterator[Node]:
    if path:
        yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from nodes(value, (*path, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from nodes(value, (*path, number))


def kind_of(path: Node) -> Node:
    """Nodes of a kind are those that stand in the same place of another list."""
    return tuple("*" if isinstance(step, int) else step for step in path)


def changes(
    content: Any, seed: str, *, names: bool = False, each: int = 4
) -> Iterator[tuple[str, Any]]:
    """The content with one node dropped, doubled, renamed, exchanged or given another
    value, for every kind of node.
    """
    chance = random.Random(seed)
    kinds: dict[Node, list[Node]] = defaultdict(list)
    for path in nodes(content):
        kinds[("*", *kind_of(path)[1:]) if names else kind_of(path)].append(path)
    for kind in kinds:
        operations = ["drop", "double", "rename", *[f"value {n}" for n in range(len(VALUES))]]
        for operation in chance.sample(operations, min(len(operations), each * SAMPLE)):
            path = chance.choice(kinds[kind])
            changed = copy.deepcopy(content)
            at = changed
            for step in path[:-1]:
                at = at[step]
            if operation == "drop":
                del at[path[-1]]
            elif operation == "double" and isinstance(at, list):
                at.append(copy.deepcopy(at[path[-1]]))
            elif operation == "rename" and isinstance(at, dict):
                at[f"{path[-1]}x"] = at.pop(path[-1])
            else:
                at[path[-1]] = copy.deepcopy(
                    VALUES[int(operation.rpartition(" ")[2]) if "value" in operation else 3]
                )
            yield f"{operation} at {'.'.join(map(str, path))}", changed


def assert_refused_or_used(
    path: Path, all_changes: Iterator[tuple[str, Any]], use: Callable[[Path], Any]
) -> None:
    """A change is refused in a sentence with a place, or used; nothing else comes out
    of it.
    """
    refused = used = 0
    for what, content in all_changes:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        try:
            use(path)
        except UserError as problem:
            refused += 1
            said = str(problem)
            assert re.search(r"line [0-9]+|exhibit|\.yaml|\.csv|lacks|stands twice", said), (
                f"{what}: {said}"
            )
            assert not re.search(
                r"Traceback|KeyError|TypeError|AttributeError|object at 0x", said
            ), f"{what}: {said}"
        except Exception as problem:
            pytest.fail(f"{what}: {type(problem).__name__}: {problem}")
        else:
            used += 1
    assert refused > 2
    assert refused + used > 3
    print(f"{path.name}: {refused} refused, {used} used")


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(
        shutil.copytree(
            ROOT / "data_contracts", tmp_path_factory.mktemp("lists") / "data_contracts"
        )
    )


@pytest.mark.thorough
def test_no_change_of_a_contract_ends_in_a_traceback(lists: Path) -> None:
    content = read_yaml(ROOT / THB).content
    content["schema"] = [t for t in content["schema"] if t["name"] in FEW]

    def use(path: Path) -> None:
        if wrong := lint_contract(path):
            raise ContractError("\n".join(wrong))
        contracts = read_contracts([path], lists / "codelists")
        contract = contracts.contract("thb")
        compile_rules(contracts, contract, round_=2022)
        for table in contract.tables_of(2022):
            form_of(table, contract, state="RO", round_=2022).addresses()
        if "sheet" in path.read_text(encoding="utf-8"):
            build_workbook(contracts, "thb", state="RO", round_=2022)

    assert_refused_or_used(lists / f"thb{ENDING}", changes(content, "contract", each=2), use)


FILES: dict[str, Callable[[Path, Contracts], Any]] = {
    "data_contracts/release_policy.yaml": lambda root, contracts: load_policy.__wrapped__(
        root / "data_contracts", contracts
    ),
    "data_contracts/known_errors.yaml": lambda root, contracts: load_known_errors(
        root / "data_contracts", contracts
    ),
    "data_contracts/feedback.yaml": lambda root, _: read_answer_days(root / "data_contracts"),
    "templates/thb/report.yaml": lambda root, _: read_report_file(root / "templates", "thb"),
    "templates/shared/versions.yaml": lambda root, _: read_version_texts(root / "templates"),
    "templates/shared/imprint.yaml": lambda root, _: read_imprint(root / "templates"),
    "templates/shared/quality.yaml": lambda root, _: read_quality(root / "templates"),
    "templates/shared/number_exceptions.yaml": lambda root, _: load_exceptions(root / "templates"),
}


@pytest.mark.parametrize("file", FILES)
def test_no_change_of_a_file_ends_in_a_traceback(
    parts: Path, tmp_path: Path, contracts: Contracts, file: str
) -> None:
    for name in ("data_contracts", "templates/shared", "templates/thb"):
        (tmp_path / name).mkdir(parents=True)
        for beside in (parts / name).glob("*.*"):
            if beside.is_file():
                shutil.copy(beside, tmp_path / name)
    content = read_yaml(ROOT / file).content
    assert_refused_or_used(
        tmp_path / file, changes(content, file), lambda path: FILES[file](tmp_path, contracts)
    )


@pytest.mark.thorough
def test_no_change_of_an_exhibit_ends_in_a_traceback(
    parts: Path, tmp_path: Path, contracts: Contracts
) -> None:
    write_empty_store(tmp_path / "thb.duckdb", 2022)
    templates = Path(shutil.copytree(parts / "templates", tmp_path / "templates"))
    content = read_yaml(ROOT / EXHIBITS).content
    some = random.Random("exhibits").sample(sorted(content), 16)
    chosen = {id_: content[id_] for id_ in ("H1", "T1", "T2", "F1", "F4", *some)}
    definition = read_definition(templates, "thb", version="public")

    def use(path: Path) -> None:
        read_exhibits(path)
        writer = DryWriter(
            Printing(tmp_path / "thb.duckdb", contracts, report="thb", version="public"),
            templates,
            definition,
        )
        writer.build_rest()
        if writer.told:
            raise ContractError("\n".join(writer.told))

    assert_refused_or_used(
        templates / "thb/exhibits.yaml", changes(chosen, "exhibits", names=True), use
    )


def refusal(read: Callable[[], object]) -> str:
    try:
        read()
    except ContractError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(
    "name", ["sex", "states", "citizenship", "border_section", "population", "aliases/states"]
)
def test_no_change_of_a_list_ends_in_a_traceback(lists: Path, name: str) -> None:
    path = lists / "codelists" / f"{name}.csv"
    before = path.read_text(encoding="utf-8")
    rows = [line.split(",") for line in before.splitlines()][:12]
    read = {
        "population": lambda: load_population.__wrapped__(path.parent),
        "aliases/states": lambda: load_aliases.__wrapped__(path.parent.parent, "states"),
    }.get(name, partial(load_codelist.__wrapped__, path.parent, name))
    refused = 0
    try:
        for row in range(len(rows)):
            for column in range(len(rows[row])):
                for value in (
                    "",
                    " ",
                    "x y",
                    "=1+1",
                    "-1",
                    "2022-13-01",
                    "\u200b",
                    '"',
                    ";",
                    "a,b",
                    rows[1][min(column, len(rows[1]) - 1)],
                ):
                    changed = copy.deepcopy(rows)
                    changed[row][column] = value
                    path.write_text("\n".join(map(",".join, changed)) + "\n", encoding="utf-8")
                    told = refusal(read)
                    assert not told or f"{path.stem}.csv" in told
                    refused += bool(told)
    finally:
        path.write_text(before, encoding="utf-8")
    assert refused > 50
