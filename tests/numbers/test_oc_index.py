"""What is taken of the workbook of the Global Organized Crime Index? Small made-up
workbooks in its layout, each with one fault, or with columns in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT
from contexts import copy_contracts
from openpyxl import Workbook

from pipeline.contracts.model import Contracts, load_contracts
from pipeline.contracts.outside import CONTEXT, load_figures, load_outside
from pipeline.contracts.scored import ACTOR, MARKET, RESILIENCE, chosen_items, items_of
from pipeline.errors import ContractError, UserError
from pipeline.numbers.outside.taken import take_context

CUBE = "CTX_OC_INDEX"
MEMBERS = (
    *("Albania", "Bosnia and Herzegovina", "Bulgaria", "Greece", "Hungary", "Moldova"),
    *("Montenegro", "North Macedonia", "Romania", "Serbia", "Turkey"),
)
EDITIONS = (2021, 2023, 2025)
PILLARS = {MARKET: "Criminal markets avg.", ACTOR: "Criminal actors avg,", RESILIENCE: "Resilience"}
Edit = Callable[[dict[str, list[list[Any]]]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_contracts(tmp_path)


def made_up(contracts: Contracts) -> dict[str, list[list[Any]]]:
    """A sheet an edition, with its head and a row of each member state and of one other.
    Scores differ by state, item and edition; averages are what they give.
    """
    items = items_of(contracts.codelist("oc_index_item"))
    sheets: dict[str, list[list[Any]]] = {"2025_Global_OC_Index": [["", "A TITLE - 2025"]]}
    for edition in EDITIONS:
        own = [i for i in items if i.is_in(edition)]
        rows: list[list[Any]] = [["Continent", "Region", "Country", "Criminality avg,"]]
        for pillar, average in PILLARS.items():
            rows[0] += [average, *(i.label for i in own if i.pillar == pillar)]
        for s, state in enumerate(("Elsewhere", *MEMBERS)):
            scores = {i.code: 1 + ((s + 3 * n + edition) % 19) / 2 for n, i in enumerate(own)}
            by_pillar = {p: [scores[i.code] for i in own if i.pillar == p] for p in PILLARS}
            means = {p: sum(found) / len(found) for p, found in by_pillar.items()}
            row: list[Any] = ["C", "R", state, round((means[MARKET] + means[ACTOR]) / 2, 2)]
            for pillar in PILLARS:
                row += [round(means[pillar], 2), *by_pillar[pillar]]
            rows.append(row)
        sheets[f"{edition}_dataset"] = rows
    return sheets


def written(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = Workbook()
    for at, (name, rows) in enumerate(sheets.items()):
        sheet = book.worksheets[0] if not at else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(row)
    path = folder / "index.xlsx"
    book.save(path)
    return path


def take(folder: Path, edit: Edit | None = None) -> list[str]:
    contracts = load_contracts(folder)
    sheets = made_up(contracts)
    if edit:
        edit(sheets)
    return take_context(folder, contracts, cube=CUBE, file=written(folder.parent, sheets))


def scores(folder: Path) -> dict[str, str]:
    load_figures.cache_clear()
    return {
        f"{f.area}.{f.year}.{f.codes[0]}": f"{f.value} in {f.place}"
        for f in load_figures(folder)[CUBE]
    }


class TestWhatIsTaken:
    def test_every_score_of_every_edition_with_its_place(self, folder: Path) -> None:
        account = take(folder)
        found = scores(folder)
        assert len(found) == 11 * (26 + 32 + 32)
        assert found["AL.2025.HTRAF"] == "7 in sheet '2025_dataset', cell F3"
        assert found["TR.2021.NONSTATE"].endswith("in sheet '2021_dataset', cell AG13")
        assert account[0].endswith("release 2025: 36 rows")
        assert "  edition 2023: 32 items of 11 states, averages agree" in account
        left = next(line for line in account if line.startswith("  edition 2021"))
        assert "26 items" in left
        assert "without Trade in counterfeit goods" in left
        assert "Private sector actors" in left

    def test_columns_in_another_order_give_the_same_scores(self, folder: Path) -> None:
        take(folder)
        before = {key: said.split(" in ")[0] for key, said in scores(folder).items()}

        def reverse(sheets: dict[str, list[list[Any]]]) -> None:
            for rows in list(sheets.values())[1:]:
                rows[:] = [row[::-1] for row in rows]

        take(folder, reverse)
        assert {key: said.split(" in ")[0] for key, said in scores(folder).items()} == before
        assert scores(folder)["AL.2025.HTRAF"].endswith("cell AH3")

    @pytest.mark.parametrize(
        ("head", "written_as"),
        [
            ("Criminality avg,", "Criminality avg."),
            ("Criminal actors avg,", "Criminal actors"),
            ("Resilience", "Resilience avg, "),
            ("Mafia-style groups", "mafia style groups"),
            ("Human trafficking", " Human  trafficking*"),
        ],
    )
    def test_heads_are_known_in_other_spellings(
        self, folder: Path, head: str, written_as: str
    ) -> None:
        def rename(sheets: dict[str, list[list[Any]]]) -> None:
            heads = sheets["2023_dataset"][0]
            heads[heads.index(head)] = written_as

        take(folder, rename)
        assert len(scores(folder)) == 11 * (26 + 32 + 32)

    def test_a_score_may_be_written_as_text(self, folder: Path) -> None:
        def as_text(sheets: dict[str, list[list[Any]]]) -> None:
            row = sheets["2025_dataset"][2]
            row[5] = str(row[5])

        take(folder, as_text)
        assert scores(folder)["AL.2025.HTRAF"].startswith("7 ")

    def test_one_edition_alone_may_be_taken_in(self, folder: Path) -> None:
        def alone(sheets: dict[str, list[list[Any]]]) -> None:
            for name in list(sheets):
                if not name.startswith("2025"):
                    del sheets[name]

        take(folder, alone)
        assert {key.split(".")[1] for key in scores(folder)} == {"2025"}


def set_cell(sheet: str, row: int, column: int, value: Any) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        sheets[sheet][row][column] = value

    return edit


def add_row(sheet: str, of: int, name: str) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        rows = sheets[sheet]
        rows.append([*rows[of][:2], name, *rows[of][3:]])

    return edit


def drop_column(sheet: str, head: str) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        rows = sheets[sheet]
        at = rows[0].index(head)
        for row in rows:
            del row[at]

    return edit


def double_column(sheet: str, head: str) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        rows = sheets[sheet]
        at = rows[0].index(head)
        for row in rows:
            row.append(row[at])

    return edit


def drop_row(sheet: str, name: str) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        sheets[sheet][:] = [row for row in sheets[sheet] if name not in row]

    return edit


def rename_sheet(sheet: str, name: str) -> Edit:
    def edit(sheets: dict[str, list[list[Any]]]) -> None:
        sheets[name] = sheets.pop(sheet)

    return edit


FAULTS: list[tuple[Edit, str, str]] = [
    (set_cell("2023_dataset", 2, 5, 5.3), "'5.3' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, 0.5), "'0.5' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, 10.5), "'10.5' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, -3), "'-3' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, "5,5"), "'5,5' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, "n/a"), "'n/a' is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, True), "is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, None), "there is no score", "'2023_dataset' cell F3"),
    (set_cell("2023_dataset", 2, 5, "=1+2"), "there is no score", "'2023_dataset' cell F3"),
    (set_cell("2021_dataset", 3, 4, 9.99), "average 'criminal markets' of Bosnia", "cell E4"),
    (set_cell("2021_dataset", 3, 3, None), "average 'criminality' of Bosnia", "cell D4"),
    (drop_row("2025_dataset", "Serbia"), "no row of Serbia", "sheet '2025_dataset'"),
    (add_row("2025_dataset", 2, "Albania"), "'Albania' stands twice", "cell C14"),
    (add_row("2025_dataset", 12, "Türkiye"), "'Türkiye' stands twice, also in C13", "cell C14"),
    (drop_column("2023_dataset", "Cocaine trade"), "missing: Cocaine trade", "row 1"),
    (drop_column("2023_dataset", "Resilience"), "columns are missing: Resilience", "row 1"),
    (drop_column("2021_dataset", "Mafia-style groups"), "missing: Mafia-style groups", "row 1"),
    (double_column("2023_dataset", "Heroin trade"), "'Heroin trade' stands twice", "cell AN1"),
    (set_cell("2023_dataset", 0, 5, "Art crimes"), "2023 has no column 'Art crimes'", "cell F1"),
    (set_cell("2021_dataset", 0, 5, "Financial crimes"), "2021 has no column", "cell F1"),
    (rename_sheet("2023_dataset", "dataset"), "name of the sheet tells no edition", "'dataset'"),
    (rename_sheet("2023_dataset", "2021 to 2023"), "tells 2021 and 2023", "'2021 to 2023'"),
    (rename_sheet("2023_dataset", "2025 again"), "two sheets are of the edition 2025", "xlsx"),
]


class TestWhatIsRefused:
    @pytest.mark.parametrize(("edit", "said", "where"), FAULTS, ids=[f[1] for f in FAULTS])
    def test_a_fault_is_told_with_its_place_and_nothing_is_written(
        self, folder: Path, edit: Edit, said: str, where: str
    ) -> None:
        before = (folder / "context" / f"{CUBE}.csv").read_bytes()
        with pytest.raises(UserError) as told:
            take(folder, edit)
        assert said in told.value.what
        assert where in told.value.where
        assert told.value.allowed
        assert told.value.do
        assert (folder / "context" / f"{CUBE}.csv").read_bytes() == before

    def test_merged_cells_in_the_table_hide_no_score(self, folder: Path) -> None:
        contracts = load_contracts(folder)
        path = written(folder.parent, made_up(contracts))
        from openpyxl import load_workbook

        book = load_workbook(path)
        book["2023_dataset"].merge_cells("F3:F4")
        book.save(path)
        with pytest.raises(UserError, match="merged cells F3:F4"):
            take_context(folder, contracts, cube=CUBE, file=path)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"Country,Human trafficking\n"])
    def test_what_is_no_workbook_is_told(self, folder: Path, content: bytes) -> None:
        path = folder.parent / "index.xlsx"
        path.write_bytes(content)
        with pytest.raises(UserError):
            take_context(folder, load_contracts(folder), cube=CUBE, file=path)

    def test_an_edition_after_that_of_the_settings_is_asked_about(self, folder: Path) -> None:
        with pytest.raises(UserError, match="release 2027"):
            take(folder, rename_sheet("2025_dataset", "2027_dataset"))


class TestWhatIsHeld:
    """The scores in the repository: of all members, of the scale, with the averages that
    were printed elsewhere.
    """

    PRINTED = {
        **{("RS", 2023): "6.22", ("TR", 2023): "7.03", ("RO", 2023): "4.58"},
        **{("RS", 2025): "6.18", ("RO", 2025): "4.83"},
    }

    @pytest.mark.parametrize(("state", "edition"), PRINTED)
    def test_they_give_the_criminality_that_was_printed_elsewhere(
        self, contracts: Contracts, state: str, edition: int
    ) -> None:
        held = {
            f.codes[0]: f.value
            for f in load_figures(ROOT / "data_contracts")[CUBE]
            if (f.area, f.year) == (state, edition)
        }
        means = []
        for pillar in (MARKET, ACTOR):
            own = [
                held[i.code] for i in chosen_items(contracts.codelist("oc_index_item"), [pillar])
            ]
            means.append(sum(own, Decimal(0)) / len(own))
        printed = Decimal(self.PRINTED[state, edition])
        assert abs(sum(means, Decimal(0)) / 2 - printed) <= Decimal("0.01")

    def test_every_member_has_a_score_of_every_item_of_each_edition(
        self, contracts: Contracts
    ) -> None:
        held = {(f.area, f.year, f.codes[0]) for f in load_figures(ROOT / "data_contracts")[CUBE]}
        members = {m.code for m in contracts.members(2022)}
        items = items_of(contracts.codelist("oc_index_item"))
        assert held == {
            (m, e, i.code) for m in members for e in EDITIONS for i in items if i.is_in(e)
        }

    def test_each_item_belongs_to_one_area_or_stands_apart(self, contracts: Contracts) -> None:
        codes = contracts.codelist("oc_index_item")
        apart = [i.code for i in items_of(codes) if i.pillar != RESILIENCE and not i.crime_area]
        assert apart == ["EXTORT"]
        drugs = [i.code for i in chosen_items(codes, [MARKET], crime_areas=["DRUGS"])]
        assert drugs == ["HEROIN", "COCAINE", "CANNABIS", "SYNTH"]


class TestTheListOfScores:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("AL,2021,ARMS,5.2,\"sheet 'a', cell F3\",{cited}", "the score is '5.2'"),
            ("AL,2021,ARMS,11,\"sheet 'a', cell F3\",{cited}", "the score is '11'"),
            ("AL,2021,ARMS,5,somewhere,{cited}", "the place is 'somewhere'"),
            ("SELEC,2021,ARMS,5,\"sheet 'a', cell F3\",{cited}", "the area is 'SELEC'"),
            ("AL,2021,SPIES,5,\"sheet 'a', cell F3\",{cited}", "'SPIES' is no code"),
        ],
    )
    def test_a_line_that_is_no_score_is_told(self, folder: Path, line: str, said: str) -> None:
        (cube,) = (c for c in load_outside(folder) if c.name == CUBE)
        path = folder / "context" / f"{CUBE}.csv"
        cited = f'"{cube.cited}"'
        path.write_text(f"{','.join(cube.columns)}\n{line.format(cited=cited)}\n", encoding="utf-8")
        load_figures.cache_clear()
        with pytest.raises(ContractError, match=said):
            load_figures(folder)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            (",market,ARMS", ",market,SPIES", "no crime area 'SPIES'"),
            (",market,ARMS", ",bazaar,ARMS", "the pillar is 'bazaar'"),
        ],
    )
    def test_an_item_of_no_pillar_or_area_is_told(
        self, folder: Path, old: str, new: str, said: str
    ) -> None:
        path = folder / "codelists" / "oc_index_item.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        load_outside.cache_clear()
        with pytest.raises(ContractError, match=said):
            load_outside(folder)

    def test_an_area_beside_scores_is_refused(self, folder: Path) -> None:
        path = folder / CONTEXT
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("    scores: {", "    area: WORLD\n    scores: {"), "utf-8")
        load_outside.cache_clear()
        with pytest.raises(ContractError, match="'area' stands beside 'scores'"):
            load_outside(folder)
