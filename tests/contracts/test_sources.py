"""Does anything of what a state wrote on a cover reach others, but what the Center
listed or cleared?
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from builds import ROOT
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.model import Contracts
from pipeline.contracts.sources import ANOTHER, Sources, load_sources, text_hash
from pipeline.inspection.leaks.senders import check_store
from pipeline.inspection.readback.report import ScanReport

GLOTIP = "UNODC, Trafficking in persons (GLOTIP)"
STORY = "3 girls from one village near Cluj were repatriated from Denmark in 2020"


@pytest.fixture(scope="module")
def sources() -> Sources:
    return load_sources(ROOT / "data_contracts" / "codelists")


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        (f"{GLOTIP}, release 14/04/2025", f"{GLOTIP}, release 14/04/2025"),
        (
            "unodc,  TRAFFICKING in persons (glotip), RELEASE 14/04/2025.",
            f"{GLOTIP}, release 14/04/2025",
        ),
        ("GLOTIP", GLOTIP),
        ("glotip, release 14 april 2025", f"{GLOTIP}, release 14 April 2025"),
        ("GLOTIP, edition 2024", f"{GLOTIP}, edition 2024"),
        ("GLOTIP, release not stated in the file", f"{GLOTIP}, release not stated in the file"),
        (
            "EIPRE, release 22/04/26 23:00:00",
            (
                "Eurostat, Third-country nationals found to be illegally present (migr_eipre),"
                " release 22/04/26 23:00:00"
            ),
        ),
        ("Police register; Court statistics", "Police records; Court records"),
        ("Police register; POLICE", "Police records"),
        (
            "UNODC, annex 7.1 Drug seizures, 2019-2023, World Drug Report 2025",
            "UNODC, annex 7.1 Drug seizures, 2019-2023, World Drug Report 2025",
        ),
        ("", ""),
        (" ; ", ""),
    ],
)
def test_a_source_of_the_list_is_printed_as_the_center_writes_it(
    sources: Sources, said: str, printed: str
) -> None:
    assert sources.for_others(said) == printed
    assert sources.is_for_others(printed)


@pytest.mark.parametrize(
    "said",
    [
        STORY,
        f"{GLOTIP}, {STORY}",
        f"{GLOTIP}, release {STORY}",
        f"{GLOTIP}, release 31/02/2024",
        f"{GLOTIP}, release 14/04/2025, three girls",
        f"{GLOTIP}, release 3",
        f"{GLOTIP}, release 1234",
        f"{GLOTIP}, release \u0661\u0664/\u0660\u0664/\u0662\u0660\u0662\u0665",
        f"{GLOTIP} three girls",
        "UNODC, annex 7.1 Drug seizures, 3 girls, World Drug Report 2024",
        "annex 7.1 Drug seizures",
        "WDR",
        "Police register: 3",
        "Police register (three girls)",
        "\u202eGLOTIP",
        "GLO\u200bTIP",
        "{year}",
        "<b>UNODC</b>",
        "<b>GLOTIP</b>",
        "=1+1",
        "GLOTIP\n3",
        "GLOTIP, release 2025-04-14T03",
        "GLOTIP, edition 2024-3",
    ],
)
def test_any_other_text_is_not_printed(sources: Sources, said: str) -> None:
    assert sources.for_others(said) == ANOTHER
    assert not sources.is_for_others(said)


@given(st.text(max_size=60))
def test_whatever_a_state_writes_comes_out_as_a_text_of_the_list_or_not_at_all(said: str) -> None:
    sources = load_sources(ROOT / "data_contracts" / "codelists")
    printed = sources.for_others(said)
    assert sources.for_others(printed.replace(ANOTHER, "")) == printed.replace(ANOTHER, "").strip(
        "; "
    )
    assert sources.is_for_others(printed)


def test_a_cleared_text_is_printed_letter_for_letter_and_no_other(sources: Sources) -> None:
    text = "Register of the Ministry of Health"
    cleared = Sources(sources.codes, sources.aliases, frozenset({text_hash(text)}))
    assert cleared.for_others(f"GLOTIP;  {text} ") == f"{GLOTIP}; {text}"
    assert cleared.for_others(text.lower()) == cleared.for_others(f"{text}, 3 girls") == ANOTHER
    assert sources.for_others(text) == ANOTHER


def test_a_definition_says_what_the_form_offers_or_was_cleared(sources: Sources) -> None:
    cleared = Sources(sources.codes, sources.aliases, frozenset({text_hash("only adults")}))
    said = [
        cleared.definition_for_others(t)
        for t in ("Yes", " partly", "only adults", "3 girls", "yes, 3 girls", "")
    ]
    assert said == ["yes", "partly", "only adults", "", "", ""]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "thb.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table cells (key varchar, note varchar, unit varchar, states varchar[])"
        )
        connection.execute(
            "create table sources (state varchar, source varchar, definition varchar)"
        )
        connection.execute("create table findings (found varchar)")
        connection.execute("create table meta (name varchar, value varchar)")
        connection.execute(
            "insert into cells values ('THB_VICTIMS:RO.2022._T._T', '', 'victims', ['RO'])"
        )
        connection.execute(f"insert into sources values ('RO', '{GLOTIP}', 'yes')")
        connection.execute("insert into meta values ('cutoff', '2025-04-30'), ('round', '2022')")
    return path


def judged(store: Path, contracts: Contracts) -> tuple[tuple[str, ...], list[str]]:
    report = ScanReport()
    named = check_store(store, contracts, sources=load_sources(contracts.codelists), report=report)
    return named, [f"{leak.where}: {leak.what}" for leak in report.leaks]


def test_a_store_of_listed_sources_is_clean(store: Path, contracts: Contracts) -> None:
    assert judged(store, contracts) == ((GLOTIP,), [])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("update cells set note = 'canary'", "cells.note"),
        ("update cells set key = 'three girls'", "cells.key"),
        ("update cells set unit = 'girls'", "cells.unit"),
        ("update cells set states = ['Cluj']", "cells.states"),
        ("update sources set source = 'canary'", "sources.source"),
        (f"update sources set source = '{GLOTIP}; canary'", "sources.source"),
        ("update sources set definition = 'canary'", "sources.definition"),
        ("update sources set state = 'Cluj'", "sources.state"),
        ("insert into findings values ('x')", "findings.found"),
        ("update meta set value = '3 girls' where name = 'cutoff'", "meta.cutoff"),
        ("update meta set value = '2022 girls' where name = 'round'", "meta.round"),
        ("insert into meta values ('told', '1')", "meta.told"),
        ("alter table cells add column remark varchar default 'x'", "cells.remark"),
        ("create table more as select 'x' as said", "more.said"),
    ],
)
def test_a_text_of_a_sender_in_a_store_is_a_leak(
    store: Path, contracts: Contracts, change: str, where: str
) -> None:
    with duckdb.connect(str(store)) as connection:
        connection.execute(change)
    named, leaks = judged(store, contracts)
    assert [leak.split(": ")[0] for leak in leaks] == [f"store, {where}"]
    assert all("canary" not in text for text in named)
