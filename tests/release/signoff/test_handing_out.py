"""Who received which copy, and does a leaked page name it?"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from builds import copy_tree
from office import ROUND, Office
from PIL import Image

from pipeline.errors import SignOffError, UserError
from pipeline.release.copies.hand_out import every_copy, make_copies
from pipeline.release.copies.recipients import read_recipients
from pipeline.release.copies.verify import verify, whose
from pipeline.release.manifest import sha256
from pipeline.release.signoff.record import Subject

pytestmark = pytest.mark.slow
EDITION = f"thb-{ROUND}-restricted-1"
PUBLIC_EDITION = f"thb-{ROUND}-public-1"
STEM = f"selec-{EDITION}-copy-002"
PAGE = 3  # counted from nought; full of text and figures


@pytest.fixture(scope="module")
def copy(released_office: Path) -> Path:
    return (
        released_office / "records" / "releases" / "copies" / "restricted" / EDITION / f"{STEM}.pdf"
    )


@pytest.fixture(scope="module")
def password(released_office: Path) -> Path:
    return (
        released_office
        / "records"
        / "releases"
        / "passwords"
        / "restricted"
        / EDITION
        / f"{STEM}.txt"
    )


def test_a_copy_is_locked_with_aes_256_and_logged_without_its_password(
    released_office: Path, copy: Path, password: Path
) -> None:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(copy)
    secret = password.read_text(encoding="utf-8").strip()
    with pikepdf.open(copy, password=secret) as opened:
        assert (opened.encryption.R, opened.encryption.bits) == (6, 256)
        assert str(opened.encryption.stream_method).endswith("aesv3")
        assert (opened.allow.accessibility, opened.allow.extract, opened.allow.modify_other) == (
            True,
            False,
            False,
        )
    log = copy.parent.with_suffix(".jsonl").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in log.splitlines()]
    assert [(e["copy"], e["name"], e["organisation"]) for e in entries] == [
        (1, "Ana Pop", "Ministry of Interior of RO"),
        (2, "Николай Димитров", "ГДБОП"),
        (3, "Μαρία Κ.", "ΕΛ.ΑΣ."),
    ]
    assert entries[1]["sha256"] == sha256(copy.read_bytes())
    assert (entries[1]["edition"], entries[1]["day"]) == (EDITION, "2023-05-06")
    secrets = [p.read_text(encoding="utf-8").strip() for p in password.parent.iterdir()]
    assert len(set(secrets)) == 3
    assert not [s for s in secrets if s in log]


def test_every_page_bears_number_and_name_and_stays_as_conforming_as_the_edition(
    released_office: Path, copy: Path, password: Path
) -> None:
    from pikepdf import pdfa

    secret = password.read_text(encoding="utf-8").strip()
    with pypdfium2.PdfDocument(copy, password=secret) as opened:
        texts = [page.get_textpage().get_text_range() for page in opened]
    assert [n for n, t in enumerate(texts, 1) if "Copy 2 · Николай Димитров, ГДБОП" not in t] == []
    edition = Office(released_office).project.edition_folder("restricted", EDITION)
    with (
        pikepdf.open(edition / f"selec-thb-{ROUND}-restricted-1.pdf") as before,
        pikepdf.open(copy, password=secret) as after,
    ):
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert tags(after) == tags(before)
        assert {f.rule for f in pdfa.check(after, "3b").findings} <= {
            f.rule for f in pdfa.check(before, "3b").findings
        }


def tags(pdf: pikepdf.Pdf) -> list[str]:
    """Kinds of the elements of the structure tree, in the order of the file."""
    return [
        str(o.S)
        for o in pdf.objects
        if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"
    ]


def half_page(copy: Path, password: Path, number: int) -> bytes:
    """What a leaker makes of a copy: one page, its lower half, unlocked, without
    metadata and tags, written anew.
    """
    with (
        pikepdf.open(copy, password=password.read_text(encoding="utf-8").strip()) as opened,
        pikepdf.new() as leaked,
    ):
        leaked.pages.append(opened.pages[number])
        page = leaked.pages[0]
        left, bottom, right, top = (float(v) for v in page.mediabox)
        for box in ("/TrimBox", "/BleedBox", "/CropBox", "/StructParents"):
            if box in page:
                del page[box]
        page.mediabox = [left + 30, bottom + 40, right - 30, (top - bottom) / 2]
        out = io.BytesIO()
        leaked.save(out)
    return out.getvalue()


def test_half_a_page_or_a_picture_of_it_names_the_copy(
    released_office: Path, copy: Path, password: Path, tmp_path: Path
) -> None:
    leaked = half_page(copy, password, PAGE)
    assert "Copy 2" not in pypdfium2.PdfDocument(leaked)[0].get_textpage().get_text_bounded()
    (tmp_path / "leaked.pdf").write_bytes(leaked)
    office = Office(released_office)
    told = office.done("trace", FILE=str(tmp_path / "leaked.pdf"))
    assert f"page 1: restricted {EDITION} copy 2: Николай Димитров, ГДБОП" in told
    picture = Image.fromarray(
        pypdfium2.PdfDocument(leaked)[0]
        .render(scale=150 / 72, rev_byteorder=True)
        .to_numpy()[:, :, :3]
    )
    picture.rotate(1.2, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC).save(
        tmp_path / "leaked.jpg", quality=90
    )
    assert "copy 2: Николай Димитров" in "\n".join(whose(office.project, tmp_path / "leaked.jpg"))


def test_a_page_of_the_edition_itself_names_nobody(released_office: Path, tmp_path: Path) -> None:
    project = Office(released_office).project
    file = project.edition_folder("restricted", EDITION) / f"selec-thb-{ROUND}-restricted-1.pdf"
    with pikepdf.open(file) as opened, pikepdf.new() as one:
        one.pages.append(opened.pages[PAGE])
        one.save(tmp_path / "page.pdf")
    with pytest.raises(SignOffError, match="no page bears the pattern"):
        list(whose(project, tmp_path / "page.pdf"))


def test_verify_says_what_a_file_is(
    released_office: Path, copy: Path, password: Path, tmp_path: Path
) -> None:
    office = Office(released_office)
    told = office.done("verify", FILE=str(copy), PASSWORD_FILE=str(password))
    assert (
        f"copy:      restricted {EDITION} copy 2: Николай Димитров, ГДБОП, since 2023-05-06" in told
    )
    assert "pattern:   that of this copy" in told
    assert f"edition:   {EDITION}, restricted version, edition 1, released 2023-05-05" in told
    assert "public" not in told.replace(str(copy), "")
    signed = (
        office.project.edition_folder("public", PUBLIC_EDITION)
        / f"selec-thb-{ROUND}-public-1.signed.pdf"
    )
    told = "\n".join(verify(office.project, signed))
    assert "signature: valid; a TEST certificate" in told
    assert told.count("TEST:      ") == 2  # of the release, and of the signature
    assert "signed with a test certificate that anybody can make: it proves nothing" in told
    assert (
        f"edition:   {PUBLIC_EDITION}, public version, edition 1, released 2023-05-05:"
        f" {signed.name}" in told
    )
    assert f"bytes are selec-thb-{ROUND}-public-1.pdf, " in told
    broken = bytearray(signed.read_bytes())
    broken[len(broken) // 2] ^= 1
    (tmp_path / "broken.pdf").write_bytes(bytes(broken))
    with pytest.raises(SignOffError, match="the signature does not hold"):
        list(verify(office.project, tmp_path / "broken.pdf"))


def test_a_file_under_the_name_of_another_version_is_said_and_refused(
    released_office: Path, tmp_path: Path
) -> None:
    project = Office(released_office).project
    file = project.edition_folder("restricted", EDITION) / f"selec-thb-{ROUND}-restricted-1.pdf"
    taken = tmp_path / f"selec-thb-{ROUND}-public-1.pdf"
    taken.write_bytes(file.read_bytes())
    told: list[str] = []
    with pytest.raises(
        SignOffError,
        match=f"is a file of thb {ROUND} public, and this is one of thb {ROUND} restricted",
    ):
        told.extend(verify(project, taken))
    mine = tmp_path / "downloaded.pdf"
    mine.write_bytes(file.read_bytes())
    text = "\n".join(verify(project, mine))
    assert f"name:      here it is downloaded.pdf; in the edition it is {file.name}" in text
    assert f"edition:   {EDITION}, restricted version" in text
    assert "public version" not in text


def test_a_locked_copy_with_another_password_and_a_cut_one_get_a_sentence(
    released_office: Path, copy: Path, tmp_path: Path
) -> None:
    project = Office(released_office).project
    assert "not its password" in "\n".join(verify(project, copy, "wrong"))
    (tmp_path / "cut.pdf").write_bytes(copy.read_bytes()[:20_000])
    with pytest.raises(SignOffError, match="no file of any edition and no copy, or it was changed"):
        list(verify(project, tmp_path / "cut.pdf"))
    with pytest.raises(UserError, match="damaged"):
        list(whose(project, tmp_path / "cut.pdf"))


def test_who_has_a_copy_gets_no_second_one_and_a_new_one_the_next_number(
    released_office: Path, tmp_path: Path
) -> None:
    office = Office(copy_tree(released_office, tmp_path / "office"))
    text = "name,organisation\nana pop,Ministry of Interior of RO\nEmine Y.,KOM\n"
    (tmp_path / "more.csv").write_text(text, encoding="utf-8")
    people = read_recipients(tmp_path / "more.csv")
    who = office.person("analyst", "2023-06-01")
    told = "\n".join(
        make_copies(office.project, Subject(ROUND, "thb", "restricted"), recipients=people, who=who)
    )
    assert "ana pop, Ministry of Interior of RO has copy 1 since 2023-05-06" in told
    assert "copy 4 for Emine Y., KOM" in told
    assert len(every_copy(office.project)) == 4


def test_what_was_released_and_handed_out_is_for_its_owner_only(released_office: Path) -> None:
    releases = released_office / "records" / "releases"
    found = list(releases.rglob("*"))
    assert len(found) > 30
    assert [str(p) for p in found if p.stat().st_mode & 0o077] == []
    for name in ("signoff", "copies", "passwords", "keys"):
        modes = {(p.is_dir(), p.stat().st_mode & 0o777) for p in (releases / name).rglob("*")}
        assert modes <= {(True, 0o700), (False, 0o600)}, name
