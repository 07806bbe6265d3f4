"""Does a validation read back as it was written, and is a record refused that holds
what is no file or no finding?
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import DamagedFileError
from pipeline.findings import Finding
from pipeline.project import Project
from pipeline.returns.intake.reading import FileReading
from pipeline.returns.rules.validated import Validated, read_validation

FILE = FileReading(
    round=2022,
    report="thb",
    state="RO",
    file="2022/thb/RO.xlsx",
    sha256="0" * 64,
    received="2023-03-01",
    contract_version="1.0.0",
    outcome="read",
    cover={"source:THB_VICTIMS": "UNODC", "date": "2023-03-01"},
    kind="xlsx",
)
FINDING = Finding(
    round=2022,
    report="thb",
    state="RO",
    file=FILE.file,
    sheet="1 Victims",
    cell="D7",
    table="THB_VICTIMS",
    key="THB_VICTIMS:RO.2022._T._T",
    rule="THB_VICTIMS.value.change",
    severity="query",
    found="1",
    allowed="2",
    do="3",
)
CONTENT: dict[str, Any] = {
    "round": 2022,
    "files": [FILE.as_json()],
    "findings": [FINDING.as_json()],
    "refused": [["RO", "thb", ""]],
}


def read(folder: Path, content: object) -> Validated:
    project = Project(folder, folder / "outputs")
    path = project.work(2022) / "validation.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_validation(project, 2022)


def test_a_validation_reads_back_as_it_was_written(tmp_path: Path) -> None:
    refused = frozenset({("RO", "thb", "")})
    assert read(tmp_path, CONTENT) == Validated(2022, (FILE,), (FINDING,), refused)
    assert list(FILE.as_json()["cover"]) == ["date", "source:THB_VICTIMS"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"findings": [{**FINDING.as_json(), "severity": "warning"}]}, "wrong in severity"),
        ({"findings": [{}]}, "wrong in allowed"),
        ({"findings": "none"}, "no finding"),
        ({"findings": None}, "not iterable"),
        ({"files": [{**FILE.as_json(), "outcome": "lost"}]}, "wrong in outcome"),
        ({"files": [{**FILE.as_json(), "cover": {"date": 1}}]}, "wrong in cover"),
        ({"files": [{**FILE.as_json(), "cover": []}]}, "wrong in cover"),
        ({"files": [{**FILE.as_json(), "colour": "red"}]}, "wrong in colour"),
        ({"files": ["RO.xlsx"]}, "no file"),
        ({"refused": [["RO"]]}, "not enough values"),
    ],
)
def test_a_record_that_holds_what_is_none_is_damaged(
    tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    with pytest.raises(DamagedFileError, match=told) as refused:
        read(tmp_path, {**CONTENT, **changed})
    assert "make validate ROUND=2022" in str(refused.value)
