"""What does each gate say that meets nothing? It has not passed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from builds import ROOT
from proofs import make_proof, run_verifier

from pipeline.contracts.model import Contracts
from pipeline.disclosure.prove.audit import audit
from pipeline.disclosure.prove.extra import read_extra
from pipeline.disclosure.prove.facts import Knowledge, ReleasedFile, Rules
from pipeline.errors import NumberAuditError, UserError
from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.numerals.audit import check_numbers
from pipeline.inspection.readback.finished import FinishedPdf
from pipeline.inspection.readback.words import canaries
from pipeline.report.printing import Printing
from pipeline.system.pdf.conform import check_pdf

MakeStore = Callable[..., Printing]
NO_CELLS = "key | value"
ONE_CELL = "key | value\nTHB_OFFENCES:RO.2022 | 7"
HEAD = "key,value,unit,obs_status,conf_status,coverage,states,marks\n"


def blank_pdf(pages: int) -> bytes:
    opened = pikepdf.new()
    for _ in range(pages):
        opened.add_blank_page()
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


@pytest.mark.parametrize("pages", [0, 1])
def test_an_audit_of_a_document_without_numerals_has_not_passed(
    store: MakeStore, contracts: Contracts, pages: int
) -> None:
    with pytest.raises(NumberAuditError, match="no numeral was found"):
        check_numbers(
            FinishedPdf(blank_pdf(pages)),
            store(ONE_CELL).path,
            ledger=[],
            templates=ROOT / "templates",
            contracts=contracts,
            report="thb",
            version="restricted",
        )


def test_a_document_without_pages_is_not_accessible() -> None:
    figures = check_pdf(blank_pdf(0), title="A title", date=datetime(2022, 1, 1, tzinfo=UTC))
    assert figures.pages == 0
    assert "the file has no page, so nothing was looked at" in figures.conformance.failures


def scanned(folder: Path, store: Path, files: dict[str, bytes], *, named: set[str]) -> list[str]:
    """What the leak scan says of a version that holds these files, beside its manifest."""
    version = folder / "version"
    version.mkdir()
    outputs = {name: {"sha256": "0" * 64, "bytes": 1} for name in named}
    manifest = {"report": "thb", "version": "public", "round": 2022, "outputs": outputs}
    files = {**files, "manifest.json": json.dumps(manifest).encode()}
    for name, data in files.items():
        (version / name).write_bytes(data)
    (folder / "shown.json").write_text("[]", encoding="utf-8")
    found = scan_version(
        version,
        store,
        secrets=canaries(["a text of the restricted tree"]),
        shown=folder / "shown.json",
        root=ROOT,
    )
    return [str(leak) for leak in found.leaks]


def test_a_scan_tells_what_it_could_not_read(store: MakeStore, tmp_path: Path) -> None:
    told = scanned(tmp_path, store(ONE_CELL).path, {}, named={"cells.csv", "thb.pdf"})
    assert "cells.csv: named by the manifest, and not there" in "\n".join(told)
    assert "thb.pdf: named by the manifest, and not there" in "\n".join(told)
    assert "the version: no PDF" in "\n".join(told)


def test_a_scan_of_empty_files_has_not_passed(store: MakeStore, tmp_path: Path) -> None:
    files = {"cells.csv": HEAD.encode(), "thb.pdf": blank_pdf(0)}
    told = "\n".join(scanned(tmp_path, store(ONE_CELL).path, files, named=set(files)))
    assert "cells.csv: no line below the head" in told
    assert "thb.pdf: no page" in told
    assert "the version: no PDF" not in told


def test_a_scan_beside_no_released_cell_has_not_passed(store: MakeStore, tmp_path: Path) -> None:
    told = scanned(tmp_path, store(NO_CELLS).path, {}, named=set())
    assert "the released cells: none" in "\n".join(told)


@pytest.mark.parametrize("files", [(), (ReleasedFile("thb.csv", "0", {}, {}, frozenset()),)])
def test_a_proof_over_no_cells_is_none(
    contracts: Contracts, files: tuple[ReleasedFile, ...]
) -> None:
    rules = Rules({}, lambda key, status: False)
    with pytest.raises(UserError, match="proves nothing"):
        audit(Knowledge("public", 2022, contracts, rules, files, ()))


def test_figures_of_others_that_are_none_are_refused(contracts: Contracts, tmp_path: Path) -> None:
    (tmp_path / "extra.csv").write_text("key,value\n\n", encoding="utf-8")
    with pytest.raises(UserError, match="there is no figure in it"):
        read_extra(tmp_path / "extra.csv", contracts)


def test_population_is_no_figure_that_was_verified(contracts: Contracts, tmp_path: Path) -> None:
    """A release without figures of the round is refused, whatever the population says."""
    proof = make_proof(tmp_path, contracts)
    code, said = run_verifier(proof.arguments(with_truth=False))
    assert (code, "no figure of" in said) == (0, False)
    for path in tmp_path.rglob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines[0].startswith("key,") and "codelists" not in path.parts:
            kept = f"{lines[0]}\nPOPULATION:RO.2022,1000,inhabitants,A,F,,,\n"
            path.write_text(kept, encoding="utf-8")
    code, said = run_verifier(proof.arguments(with_truth=False))
    assert (code, "there is no figure of 2022" in said) == (1, True)
