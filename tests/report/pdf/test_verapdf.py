"""Does veraPDF find no failed rule in any kind of PDF that we make, and does it find
the one that is there?
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from builds import REPORTS, ROOT, ROUND, VERSIONS
from small_project import SMALL_ROUND

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.release.changes.builds import Build
from pipeline.release.changes.paper import write_changes
from pipeline.release.copies.hand_out import Edition, encrypted, marked
from pipeline.release.copies.pattern import new_code
from pipeline.release.copies.recipients import Recipient
from pipeline.release.manifest import Manifest
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.signature import sign
from pipeline.report.document.order import key_findings_name, pdf_name
from pipeline.returns.feedback.letter import LetterWriter, read_figures
from pipeline.returns.rules.validation import restore_validation
from pipeline.returns.texts import load_texts
from pipeline.system.pdf.fonts import font_faces
from pipeline.system.pdf.write import render_pdf

pytestmark = pytest.mark.slow
SMALL = Subject(SMALL_ROUND, "thb", "public")
CHECKED = ("thb", "restricted")  # beside copies of a small one; each PDF has its own check
OTHERS = tuple((r, v) for r in REPORTS for v in VERSIONS if (r, v) != CHECKED)
SMALL_PDF = pdf_name("thb", "public", round_=SMALL_ROUND, edition=1)
SHORT_PDF = key_findings_name(pdf_name("octa", "public", round_=ROUND, edition=1))
PASSWORD = "only-for-this-test"
FACES = "".join(
    f'@font-face {{ font-family: "Source Sans Pro"; font-weight: {weight}; src: url("{url}") }}'
    for weight, url in font_faces().items()
)
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='30'><path d='M0 0h60v30z'/></svg>"


@pytest.fixture(scope="module", autouse=True)
def verapdf() -> None:
    """Skips, with a note, where veraPDF cannot run; on CI nothing is skipped, and the
    tests fail there.
    """
    missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(
            f"veraPDF checks nothing here, missing: {', '.join(missing)}; see"
            " docs/how-to/check-pdf.md"
        )


def check_pdf(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run `make check-pdf` over files, as a reviewer would."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    given = f"FILES={' '.join(map(str, files))}"
    return subprocess.run(
        ["make", "check-pdf", given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        env=inherited,
    )


def small_pdf(path: Path, body: str) -> Path:
    html = (
        f'<html lang="en"><head><title>Test</title><style>{FACES} html {{ font-family: "Source Sans'
        f' Pro" }}</style></head><body><h1>Test</h1>{body}</body></html>'
    )
    date = datetime(2023, 3, 31, 12, tzinfo=UTC)
    render_pdf(
        html, path, base_folder=path.parent, title="Test", subject="Test", date=date, attachments=[]
    )
    return path


def master(built: Project, report: str, version: str) -> Path:
    return built.master_folder(ROUND, report, version) / pdf_name(
        report, version, round_=ROUND, edition=1
    )


@pytest.fixture
def edition(small_built: Path) -> Edition:
    """What is stamped and signed here: the public version of the small project."""
    path = Project(small_built).master_folder(SMALL_ROUND, "thb", "public") / SMALL_PDF
    return Edition(SMALL, 1, f"thb-{SMALL_ROUND}-public-1", path.read_bytes())


@pytest.fixture
def copy(edition: Edition) -> bytes:
    """A recipient's copy, before it is encrypted."""
    return marked(edition, 2, recipient=Recipient("Николай Димитров", "ГДБОП"), code=new_code([]))


@pytest.fixture
def signed(edition: Edition, project: Project) -> bytes:
    return sign(project, edition.pdf, reason="thb 2021, public version, edition 1")


