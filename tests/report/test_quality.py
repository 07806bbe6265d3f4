"""Does the quality report stand under the headings of SIMS, with figures that named
queries give, and only its own?
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from builds import ROOT

from pipeline.errors import UserError
from pipeline.inspection.readback.values import read_register
from pipeline.numbers.stored_tables import StoredFact
from pipeline.report.document.quality import quality_lines
from pipeline.report.printing import Printing

SIMS = (
    "Contact",
    "Metadata update",
    "Statistical presentation",
    "Unit of measure",
    "Reference period",
    "Institutional mandate",
    "Confidentiality",
    "Release policy",
    "Frequency",
    "Accessibility and clarity",
    "Quality management",
    "Relevance",
    "Accuracy",
    "Timeliness and punctuality",
    "Coherence and comparability",
    "Cost and burden",
    "Data revision",
    "Statistical processing",
    "Comment",
)
CELLS = """
key                          | value
THB_VICTIMS:RO.2022._T._T    | 500
THB_VICTIMS:RO.2022.F._T     | c
THB_VICTIMS:SELEC.2022._T._T | 500
THB_VICTIMS:AL.2022._T._T    | <5
"""


@pytest.fixture
def definition() -> list[dict[str, object]]:
    path = ROOT / "templates" / "shared" / "quality.yaml"
    content: list[dict[str, object]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def test_the_headings_are_those_of_sims_in_their_order(definition: list[dict[str, object]]) -> None:
    assert tuple(h["heading"] for h in definition) == SIMS


def test_every_query_stands_somewhere_and_says_what_it_counts(
    definition: list[dict[str, object]],
) -> None:
    used = {f["query"] for h in definition for f in h.get("figures", ())}  # type: ignore[attr-defined]
    files = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "sql/quality").glob("*.sql")}
    assert used == files.keys()
    assert [n for n, text in files.items() if not text.startswith("-- ")] == []


@pytest.mark.parametrize(("version", "restricted_only"), [("restricted", True), ("public", False)])
def test_the_figures_are_those_of_the_store_and_findings_stand_in_the_restricted_version(
    store: Callable[..., Printing], version: str, restricted_only: bool
) -> None:
    sent = [
        StoredFact("round", "2022"),
        StoredFact("cutoff", "2023-03-31"),
        StoredFact("sent_suppressed", "1"),
        StoredFact("withheld_suppressed", "0"),
    ]
    made = store(CELLS, version=version, meta=sent)
    lines = {q.query: q.text for q in quality_lines(made, ROOT) if q.query}
    assert (lines["cells"], lines["cells_shown"], lines["cells_withheld"]) == ("4", "2", "1")
    assert (lines["withheld_rate"], lines["sent_suppressed_rate"]) == ("25.0", "25.0")
    assert ("finding_queries" in lines, "revised" in lines) == (restricted_only, restricted_only)
    # The checks work them out by themselves.
    register = read_register(made.path)
    assert {name: register.printed(f"query({name})") for name in lines} == {
        name: (t,) for name, t in lines.items()
    }
    assert register.printed("query(nothing)") == ()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (None, "no query 'cells'"),
        ("select 1, 2", "no single number"),
        ("select from", "does not run"),
    ],
)
def test_a_query_that_is_missing_or_gives_no_number_is_told(
    store: Callable[..., Printing], tmp_path: Path, sql: str | None, told: str
) -> None:
    (tmp_path / "templates/shared").mkdir(parents=True)
    (tmp_path / "sql/quality").mkdir(parents=True)
    (tmp_path / "templates/shared/quality.yaml").write_text(
        "- {heading: Contact, says: a, figures: [{what: b, query: cells}]}", encoding="utf-8"
    )
    if sql is not None:
        (tmp_path / "sql/quality/cells.sql").write_text(sql, encoding="utf-8")
    with pytest.raises(UserError, match=told):
        list(quality_lines(store(CELLS), tmp_path))
