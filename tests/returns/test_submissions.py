"""Is what arrived and what was found kept of each submission, as it was then?"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest
from builds import ROOT
from here import Done, run_here

from pipeline.contracts.model import Contracts
from pipeline.errors import DamagedFileError, UserError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.feedback.receipt import receipt_pdf
from pipeline.returns.intake.account import FileAccount
from pipeline.returns.intake.reading import FileReading, RoundReading
from pipeline.returns.rules.outcome import Validation
from pipeline.returns.rules.validation import validate_and_write
from pipeline.returns.submissions import (
    Receipt,
    keep_submissions,
    read_receipts,
    read_submission,
    submission_folder,
)
from pipeline.returns.texts import load_texts

DAY = date(2023, 3, 20)
FIGURE = 48_151_623


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def reading(name: str, sha256: str, number: int = 1) -> FileReading:
    report, file = name.split("/")[1:]
    return FileReading(
        2022, report, file.split(".")[0], name, sha256, "2023-03-18", "1.0.0", "read", number=number
    )


def finding(rule: str = "a.rule", cell: str = "C7", **more: str) -> Finding:
    values = {
        "report": "thb",
        "state": "RO",
        "file": "2022/thb/RO.xlsx",
        "sheet": "9 Offences",
        "table": "THB_OFFENCES",
        "key": "",
        "severity": "query",
        "found": f"{FIGURE}",
        "allowed": "less",
        "do": "look",
        **more,
    }
    return Finding(2022, rule=rule, cell=cell, **values)  # type: ignore[arg-type]


def account(file: FileReading, loaded: int = 3) -> FileAccount:
    return FileAccount(
        file.file,
        file.state,
        file.report,
        file.sha256,
        loaded + 4,
        loaded,
        0,
        {"form-label": 4},
        {"THB_OFFENCES": loaded},
        {},
    )


Keep = Callable[..., list[Receipt]]


@pytest.fixture
def keep(project: Project, contracts: Contracts) -> Keep:
    """A validation of files by name and content, with findings, and its submissions."""

    def validate(*findings: Finding, day: date = DAY, **files: str) -> list[Receipt]:
        names = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
        there = {f"2022/{name}": sha(text) for name, text in names.items()}
        readings = tuple(
            reading(name, sha256, number=2 if ".2." in name else 1)
            for name, sha256 in there.items()
            if "cover" not in name
        )
        accounts = tuple(account(f) for f in readings)
        found = RoundReading(2022, readings, findings, accounts)
        return keep_submissions(
            project,
            contracts,
            validation=Validation(found, findings, frozenset(), accounts),
            kept=there,
            today=day,
        )

    return validate


def ids(receipts: list[Receipt]) -> list[str]:
    return [r.id for r in receipts]


# Numbers.


def test_what_is_new_is_a_submission_and_what_lies_there_is_none(keep: Keep) -> None:
    assert ids(keep(thb__RO_xlsx="a", octa__RO_xlsx="o", thb__BG_xlsx="b")) == [
        "RO-octa-2022-1",
        "BG-thb-2022-1",
        "RO-thb-2022-1",
    ]
    assert keep(thb__RO_xlsx="a", octa__RO_xlsx="o", thb__BG_xlsx="b") == []
    assert ids(keep(thb__RO_xlsx="changed", octa__RO_xlsx="o")) == ["RO-thb-2022-2"]
    (later,) = keep(thb__RO_xlsx="changed", thb__RO_2_xlsx="c", octa__RO_xlsx="o")
    assert later.id == "RO-thb-2022-3"
    assert [(f.file, f.is_new) for f in later.files] == [
        ("2022/thb/RO.2.xlsx", True),
        ("2022/thb/RO.xlsx", False),
    ]
    assert keep(thb__RO_xlsx="changed") == []  # taken away: nothing came
    assert ids(keep(thb__RO_xlsx="a")) == ["RO-thb-2022-4"]  # the first one, sent once more


def test_a_cover_belongs_to_the_return_beside_which_it_lies(keep: Keep) -> None:
    (first,) = keep(thb__RO_csv="a", thb__RO_cover_csv="c")
    assert [f.file for f in first.files] == ["2022/thb/RO.cover.csv", "2022/thb/RO.csv"]
    (second,) = keep(thb__RO_csv="a", thb__RO_cover_csv="another")
    assert [(f.file, f.is_new) for f in second.files] == [
        ("2022/thb/RO.cover.csv", True),
        ("2022/thb/RO.csv", False),
    ]


def test_what_names_no_state_has_no_folder(keep: Keep, project: Project) -> None:
    assert keep(thb__XX_xlsx="a", **{"thb__.._xlsx": "b"}) == []
    assert not (project.archive / "submissions").exists()


# What is kept.


def test_a_receipt_says_what_was_read(keep: Keep, project: Project) -> None:
    (receipt,) = keep(finding(), finding(severity="note"), thb__RO_xlsx="a")
    assert read_receipts(project, 2022) == [receipt]
    assert (receipt.seen, receipt.dated, receipt.outcome) == (
        "2023-03-20",
        "2023-03-18",
        "accepted",
    )
    assert (receipt.filled, receipt.loaded, receipt.ignored) == (7, 3, 4)
    assert (receipt.errors, receipt.queries, receipt.notes) == (0, 1, 1)
    assert receipt.files[0].sha256 == sha("a")
    offences = next(t for t in receipt.tables if t.table == "THB_OFFENCES")
    assert (offences.outcome, offences.loaded) == ("loaded", 3)
    assert [t.outcome for t in receipt.tables].count("empty") == len(receipt.tables) - 1
    folder = submission_folder(project, receipt)
    assert all(p.stat().st_mode & 0o077 == 0 for p in (folder, *folder.iterdir()))


def test_findings_stay_as_they_were_and_are_compared(keep: Keep, project: Project) -> None:
    keep(finding(), finding(cell="C9"), finding(state="BG"), thb__RO_xlsx="a", thb__BG_xlsx="b")
    before = {p: p.read_bytes() for p in (project.archive / "submissions").rglob("*.json")}
    assert len(before) == 4
    keep(
        finding(found="another number", file="2022/thb/RO.2.xlsx"),
        finding(cell="C12"),
        thb__RO_xlsx="a",
        thb__RO_2_xlsx="c",
        thb__BG_xlsx="b",
    )
    assert {p: p.read_bytes() for p in before} == before
    first = read_submission(project, "RO-thb-2022-1")
    assert [f.cell for f in first.findings] == ["C7", "C9"]
    assert (first.new, first.gone) == (frozenset(), 0)
    second = read_submission(project, "RO-thb-2022-2")
    assert [f.cell for f in second.findings] == ["C7", "C12"]
    assert (second.new, second.gone) == (frozenset({1}), 1)


def test_a_submission_that_is_none_is_told(keep: Keep, project: Project) -> None:
    keep(thb__RO_xlsx="a")
    for id_ in ("RO-thb-2022-2", "RO-thb-2022-01", "../../etc", "RO-thb-2022-1/..", ""):
        with pytest.raises(UserError, match="there is no submission"):
            read_submission(project, id_)
    with pytest.raises(UserError) as refused:
        read_submission(project, "RO-thb-2022-2")
    assert refused.value.allowed == "RO-thb-2022-1"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("receipt.json", "{"),
        ("receipt.json", "{}"),
        ("receipt.json", '{"files": 1, "tables": []}'),
        ("receipt.json", None),
        ("findings.json", "[]"),
        ("findings.json", '{"findings": [{}]}'),
        ("findings.json", None),
    ],
)
def test_a_damaged_record_is_told_with_its_file(
    name: str, content: str | None, keep: Keep, project: Project
) -> None:
    (receipt,) = keep(thb__RO_xlsx="a")
    path = submission_folder(project, receipt) / name
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(DamagedFileError, match=name) as told:
        read_submission(project, receipt.id)
    assert "last backup" in told.value.do
    # As it says: without the folder the next validation writes a receipt of what is there.
    shutil.move(path.parent, project.outputs)
    assert ids(keep(thb__RO_xlsx="a")) == ["RO-thb-2022-1"]


def test_a_receipt_under_another_name_is_told(keep: Keep, project: Project) -> None:
    (receipt,) = keep(thb__RO_xlsx="a")
    folder = submission_folder(project, receipt)
    folder.rename(folder.with_name("BG-thb-2022-1"))
    with pytest.raises(DamagedFileError, match="it is the receipt of RO-thb-2022-1"):
        read_receipts(project, 2022)


# The page.


def test_the_page_is_made_once_and_holds_no_figure(
    keep: Keep, project: Project, contracts: Contracts
) -> None:
    (receipt,) = keep(finding(), thb__RO_xlsx="a")
    texts = load_texts(project)

    def page(of: Receipt) -> bytes:
        return receipt_pdf(project, contracts, receipt=of, texts=texts, marking="For states only")

    content = page(receipt)
    with pypdfium2.PdfDocument(io.BytesIO(content)) as pdf:
        text = " ".join(" ".join(p.get_textpage().get_text_range() for p in pdf).split())
    for told in (
        "Receipt of submission 1: Romania",
        "RO-thb-2022-1",
        "20 March 2023",
        sha("a"),
        "Loaded: 3",
        "Queries: 1",
        "For states only",
    ):
        assert told in text
    assert str(FIGURE) not in text
    assert page(replace(receipt, loaded=5, filled=9)) == content  # kept as it was sent


# In a round.


def test_a_validation_keeps_what_came_and_the_command_shows_it(
    project: Project, contracts: Contracts
) -> None:
    folder = project.returns / "2022" / "thb"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "returns" / "2022" / "thb" / "RO.xlsx", folder)
    for _ in range(2):
        validate_and_write(project, contracts, round_=2022)
        assert ids(read_receipts(project, 2022)) == ["RO-thb-2022-1"]
    (folder / "RO.2.csv").write_text(
        "table,state,year,value,obs_status,conf_status,note\nTHB_OFFENCES,RO,2022,x\n",
        encoding="utf-8",
    )
    validate_and_write(project, contracts, round_=2022)
    environment = {
        **os.environ,
        "SELEC_OUTPUTS": str(project.outputs),
        "SELEC_RETURNS": str(project.returns),
        "SELEC_RECORDS": str(project.records),
    }

    def run(*more: str) -> Done:
        return run_here("findings", "--round", "2022", *more, environment=environment)

    listed = run()
    assert listed.returncode == 0, listed.stderr
    assert "RO-thb-2022-1" in listed.stdout
    assert "RO-thb-2022-2" in listed.stdout
    shown = run("--submission", "RO-thb-2022-2")
    assert shown.returncode == 0, shown.stderr
    assert "not-a-number" in shown.stdout
    assert "of the submission before are gone" in shown.stdout
    told = json.loads(run("--submission", "RO-thb-2022-2", "--json").stdout)
    assert told["receipt"]["number"] == 2
    assert any(f["rule"] == "not-a-number" for f in told["findings"])
    assert len(json.loads(run("--json").stdout)) == 2
    wrong = run("--submission", "RO-thb-2022-3")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
    assert "RO-thb-2022-1, RO-thb-2022-2" in wrong.stderr
