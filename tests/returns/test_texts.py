"""Is every text that a state reads in the catalogues, and does a second language reach
page, letter and copy?
"""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po
from builds import ROOT
from defects.returns import WorkbookDraft
from openpyxl import load_workbook

from pipeline.contracts.model import Contracts
from pipeline.errors import UserError
from pipeline.project import Project
from pipeline.returns.feedback.send_back import write_feedback
from pipeline.returns.intake.problems import RULES
from pipeline.returns.rules.compile import compile_rules
from pipeline.returns.rules.validation import validate_and_write
from pipeline.returns.texts import catalogue_bytes, extract_texts, load_texts, write_catalogues

LOCALE = ROOT / "templates" / "locale"
# Romanian words for some of the texts; the rest stays English.
WORDS = {
    "Findings": "Constatări",
    "What to do": "Ce trebuie făcut",
    "error": "eroare",
    "Found": "Constatat",
    "give the number alone and move the rest to the note": (
        "dați numai numărul și mutați restul în notă"
    ),
    "Findings of round %(round)s": "Constatări din runda %(round)s",
    "No table was refused.": "Niciun tabel nu a fost respins.",
    "What was received": "Ce s-a primit",
    "page": "pagina",
    "1 table refused": "1 tabel respins",
    "a whole number of {unit}": "un număr întreg de {unit}",
}


def messages(catalog: Catalog) -> dict[Any, list[str]]:
    return {m.id: sorted(name for name, _ in m.locations) for m in catalog if m.id}


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    return extract_texts(Project(ROOT))


@pytest.fixture
def elsewhere(tmp_path: Path, extracted: Catalog) -> Project:
    """A project that also speaks Romanian."""
    for name in ("data_contracts", "pipeline"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    catalog = Catalog(locale="ro")
    catalog.update(extracted)
    for source, spoken in WORDS.items():
        assert source in catalog, f"no text '{source}'"
        catalog[source].string = spoken
    counted = next(
        m for m in catalog if isinstance(m.id, tuple) and m.id[0].startswith("One figure or text")
    )
    counted.string = ("O cifră", "%(n)s cifre", "%(n)s de cifre")
    write_catalogue(tmp_path, "ro", catalogue_bytes(catalog))
    return Project(tmp_path, tmp_path / "outputs", tmp_path / "returns", language="ro")


def write_catalogue(root: Path, language: str, content: bytes) -> None:
    path = root / "templates" / "locale" / language / "messages.po"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def test_the_list_of_texts_is_that_of_the_code(extracted: Catalog) -> None:
    listed = messages(read_po(io.BytesIO((LOCALE / "messages.pot").read_bytes())))
    assert listed == messages(extracted), "run 'make texts'"


def test_english_has_every_text(extracted: Catalog) -> None:
    catalog = read_po(io.BytesIO((LOCALE / "en" / "messages.po").read_bytes()), locale="en")
    assert set(messages(catalog)) == set(messages(extracted)), "run 'make texts'"


def test_texts_of_code_templates_and_rules_are_listed(extracted: Catalog) -> None:
    found = {name for names in messages(extracted).values() for name in names}
    assert {
        "pipeline/returns/intake/problems.py",
        "pipeline/returns/rules/compile.py",
        "pipeline/returns/rules/pages.py",
        "pipeline/returns/feedback/words.py",
        "pipeline/returns/feedback/letter.py",
        "templates/feedback/letter.html.j2",
        "templates/findings/state.html.j2",
        "templates/findings/macros.html.j2",
        "templates/findings/index.html.j2",
    } <= found


def test_what_a_rule_asks_can_be_said_in_every_language(
    extracted: Catalog, contracts: Contracts
) -> None:
    known = {m for m in messages(extracted) if isinstance(m, str)}
    fields = [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(m))) for m in known if "{" in m]

    def is_known(text: str) -> bool:
        return text in known or any(f.fullmatch(text) for f in fields)

    asked = [(f"intake {name}", t) for name, r in RULES.items() for t in (r.allowed, r.do)]
    for contract in contracts:
        for rule in compile_rules(contracts, contract, round_=2022):
            asked.append((rule.rule_id, rule.do))
            if not rule.rule_id.endswith(".code"):  # a list of codes is no text
                asked.append((rule.rule_id, rule.allowed))
    assert len(asked) > 1_000
    assert [a for a in asked if not is_known(a[1])] == []