def unlocked(content: bytes) -> bytes:
    """An encrypted file opened with its password, and saved without: veraPDF does not
    open AES-256 reliably.
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content), password=PASSWORD) as pdf:
        pdf.save(out, encryption=False, fix_metadata_version=False)
    return out.getvalue()


def write_letter(built: Project, contracts: Contracts, path: Path) -> Path:
    figures = read_figures(built, contracts, round_=ROUND)
    validation = restore_validation(built, ROUND)
    writer = LetterWriter(
        built, contracts, validation, figures, load_texts(built), "Restricted", 30
    )
    writer.pdf("RO", ["RO-thb-2022-marked.xlsx"], output=path)
    return path


def write_paper(built: Project, contracts: Contracts, folder: Path) -> Path:
    """The paper on what changed between two small builds, which stand for two of the
    report.
    """
    (folder / str(ROUND)).mkdir(parents=True)
    (folder / str(ROUND) / "work").symlink_to(built.work(ROUND))
    records = folder.with_name(f"{folder.name}-records")
    records.mkdir()
    (records / "warehouse.duckdb").symlink_to(built.warehouse)
    builds = []
    for name, number, text in (
        ("before", "11", "Victims were few."),
        ("now", "12", "Victims were many."),
    ):
        (folder / name).mkdir()
        file = pdf_name("thb", "public", round_=ROUND, edition=1)
        small_pdf(folder / name / file, f'<p><a href="#end">{text}</a></p><p id="end">The end.</p>')
        heads = "key,value,unit,obs_status,conf_status,coverage"
        cells = f"{heads}\nTHB_VICTIMS:RO.2022._T._T,{number},1,A,F,\n"
        (folder / name / "cells.csv").write_text(cells, encoding="utf-8")
        manifest = Manifest(
            "thb",
            "public",
            ROUND,
            reference="SELEC/THB/2022/P/1",
            edition=1,
            replaces="",
            data_cutoff="2023-03-31",
            git_commit=name,
            libraries={},
            inputs={},
            outputs={},
            build={},
        )
        builds.append(Build(name, folder / name, manifest))
    written = write_changes(
        Project(ROOT, folder),
        contracts,
        round_=ROUND,
        report="thb",
        version="public",
        old=builds[0],
        new=builds[1],
    )
    assert len(written.content["pages"]) == 1
    return written.folder / "changes.pdf"


def test_no_rule_fails_in_a_report_and_in_a_copy_of_each_kind(
    built: Project,
    small_built: Path,
    contracts: Contracts,
    copy: bytes,
    signed: bytes,
    tmp_path: Path,
) -> None:
    kinds = {"copy": copy, "unlocked": unlocked(encrypted(copy, PASSWORD)), "signed": signed}
    for name, content in kinds.items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    files = [
        master(built, *CHECKED),
        Project(small_built).version_folder(SMALL_ROUND, "thb", "public") / SMALL_PDF,  # the draft
        master(built, "octa", "public").with_name(SHORT_PDF),
        *(tmp_path / f"{name}.pdf" for name in kinds),
        write_letter(built, contracts, tmp_path / "letter.pdf"),
        write_paper(built, contracts, tmp_path / "changes"),
    ]
    done = check_pdf(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed  ") == len(files) == 8
    assert (
        f"{len(files)} PDFs checked against PDF/UA-1 and PDF/A-3a: 0 with failed rules"
        in done.stdout
    )


@pytest.mark.thorough
def test_no_rule_fails_in_any_other_report(built: Project) -> None:
    done = check_pdf(*(master(built, report, version) for report, version in OTHERS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed  ") == len(OTHERS)


def test_one_alternative_text_less_is_a_failed_rule_with_its_place(tmp_path: Path) -> None:
    path = small_pdf(
        tmp_path / "figure.pdf", f'<p><img alt="A wedge" src="data:image/svg+xml,{SVG}"></p>'
    )
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        figures = [
            o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"
        ]
        del figures[0].Alt
        pdf.save(path)
    done = check_pdf(path)
    assert done.returncode, done.stdout
    assert f"FAILED  {path}" in done.stdout
    assert "PDF/UA-1: ISO 14289-1:2014, clause 7.3, test 1, 1 times: Figure" in done.stdout
    assert "first: " in done.stdout
    assert "SEFigure" in done.stdout
