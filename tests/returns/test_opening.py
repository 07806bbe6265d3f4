"""Is a round opened for every state at once, and is a figure that was left grey never a new
report?
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from builds import ROOT
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from pipeline.contracts.beside import BEFORE_FIELD, GreyFigure, beside_columns, digest_of
from pipeline.contracts.calendar import Dates
from pipeline.contracts.layout import COVER_SHEET, SheetForm, form_of, respondents, tables_for
from pipeline.contracts.model import Contracts, load_contracts
from pipeline.errors import UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.grey import LEFT
from pipeline.returns.intake.stage import STAGED
from pipeline.returns.received import read_round
from pipeline.returns.round import opening
from pipeline.returns.round.before import Earlier, Reported, reported_before
from pipeline.returns.round.forms import StateForm, build_form
from pipeline.returns.round.needs import needs_of
from pipeline.returns.round.opening import HASHES, open_round
from pipeline.returns.rules.check import validate_round
from pipeline.returns.rules.validation import validate_and_write
from pipeline.system.files import write_private
from pipeline.system.kept import open_database

ROUND = 2023
VICTIMS = "1 Victims sex age"
DATES = Dates(
    ROUND,
    "thb",
    opens=date(2024, 2, 1),
    due=date(2024, 3, 29),
    cutoff=date(2024, 5, 10),
    release=(("public", datetime(2024, 6, 17, 7, tzinfo=UTC)),),
    extended=(("TR", date(2024, 4, 12)),),
)


def earlier(key: str, value: object, status: str = "", conf: str = "") -> Earlier:
    codes = tuple(key.partition(":")[2].split("."))
    said = value if isinstance(value, str) else Decimal(str(value))
    return Earlier(codes, said, status, conf, 2022)


def reported(**by_key: object) -> Reported:
    """Figures of Romania by the tail of their key: `THB_VICTIMS__2022__F__Y_LT18`."""
    found: dict[tuple[str, str], dict[str, Earlier]] = {}
    for name, value in by_key.items():
        table, *codes = name.split("__")
        key = f"{table}:{'.'.join(['RO', *codes])}"
        found.setdefault(("RO", table), {})[key] = earlier(key, value)
    return found


SOME = reported(
    THB_VICTIMS__2022___T___T=500,
    THB_VICTIMS__2021___T___T=505,
    THB_VICTIMS__2020___T___T="<5",
    THB_VICTIMS_CTZ__2022__RO=400,
    THB_VICTIMS_CTZ__2022___T=500,
)


def form(contracts: Contracts, table: str, report: str = "thb", state: str = "RO") -> SheetForm:
    contract = contracts.contract(report)
    return form_of(contracts.table(table), contract, state=state, round_=ROUND)


def place(form: SheetForm, key: str) -> tuple[int, int]:
    return {str(k): at for k, at in form.addresses().items()}[key]


def as_bytes(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def opened(built: StateForm) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(built.content))


@lru_cache(maxsize=1)
def form_of_some() -> StateForm:
    """The form of Romania with some figures, made once for all tests that fill it in."""
    contracts = load_contracts(ROOT / "data_contracts")
    return build_form(contracts, "thb", state="RO", round_=ROUND, reported=SOME)


def answered(book: Workbook) -> Workbook:
    for row in book[COVER_SHEET].iter_rows(min_row=5):
        answers = {"authority": "a test", "date": "2024-03-01"}
        if text := answers.get(str(row[0].value)):
            row[2].value = text
    return book


def read(
    project: Project,
    contracts: Contracts,
    content: bytes,
    *,
    report: str = "thb",
    name: str = "RO.xlsx",
) -> tuple[dict[str, object], list[Finding], dict[str, int]]:
    """What a return says: its figures by key, its findings, and how many cells were
    ignored by which rule.
    """
    folder = project.returns / str(ROUND) / report
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    reading = read_round(project, contracts, round_=ROUND)
    figures: dict[str, object] = {}
    with open_database(project.work(ROUND) / STAGED) as connection:
        for table in contracts.contract(report).tables:
            query = f"select key, value, obs_status from {table.sql_name}"
            figures |= {
                k: s if v is None else v for k, v, s in connection.execute(query).fetchall()
            }
    (account,) = [a for a in reading.accounts if a.state == name.split(".")[0]]
    return figures, [f for f in reading.findings if f.file], dict(account.ignored)


# --- grey figures --------------------------------------------------------------------


def every_figure(contracts: Contracts, report: str, state: str, seed: int) -> Reported:
    """A figure for every cell of every table of a state, open lists with some countries."""
    chance = random.Random(seed)
    contract = contracts.contract(report)
    found: dict[tuple[str, str], dict[str, Earlier]] = {}
    for table in tables_for(contract, state, round_=ROUND):
        own = form_of(table, contract, state=state, round_=ROUND)
        keys = [key.codes for key in own.addresses()]
        if table.layout.open_rows:
            lands = [c.code for c in table.dimensions[0].codes if not c.code.startswith("_")]
            for land in chance.sample(lands, 5):
                keys += [(state, str(year), land) for year in own.years]
        for codes in keys:
            signs: list[Decimal | str] = [Decimal(chance.randrange(1000)), "<5", "–", "0n"]
            value = chance.choice(signs)
            if table.decimals and isinstance(value, Decimal):
                value += Decimal(chance.randrange(1000)) / 1000
            status = chance.choice(["", "P", "E"]) if isinstance(value, Decimal) else ""
            conf = chance.choice(["", "C"])
            at = Earlier(codes, value, status, conf, 2022)
            found.setdefault((state, table.name), {})[f"{table.name}:{'.'.join(codes)}"] = at
    return found


@pytest.mark.parametrize(
    ("report", "state"), [("thb", "RO"), ("migration", "GR"), ("octa", "TR"), ("octa", "SELEC")]
)
def test_a_form_that_comes_back_as_it_went_out_reports_nothing(
    report: str, state: str, project: Project, contracts: Contracts
) -> None:
    figures = every_figure(contracts, report, state, seed=1)
    built = build_form(contracts, report, state=state, round_=ROUND, reported=figures)
    number = sum(map(len, figures.values()))
    assert (built.grey, built.no_room) == (number, ())
    book = answered(opened(built))
    found, findings, ignored = read(
        project, contracts, as_bytes(book), report=report, name=f"{state}.xlsx"
    )
    assert found == {}
    assert findings == []
    assert ignored[LEFT] >= number > 30


def test_what_is_typed_over_or_given_a_status_is_reported_and_the_rest_is_left(
    project: Project, contracts: Contracts
) -> None:
    book = answered(opened(form_of_some()))
    own = form(contracts, "THB_VICTIMS")
    sheet = book[VICTIMS]
    sheet.cell(*place(own, "THB_VICTIMS:RO.2022._T._T")).value = 501
    row, column = place(own, "THB_VICTIMS:RO.2021._T._T")
    sheet.cell(row, column + 1).value = "A"
    sheet.cell(*place(own, "THB_VICTIMS:RO.2023._T._T")).value = 7
    found, findings, ignored = read(project, contracts, as_bytes(book))
    assert found == {
        "THB_VICTIMS:RO.2021._T._T": 505,
        "THB_VICTIMS:RO.2022._T._T": 501,
        "THB_VICTIMS:RO.2023._T._T": 7,
    }
    assert findings == []
    assert ignored[LEFT] == 3


def test_a_formula_over_a_grey_figure_is_the_states_own_word(
    project: Project, contracts: Contracts
) -> None:
    book = answered(opened(form_of_some()))
    book[VICTIMS].cell(
        *place(form(contracts, "THB_VICTIMS"), "THB_VICTIMS:RO.2022._T._T")
    ).value = "=500"
    _, findings, _ = read(project, contracts, as_bytes(book))
    assert "formula-without-value" in {f.rule for f in findings}


def without_columns(sheet: Worksheet, own: SheetForm) -> None:
    beside = beside_columns(own)
    sheet.delete_cols(beside[0].before, 2 * len(beside))


def with_another_figure(sheet: Worksheet, own: SheetForm) -> None:
    row, _ = place(own, "THB_VICTIMS:RO.2022._T._T")
    sheet.cell(row, beside_columns(own)[-2].before).value = 501


def with_one_emptied(sheet: Worksheet, own: SheetForm) -> None:
    row, _ = place(own, "THB_VICTIMS:RO.2022._T._T")
    sheet.cell(row, beside_columns(own)[-2].before).value = None


def with_a_line_taken_out(sheet: Worksheet, own: SheetForm) -> None:
    sheet.delete_rows(place(own, "THB_VICTIMS:RO.2022._T._T")[0])


@pytest.mark.parametrize(
    "damage", [without_columns, with_another_figure, with_one_emptied, with_a_line_taken_out]
)
def test_where_the_grey_columns_were_changed_the_sheet_is_refused_and_nothing_is_taken_for_new(
    damage: Callable[[Worksheet, SheetForm], None], project: Project, contracts: Contracts
) -> None:
    book = answered(opened(form_of_some()))
    damage(book[VICTIMS], form(contracts, "THB_VICTIMS"))
    _, findings, _ = read(project, contracts, as_bytes(book))
    errors = {(f.rule, f.table, f.severity) for f in findings if f.severity == "error"}
    assert errors == {("grey-figures-changed", "THB_VICTIMS", "error")}


def test_a_cover_that_lost_its_digest_does_not_make_grey_figures_new(
    project: Project, contracts: Contracts
) -> None:
    book = answered(opened(form_of_some()))
    for row in book[COVER_SHEET].iter_rows(min_row=5):
        if str(row[0].value).startswith(BEFORE_FIELD):
            row[2].value = None
    _, findings, _ = read(project, contracts, as_bytes(book))
    refused = {f.table for f in findings if f.rule == "grey-figures-changed"}
    assert refused == {"THB_VICTIMS", "THB_VICTIMS_CTZ"}


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.parametrize("ending", ["xlsx", "ods", "xls"])
def test_another_program_saves_a_form_and_what_was_left_is_left(
    ending: str, project: Project, contracts: Contracts, tmp_path: Path
) -> None:
    figures = {**SOME, **every_figure(contracts, "octa", "RO", seed=2)}
    built = build_form(contracts, "octa", state="RO", round_=ROUND, reported=figures)
    sent = tmp_path / "sent" / "RO.xlsx"
    sent.parent.mkdir()
    sent.write_bytes(as_bytes(answered(opened(built))))
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", ending, "--outdir", tmp_path, sent],
        check=True,
        capture_output=True,
        timeout=180,
    )
    content = (tmp_path / f"RO.{ending}").read_bytes()
    found, findings, ignored = read(project, contracts, content, report="octa", name=f"RO.{ending}")
    assert found == {}
    assert {f.rule for f in findings} <= {"old-format"}
    assert ignored[LEFT] >= built.grey


def test_the_digest_does_not_depend_on_the_order_of_lines_or_the_program_that_saved() -> None:
    one = GreyFigure("F._T", "2022", "12.5", "")
    other = GreyFigure("M._T", "2022", "7", "P")
    assert digest_of([one, other]) == digest_of([other, GreyFigure("F._T", "2022", " 12.500", "")])
    assert digest_of([one, other]) == digest_of(
        [
            GreyFigure("F._T", "2022", "12.500000000000001", ""),
            GreyFigure("M._T", "2022", "7.0", "p"),
        ]
    )
    assert digest_of([one]) != digest_of([GreyFigure("F._T", "2021", "12.5", "")])
    assert digest_of([one]) != digest_of([GreyFigure("F._T", "2022", "12.5", "P")])
    assert digest_of([]) == ""


def test_a_grey_figure_is_not_missed_and_an_emptied_one_is(
    project: Project, contracts: Contracts
) -> None:
    """From one round to the next, by the rules of the contracts."""
    first = answered(opened(build_form(contracts, "thb", state="RO", round_=2022, reported={})))
    for row in first[COVER_SHEET].iter_rows(min_row=5):
        if row[0].value == "date":
            row[2].value = "2023-03-01"
    then = form_of(
        contracts.table("THB_VICTIMS"), contracts.contract("thb"), state="RO", round_=2022
    )
    first[VICTIMS].cell(*place(then, "THB_VICTIMS:RO.2022._T._T")).value = 500
    first[VICTIMS].cell(*place(then, "THB_VICTIMS:RO.2021._T._T")).value = 480
    first["9 Offences"].cell(7, 3).value = "no figure"  # the table is refused
    folder = project.returns / "2022" / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.xlsx").write_bytes(as_bytes(first))
    with pytest.raises(UserError, match="round 2022 has returns that were not checked"):
        reported_before(project, contracts, report="thb", round_=ROUND)
    validate_and_write(project, contracts, round_=2022)
    before = reported_before(project, contracts, report="thb", round_=ROUND)
    assert {k: set(v) for k, v in before.items()} == {
        ("RO", "THB_VICTIMS"): {"THB_VICTIMS:RO.2022._T._T", "THB_VICTIMS:RO.2021._T._T"}
    }
    book = answered(opened(build_form(contracts, "thb", state="RO", round_=ROUND, reported=before)))
    own = form(contracts, "THB_VICTIMS")
    book[VICTIMS].cell(*place(own, "THB_VICTIMS:RO.2021._T._T")).value = None
    folder = project.returns / str(ROUND) / "thb"
    folder.mkdir(parents=True)
    (folder / "RO.xlsx").write_bytes(as_bytes(book))
    validation = validate_round(project, contracts, round_=ROUND)
    asked = {f.key for f in validation.findings if f.rule.endswith("value.not_restated")}
    assert asked == {"THB_VICTIMS:RO.2021._T._T"}


def test_a_binding_of_a_line_stays_until_the_state_says_otherwise(contracts: Contracts) -> None:
    key = "THB_VICTIMS:RO.2022.F.Y_LT18"
    bound = {("RO", "THB_VICTIMS"): {key: earlier(key, 3, conf="C")}}
    own = form(contracts, "THB_VICTIMS")
    conf = next(c.index for c in own.columns if c.kind == "conf")
    built = build_form(contracts, "thb", state="RO", round_=ROUND, reported=bound)
    assert opened(built)[VICTIMS].cell(place(own, key)[0], conf).value == "C"


def test_a_country_that_was_reported_before_keeps_its_line(contracts: Contracts) -> None:
    built = build_form(contracts, "thb", state="RO", round_=ROUND, reported=SOME)
    sheet = opened(built)["3 Victims citizenship"]
    assert (sheet["A9"].value, sheet["B9"].value) == ("RO", "Romania")
    assert sheet["A9"].protection.locked
    assert sheet["B9"].protection.locked
    assert not sheet["B10"].protection.locked


def test_figures_without_a_line_in_the_form_are_counted_and_not_lost_in_silence(
    contracts: Contracts,
) -> None:
    table = contracts.table("THB_REPATRIATED")
    lands = [c.code for c in table.dimensions[0].codes if not c.code.startswith("_")]
    room = table.layout.open_rows
    keys = [f"{table.name}:RO.2022.{land}" for land in lands[: room + 3]]
    figures = {("RO", table.name): {key: earlier(key, 1) for key in keys}}
    built = build_form(contracts, "thb", state="RO", round_=ROUND, reported=figures)
    assert (built.grey, built.no_room) == (room, ((table.layout.sheet, 3),))


# --- packages ------------------------------------------------------------------------


def few_respondents(contracts: Contracts, report: str, *, round_: int) -> list[str]:
    return [s for s in respondents(contracts, report, round_=round_) if s in ("RO", "TR", "SELEC")]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two states and the Center, so that a round is opened in seconds."""
    monkeypatch.setattr(opening, "respondents", few_respondents)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Path:
    """The folder of a round that was opened for them; tests only read it."""
    folder = tmp_path_factory.mktemp("opened")
    project = Project(ROOT, folder / "outputs", folder / "returns")
    project.returns.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "respondents", few_respondents)
        open_round(project, contracts, round_=ROUND, entries=[DATES], to=folder / "out")
    return folder / "out"