def test_templates_hold_no_text_outside_the_catalogues() -> None:
    for path in (
        *(ROOT / "templates/findings").glob("*.j2"),
        *(ROOT / "templates/feedback").glob("*.j2"),
    ):
        taken = r"\{%-? *trans.*?endtrans *-?%\}|\{[#%{].*?[#%}]\}|<style>.*?</style>"
        text = re.sub(taken, "", path.read_text("utf-8"), flags=re.DOTALL)
        left = [t.strip() for t in re.findall(r">([^<>]*)<", text) if re.search(r"[A-Za-z]{3}", t)]
        # The name of the Center and the marking are its own.
        own = {
            "Southeast European Law Enforcement Center",
            "For law enforcement and judicial use only",
        }
        assert set(left) <= own, path.name


def test_a_text_with_fields_is_recognised(elsewhere: Project) -> None:
    texts = load_texts(elsewhere)
    assert texts.say("a whole number of persons") == "un număr întreg de persons"
    assert texts.say("Findings") == "Constatări"
    assert texts.say("a text that nobody translated") == "a text that nobody translated"
    assert texts.say("") == ""


def test_a_second_language_reaches_page_letter_and_copy(
    elsewhere: Project, contracts: Contracts
) -> None:
    folder = elsewhere.returns / "2022" / "thb"
    folder.mkdir(parents=True)
    draft = WorkbookDraft("thb", "RO")
    draft.figure("THB_OFFENCES").value = "ten"
    (folder / "RO.xlsx").write_bytes(draft.bytes())
    validation = validate_and_write(elsewhere, contracts, round_=2022)
    write_feedback(elsewhere, contracts, validation=validation, state="RO")
    findings = elsewhere.findings(2022)

    page = (findings / "RO.html").read_text(encoding="utf-8")
    assert '<html lang="ro">' in page
    assert "Ce trebuie făcut" in page
    assert "dați numai numărul" in page
    assert "Constatări din runda 2022" in (findings / "index.html").read_text(encoding="utf-8")
    machine = (findings / "findings.json").read_text(encoding="utf-8")
    assert "give the number alone" in machine
    assert "dați" not in machine

    book = load_workbook(findings / "RO" / "RO-thb-2022-marked.xlsx")
    assert book.sheetnames[0] == "Constatări"
    assert "Constatat: ten\n" in book["9 Offences"]["K7"].comment.text

    import pypdf

    reader = pypdf.PdfReader(findings / "RO" / "RO-2022-letter.pdf")
    said = "".join(p.extract_text() for p in reader.pages)
    assert "Ce s-a primit" in said
    assert "1 tabel respins" in said
    assert "aprilie 2023" in said
    assert reader.trailer["/Root"]["/Lang"] == "ro"  # type: ignore[index]


@pytest.mark.parametrize(
    ("language", "content", "told"),
    [
        ("de", None, "no texts in the language 'de'"),
        ("../en", None, "no texts in the language"),
        ("xx", 'msgid "a"\nmsgstr "b"\n', "not a catalogue"),
        ("de", "nonsense", "not a catalogue"),
        ("de", '#, python-format\nmsgid "%(n)s days"\nmsgstr "%(m)s Tage"\n', "does not fit"),
        (
            "de",
            'msgid "a whole number of {unit}"\nmsgstr "eine ganze Zahl {einheit}"\n',
            "has other fields",
        ),
    ],
)
def test_a_catalogue_that_is_missing_or_wrong_is_told(
    elsewhere: Project, language: str, content: str | None, told: str
) -> None:
    if content:
        head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        write_catalogue(elsewhere.root, language, (head + content).encode())
    with pytest.raises(UserError, match=told):
        load_texts(Project(elsewhere.root, language=language))


def test_translations_are_kept_when_texts_are_listed_anew(elsewhere: Project) -> None:
    path = elsewhere.templates / "locale" / "ro" / "messages.po"
    before = load_texts(elsewhere)
    path.write_text(
        path.read_text("utf-8") + '\nmsgid "a text that is gone"\nmsgstr "un text"\n',
        encoding="utf-8",
    )
    assert path in write_catalogues(elsewhere)
    after = load_texts(elsewhere)
    for source in WORDS:
        assert after.say(source) == before.say(source) == WORDS[source]
    assert after.say("a text that is gone") == "a text that is gone"
    assert write_catalogues(elsewhere)
    again = path.read_bytes()
    write_catalogues(elsewhere)
    assert path.read_bytes() == again


def test_the_language_of_the_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LANG", "LC_ALL"):
        monkeypatch.setenv(name, "ro_RO.UTF-8")
    monkeypatch.delenv("SELEC_LANGUAGE", raising=False)
    assert Project.here().language == "en"
    monkeypatch.setenv("SELEC_LANGUAGE", "ro")
    assert Project.here().language == "ro"
    assert Project.here("en").language == "en"
