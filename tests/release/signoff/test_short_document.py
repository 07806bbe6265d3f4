"""Do the key findings of a report leave with it, checked, marked and signed like it?

The small project has a short document beside its public version.
"""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest
from office import ROUND, Office

from pipeline.contracts.model import Contracts
from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.leaks.secrets import collect
from pipeline.release.copies.verify import verify
from pipeline.release.manifest import MANIFEST, papers_in
from pipeline.release.signoff.again import check_pages_again, count_numbers_again, scan_again
from pipeline.release.signoff.draft import read_files
from pipeline.release.signoff.record import Subject
from pipeline.release.signoff.steps import candidate
from pipeline.report.document.order import short_ledger

pytestmark = pytest.mark.slow
PUBLIC = Subject(ROUND, "thb", "public")
PDF = f"selec-thb-{ROUND}-public-1.pdf"
SHORT = f"selec-thb-{ROUND}-public-1.key-findings.pdf"
SIGNED = f"selec-thb-{ROUND}-public-1.key-findings.signed.pdf"


def texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


def test_it_is_a_file_of_the_version_of_a_few_pages_and_the_manifest_tells_of_its_checks(
    small_built: Path,
) -> None:
    folder = Office(small_built).master("public")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert {PDF, SHORT} <= manifest["outputs"].keys()
    made = manifest["build"]
    assert 0 < made["key_findings_pages"] < made["pages"]
    assert made["key_findings_accessibility"] == {"failed": 0}
    assert made["key_findings_number_audit"]["cells"] > 0
    assert made["key_findings_number_audit"]["unaccounted"] == 0
    read = "\n".join(texts(folder / SHORT))
    assert "Key findings of " in read
    assert f"SELEC/THB/{ROUND}/P/1" in read
    assert [paper.pdf for paper in papers_in(manifest["outputs"])] == [PDF, SHORT]
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert f'href="../{SHORT}"' in page
    assert not [*Office(small_built).master("restricted").glob("*.key-findings.pdf")]


def test_every_page_of_its_draft_says_so_and_none_of_its_master(office: Office) -> None:
    drafts = texts(office.draft("public") / SHORT)
    assert [n for n, text in enumerate(drafts, 1) if text.count("DRAFT 1 · ") != 1] == []
    assert not any("DRAFT" in text for text in texts(office.master("public") / SHORT))


def test_an_edition_holds_it_with_a_signature_of_its_own_and_the_list_links_it(
    released_office: Path,
) -> None:
    project = Office(released_office).project
    folder = project.edition_folder("public", f"thb-{ROUND}-public-1")
    assert (folder / SIGNED).read_bytes().startswith((folder / SHORT).read_bytes())
    told = "\n".join(verify(project, folder / SIGNED))
    assert "signature: valid" in told
    assert f"edition:   thb-{ROUND}-public-1, public version, edition 1" in told
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    parts = {part["@id"] for part in crate["@graph"]}
    assert {SHORT, SIGNED} <= parts
    listed = (folder.parent / "index.html").read_text(encoding="utf-8")
    assert f'<a href="thb-{ROUND}-public-1/{SHORT}">Key findings (PDF)</a>' in listed


def test_a_release_checks_it_again_page_by_page_and_number_by_number(
    office: Office, contracts: Contracts
) -> None:
    with candidate(office.project, PUBLIC) as found:
        master = read_files(office.master("public"))
        asked = found.copy, contracts
        clean = count_numbers_again(*asked, subject=PUBLIC, master=master)
        assert clean.problems == ()
        assert clean.figures.keys() == {"number_audit", "key_findings_number_audit"}
        pages = check_pages_again(*asked, subject=PUBLIC, master=master)
        assert pages.problems == ()
        assert not list(pages.unlike(found.manifest["build"]))
        scanned = scan_again(found.copy, PUBLIC)
        assert scanned.problems == ()
        # The report under the name of its key findings: other numbers, another title.
        other = {**master, SHORT: master[PDF]}
        assert count_numbers_again(*asked, subject=PUBLIC, master=other).problems
        told = check_pages_again(*asked, subject=PUBLIC, master=other).problems
        assert any(line.startswith(f"{SHORT}: ") for line in told)


def test_a_changed_or_missing_ledger_of_it_stops_the_release(office: Office) -> None:
    ledger = short_ledger(office.project.ledger(*_where(PUBLIC)))
    ledger.write_text("[]", encoding="utf-8")
    with candidate(office.project, PUBLIC) as found:
        assert scan_again(found.copy, PUBLIC).problems
    ledger.unlink()
    with candidate(office.project, PUBLIC) as found:
        assert scan_again(found.copy, PUBLIC).problems


def test_its_numbers_are_judged_by_its_own_ledger_which_is_not_believed(office: Office) -> None:
    project, where = office.project, _where(PUBLIC)
    ledger = project.ledger(*where)
    short = short_ledger(ledger)
    # What the renderer claims of a number is not believed: here each cell claims the key of
    # another one.
    entries = json.loads(short.read_text(encoding="utf-8"))
    for entry in entries:
        if "rows" in entry:
            entry["rows"] = [row[::-1] for row in entry["rows"]]
    short.write_text(json.dumps(entries), encoding="utf-8")
    found = scan_version(
        office.master("public"),
        project.store(*where),
        secrets=collect(project, *where),
        shown=ledger,
        beside={SHORT: short},
        root=office.root,
    )
    assert any(SHORT in str(leak) for leak in found.leaks)
    assert not any(PDF in str(leak) for leak in found.leaks)


def _where(subject: Subject) -> tuple[int, str, str]:
    return subject.round, subject.report, subject.version
