"""Are the letters of a CSV file right, or refused where they stand? Never wrong without
a word.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel import Locale

from pipeline.contracts.model import load_contracts
from pipeline.errors import ContractError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.formats.csvtext import read_csv
from pipeline.returns.formats.letters import CODE_PAGES, UNREAD, read_letters
from pipeline.returns.intake.vocabulary import load_words
from pipeline.returns.received import read_round

ROOT = Path(__file__).parents[2]
WORDS = load_words(ROOT / "data_contracts" / "codelists")
# What states write: text, and the code pages that have its letters.
CYRILLIC = ("cp1251", "cp866", "koi8-r", "iso8859-5", "mac-cyrillic")
LATIN = ("cp1250", "cp852", "iso8859-2", "mac-latin2")
GREEK = ("cp1253", "cp737", "iso8859-7", "mac-greek")
NOTES = [
    ("Подаци полиције", ("cp1251", "cp855", "iso8859-5", "mac-cyrillic")),
    ("Данните са от полицията", CYRILLIC),
    ("Само регистрирани дела на полицијата", ("cp1251", "cp855", "iso8859-5", "mac-cyrillic")),
    ("Данные полиции, только уголовные дела", CYRILLIC),
    ("Poliţia Română", LATIN),
    ("Izveštaj granične policije", (*LATIN, "mac-croatian")),
    ("Csak a rendőrség adatai", LATIN),
    ("Göçmen kaçakçılığı, şüpheli sayısı", ("cp1254", "cp857", "iso8859-9", "mac-turkish")),
    ("Të dhëna për viktimë", ("cp1250", "cp1252", "cp852", "cp850", "iso8859-2", "mac-latin2")),
    ("Στοιχεία της Ελληνικής Αστυνομίας", GREEK),
]
HEADER = "table,state,year,citizenship,value,obs_status,conf_status,note\n"


def written(texts: Iterable[str], pages: Iterable[str] = CODE_PAGES) -> list[tuple[str, str]]:
    """Each text with the code pages that have its letters."""
    return [
        (text, page)
        for text in texts
        for page in pages
        if UNREAD not in _there_and_back(text, page)
    ]


def _there_and_back(text: str, page: str) -> str:
    try:
        return text.encode(page).decode(page)
    except UnicodeEncodeError:
        return UNREAD


@pytest.mark.parametrize(
    ("text", "page"), [pair for text, pages in NOTES for pair in written([text], pages)]
)
def test_known_words_tell_the_code_page(text: str, page: str) -> None:
    read, told = read_letters(text.encode(page), WORDS)
    assert read == text
    assert told.removesuffix("-sig") in CODE_PAGES


UNKNOWN = (
    "Жълъд кляр",
    "Ђурђевак",
    "Şahin Ünlü",
    "Χ ψάρι",
    "Čvorak",
    "Žluťoučký kůň",
    "Æble ø",
    "å",
)


@pytest.mark.parametrize(("text", "page"), written(UNKNOWN))
def test_words_that_nobody_knows_are_read_right_or_not_at_all(text: str, page: str) -> None:
    read, told = read_letters(text.encode(page), WORDS)
    assert told == ""
    assert read == "".join(c if c.isascii() else UNREAD for c in text)


@pytest.mark.parametrize("page", CODE_PAGES)
def test_no_known_word_is_another_one_under_a_wrong_page(page: str) -> None:
    """Alone each word is right, or not told, whatever page it came in."""
    told = 0
    for word in sorted(WORDS):
        try:
            data = word.encode(page)
        except UnicodeEncodeError:
            continue
        read, name = read_letters(data, WORDS)
        told += bool(name)
        assert read == word or UNREAD in read, (word, read, name)
    assert told > 20


@pytest.mark.parametrize(
    "language", ["bg", "mk", "sr", "sr_Latn", "bs", "ro", "hu", "el", "tr", "sq", "ru"]
)
def test_no_letter_is_ever_wrong(language: str) -> None:
    """Names in a language, some of them known, in every code page: each letter is
    right, or it is not told.
    """
    names = [name for name in Locale.parse(language).territories.values() if not name.isascii()]
    chance = random.Random(language)
    right = 0
    for text, page in written(
        [" ".join(chance.choices(names, k=chance.randint(1, 5))) for _ in range(40)]
    ):
        read, _ = read_letters(text.encode(page), WORDS)
        assert all(now in (was, UNREAD) for was, now in zip(text, read, strict=True)), (
            text,
            page,
            read,
        )
        right += read == text
    assert right or language == "ro"  # it has letters that no page has


def test_where_pages_are_equally_good_only_the_letters_are_trusted_on_which_they_agree() -> None:
    text = "rendőrség, Šabac"
    read, _ = read_letters(text.encode("iso8859-2"), WORDS)
    assert read in (text, f"rendőrség, {UNREAD}abac")


def test_a_space_that_is_no_letter_needs_no_word() -> None:
    _, line = read_csv(
        "value\n1\u00a0234\n".encode("cp1250"), "RO", names={"value"}, words=WORDS
    ).records
    assert line.fields == ("1 234",)


def test_many_different_words_are_told_in_bounded_time() -> None:
    data = (
        b" ".join(
            b"\xe0%c%c%c" % (97 + n % 26, 97 + n // 26 % 26, 97 + n // 676) for n in range(17_000)
        )
        * 20
    )
    read, told = read_letters(data, WORDS)
    assert told == ""
    assert len(read) == len(data)


# In a round.


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "returns" / "2022" / "thb").mkdir(parents=True)
    return Project(ROOT, tmp_path / "outputs", tmp_path / "returns")


def found(project: Project, state: str, lines: str, page: str, cover: str = "") -> list[Finding]:
    folder = project.returns / "2022" / "thb"
    (folder / f"{state}.csv").write_bytes((HEADER + lines).encode(page))
    answers = f"field,answer\nreport,thb\nstate,{state}\nround,2022\ndate,2023-03-31\n{cover}"
    (folder / f"{state}.cover.csv").write_bytes(answers.encode(page))
    reading = read_round(project, load_contracts(ROOT / "data_contracts"), round_=2022)
    return [f for f in reading.findings if f.state == state and f.report == "thb"]


@pytest.mark.parametrize("state", ["BA", "ME", "MD", "RS", "AL"])
def test_a_state_may_write_in_a_code_page_that_is_not_its_usual_one(
    project: Project, state: str
) -> None:
    lines = (
        f"THB_OFFENCES,{state},2022,,нема,,,Подаци"
        f" полиције\nTHB_VICTIMS_CTZ,{state},2022,Србија,7,,,\n"
    )
    findings = found(project, state, lines, "cp1251", "authority,Министарство унутрашњих послова\n")
    assert [(f.rule, f.severity) for f in findings] == [
        ("encoding", "note"),
        ("missing-word", "note"),
    ]


@pytest.mark.parametrize("page", ["cp1251", "cp866", "koi8-r", "cp852", "cp1250"])
def test_a_note_of_unknown_letters_is_left_out_and_told(project: Project, page: str) -> None:
    text = "Жълъд" if page in ("cp1251", "cp866", "koi8-r") else "Şugubăţ"
    (finding,) = found(project, "BG", f"THB_OFFENCES,BG,2022,,12,,,{text}\n", page)
    assert (finding.rule, finding.severity, finding.cell) == (
        "unknown-letters",
        "query",
        "line 2, column note",
    )
    assert "CSV UTF-8" in finding.do
    assert not any(ord(c) > 127 for c in finding.found)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("THB_OFFENCES,BG,2022,,жълъд,,,\n", "unknown-letters"),
        ("THB_OFFENCES,BG,2022,,12,ж,,\n", "unknown-letters"),
        ("THB_OFFENCES,BG,2022,,12,,ж,\n", "unknown-letters"),
        ("THB_VICTIMS_CTZ,BG,2022,Жълъдия,7,,,\n", "unknown-code"),
    ],
)
def test_a_figure_beside_unknown_letters_keeps_its_table_out(
    project: Project, line: str, rule: str
) -> None:
    errors = [f for f in found(project, "BG", line, "koi8-r") if f.severity == "error"]
    assert [f.rule for f in errors] == [rule]
    assert errors[0].table == line.split(",")[0]


def test_an_answer_of_unknown_letters_is_not_taken_over(project: Project) -> None:
    (finding,) = found(
        project, "BG", "THB_OFFENCES,BG,2022,,12,,,\n", "koi8-r", "authority,Жълъд\n"
    )
    assert (finding.rule, finding.severity, finding.cell) == (
        "unknown-letters",
        "query",
        "line 6, column answer",
    )


@pytest.mark.parametrize(
    "text", [b"wort;sprache\nund;de\n", b"word,language\n,bg\n", b"word,language\n\xff\xfe,bg\n"]
)
def test_a_file_of_words_that_cannot_be_used_is_told(tmp_path: Path, text: bytes) -> None:
    shutil.copytree(ROOT / "data_contracts" / "codelists", tmp_path / "codelists")
    (tmp_path / "words_of_notes.csv").write_bytes(text)
    with pytest.raises(ContractError, match=r"words_of_notes\.csv"):
        load_words(tmp_path / "codelists")