def test_each_state_gets_its_forms_its_letter_and_hashes_and_twice_the_same_bytes(
    few: None, packages: Path, project: Project, contracts: Contracts, tmp_path: Path
) -> None:
    open_round(project, contracts, round_=ROUND, entries=[DATES], to=tmp_path / "two")
    files = {p.name: p.read_bytes() for p in packages.iterdir()}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()}
    zips = {f"{s}-{ROUND}.zip" for s in ("RO", "TR", "SELEC")}
    assert set(files) == {HASHES, *zips}
    lines = [line.split("  ") for line in files[HASHES].decode().splitlines()]
    listed = {name: digest for digest, name in lines}
    assert listed == {n: hashlib.sha256(files[n]).hexdigest() for n in zips}
    with zipfile.ZipFile(io.BytesIO(files[f"SELEC-{ROUND}.zip"])) as package:
        assert package.namelist() == [
            "octa/SELEC.xlsx",
            "activity/SELEC.xlsx",
            f"SELEC-{ROUND}-letter.pdf",
            HASHES,
        ]
    with zipfile.ZipFile(io.BytesIO(files[f"RO-{ROUND}.zip"])) as package:
        package.extractall(tmp_path / "RO")
    shown = subprocess.run(
        ["sha256sum", "--check", HASHES],
        cwd=tmp_path / "RO",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.count(": OK") == 5
    modes = {p.stat().st_mode & 0o077 for p in packages.iterdir()}
    assert modes == {0}


def letter_text(folder: Path, state: str) -> str:
    with zipfile.ZipFile(folder / f"{state}-{ROUND}.zip") as package:
        content = package.read(f"{state}-{ROUND}-letter.pdf")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert len(pdf.pages) == 1
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def test_the_letter_names_the_day_of_the_state_or_says_that_none_is_set(packages: Path) -> None:
    romania, turkiye = letter_text(packages, "RO"), letter_text(packages, "TR")
    assert "29 March 2024" in romania
    assert "12 April 2024 (extended)" in turkiye
    assert "29 March 2024" not in turkiye
    # three reports have no day
    assert romania.count("no day is set yet") == 3
    assert "the Center has not set a day yet" in romania


def test_what_fails_half_way_leaves_the_folder_as_it_was(
    few: None,
    packages: Path,
    project: Project,
    contracts: Contracts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(shutil.copytree(packages, tmp_path / "out"))
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def fail(path: Path, content: bytes) -> bool:
        if path.name.startswith("TR"):
            raise OSError(28, "No space left on device")
        return write_private(path, content)

    monkeypatch.setattr(opening, "write_private", fail)
    with pytest.raises(OSError, match="No space left"):
        open_round(project, contracts, round_=ROUND, entries=[], to=folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_folder_with_other_files_is_not_replaced(
    few: None, project: Project, contracts: Contracts, tmp_path: Path
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "minutes.docx").write_bytes(b"x")
    with pytest.raises(UserError, match="holds other files, such as 'minutes.docx'"):
        open_round(project, contracts, round_=ROUND, entries=[], to=folder)
    assert [p.name for p in folder.iterdir()] == ["minutes.docx"]


def test_what_a_round_still_needs_is_named(contracts: Contracts) -> None:
    told = "\n".join(n.line for n in needs_of(contracts, [DATES], round_=ROUND))
    assert "round 2023 has no days for migration, octa" in told
    later = "\n".join(n.line for n in needs_of(contracts, [], round_=2031))
    assert "there is no population of 2031 for AL" in later
    assert "round 2031 has no days for thb, migration, octa" in later


def test_a_list_of_which_nothing_is_valid_in_the_year_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "data_contracts", tmp_path / "data_contracts"))
    path = folder / "codelists" / "judgment.csv"
    with path.open(encoding="utf-8", newline="") as file:
        codes = [{**code, "valid_to": "2022"} for code in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, codes[0])
        writer.writeheader()
        writer.writerows(codes)
    told = [n.line for n in needs_of(load_contracts(folder), [DATES], round_=ROUND)]
    assert any("no code of THB_JUDGMENTS is valid in 2023" in line for line in told)


def test_the_package_of_a_state_holds_no_figure_of_another(
    few: None,
    project: Project,
    contracts: Contracts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    figures = {
        (state, "THB_VICTIMS"): {
            f"THB_VICTIMS:{state}.2022._T._T": Earlier(
                (state, "2022", "_T", "_T"), Decimal(value), "", "", 2022
            )
        }
        for state, value in (("RO", 7654321), ("TR", 7123456))
    }
    monkeypatch.setattr(opening, "reported_before", lambda *_, **__: figures)
    folder = open_round(project, contracts, round_=ROUND, entries=[], to=tmp_path / "out").folder
    for state, own, other in (("RO", b"7654321", b"7123456"), ("TR", b"7123456", b"7654321")):
        with zipfile.ZipFile(folder / f"{state}-{ROUND}.zip") as package:
            book = package.read(f"thb/{state}.xlsx")
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            said = b"".join(parts.read(name) for name in parts.namelist())
        assert own in said
        assert other not in said
