"""Does the metadata of an edition name all its files, and nobody of the record?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from pipeline.release.manifest import sha256
from pipeline.release.signoff.crate import CRATE, Described, crate_json
from pipeline.report.edition import Edition, Replaced

FILES = {"selec-thb-2022-public-2.pdf": b"%PDF", "cells.csv": b"key\n", "html/index.html": b"<p>"}
FIRST = Replaced("thb-2022-public-1", 1, date(2023, 5, 5))
ABOUT = Described(
    "thb-2022-public-2",
    "Report on Trafficking, 2022",
    "Public version, reference year 2022",
    "May be freely used",
    "SELEC/THB/2022/P/2",
    Edition(2, FIRST),
    date(2023, 6, 5),
    "0" * 40,
    ("reviewer", "director"),
    "f" * 64,
)


def entities(about: Described = ABOUT) -> dict[str, dict[str, object]]:
    content = json.loads(crate_json(about, FILES))
    assert content["@context"] == "https://w3id.org/ro/crate/1.1/context"
    return {entity["@id"]: entity for entity in content["@graph"]}


def references(value: object) -> list[str]:
    """Every entity that is named by another one."""
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if isinstance(value, dict):
        return [str(value["@id"])] if set(value) == {"@id"} else references([*value.values()])
    return []


def test_a_crate_describes_itself_its_root_and_every_file() -> None:
    found = entities()
    assert found[CRATE]["about"] == {"@id": "./"}
    assert found[CRATE]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert found["./"]["datePublished"] == "2023-06-05"
    assert found["./"]["hasPart"] == [{"@id": name} for name in sorted(FILES)]
    for name, data in FILES.items():
        assert found[name]["@type"] == "File"
        assert (found[name]["sha256"], found[name]["contentSize"]) == (sha256(data), str(len(data)))


def test_every_entity_that_is_named_is_described() -> None:
    found = entities()
    named = {name for entity in found.values() for name in references([*entity.values()])}
    assert named - set(found) == {"https://w3id.org/ro/crate/1.1"}


def test_an_edition_names_the_one_that_it_replaces() -> None:
    found = entities()
    assert found["./"]["isBasedOn"] == {"@id": "#thb-2022-public-1"}
    assert "Replaces edition 1 of 5 May 2023" in str(found["./"]["description"])
    assert "isBasedOn" not in entities(replace(ABOUT, edition=Edition()))["./"]


def test_a_trial_says_so() -> None:
    assert "creativeWorkStatus" not in entities()["./"]
    trial = replace(ABOUT, trial="REHEARSAL: signed by nobody")
    assert entities(trial)["./"]["creativeWorkStatus"] == "REHEARSAL: signed by nobody"
