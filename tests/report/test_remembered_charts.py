"""Are charts of the last build taken again, and only where nothing of them changed?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from pipeline.project import Project
from pipeline.release.order import begin_version, charts_path
from pipeline.report.charts import remembered
from pipeline.report.charts.draw import draw_chart
from pipeline.report.charts.remembered import Charts, code_digest, name_of, read_charts
from pipeline.report.document.order import CHARTS
from pipeline.report.views import ChartData, Point, Series
from pipeline.system.kept import keep_bytes

POINTS = (Point("2021", 3.0, "3", "K:RO.2021"), Point("2022", 5.0, "5", "K:RO.2022"))
DATA = ChartData("line", (Series("Romania", POINTS),), "victims", "Victims", labels={"a": "b"})
ROOT = Path(__file__).parents[2]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[ChartData]:
    """The charts that are really drawn, each as often as it is."""
    found: list[ChartData] = []

    def draw(data: ChartData, *, width_mm: float, height_mm: float | None) -> str:
        found.append(data)
        return draw_chart(data, width_mm=width_mm, height_mm=height_mm)

    monkeypatch.setattr(remembered, "draw_chart", draw)
    return found


def kept(charts: Charts, folder: Path) -> Charts:
    """The memory as the next build finds it."""
    (folder / CHARTS).write_bytes(charts.as_json())
    return read_charts(folder / CHARTS)


def test_a_chart_is_drawn_once_and_comes_out_equal(drawn: list[ChartData], tmp_path: Path) -> None:
    first = Charts()
    svg = first.draw(DATA, width_mm=160, height_mm=None)
    assert first.draw(DATA, width_mm=160, height_mm=None) == svg
    assert len(drawn) == 1
    assert kept(first, tmp_path).draw(DATA, width_mm=160, height_mm=None) == svg
    assert svg == draw_chart(DATA, width_mm=160)
    assert len(drawn) == 1


def others() -> Iterator[tuple[str, ChartData]]:
    """The chart with one thing changed, for each thing that it holds."""
    yield "unit", replace(DATA, unit="another")
    yield "title", replace(DATA, title="another")
    yield "x_title", replace(DATA, x_title="another")
    yield "kind", replace(DATA, kind="bar")
    yield "labels", replace(DATA, labels={"a": "c"})
    yield "series", replace(DATA, series=(Series("Bulgaria", POINTS),))
    changed = {
        "x": "2020",
        "value": 5.000000001,
        "text": "5.0",
        "key": "K:BG.2022",
        "status": "break",
        "coverage": "9 of 11",
        "joined": False,
    }
    assert set(changed) == {f.name for f in fields(Point)}
    for name, value in changed.items():
        point = replace(POINTS[1], **{name: value})  # type: ignore[arg-type]
        yield name, replace(DATA, series=(Series("Romania", (POINTS[0], point)),))


@pytest.mark.parametrize(("name", "other"), list(others()), ids=lambda value: str(value)[:12])
def test_one_that_differs_in_anything_is_another(name: str, other: ChartData) -> None:
    assert name
    same = name_of(DATA, width_mm=160, height_mm=None)
    assert name_of(other, width_mm=160, height_mm=None) != same
    assert name_of(replace(DATA), width_mm=160.0, height_mm=None) == same


def test_another_size_or_code_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name_of(DATA, width_mm=w, height_mm=h) for w in (83, 160) for h in (None, 40, 50)}
    assert len(names) == 6
    code_digest.cache_clear()
    monkeypatch.setattr(remembered, "digest_of", lambda *_modules: "other code")
    assert name_of(DATA, width_mm=160, height_mm=None) not in names
    code_digest.cache_clear()


def test_what_is_no_longer_asked_for_is_forgotten(drawn: list[ChartData], tmp_path: Path) -> None:
    charts = Charts()
    for title in ("Victims", "Suspects"):
        charts.draw(replace(DATA, title=title), width_mm=160, height_mm=None)
    again = kept(charts, tmp_path)
    again.draw(replace(DATA, title="Suspects"), width_mm=160, height_mm=None)
    assert len(again.known) == 2
    assert list(kept(again, tmp_path).known) == [
        name_of(replace(DATA, title="Suspects"), width_mm=160, height_mm=None)
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff"])
def test_a_memory_that_cannot_be_read_only_costs_time(
    drawn: list[ChartData], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / CHARTS).write_bytes(content)
    charts = read_charts(tmp_path / CHARTS)
    assert charts == Charts()
    charts.draw(DATA, width_mm=160, height_mm=None)
    assert len(drawn) == 1


def in_folder_of(project: Project, version: str) -> dict[str, str]:
    """The drawings that the renderer of a version finds in its folder."""
    order = begin_version(project, 2022, report="thb", version=version)
    found = order.out / CHARTS
    return json.loads(found.read_bytes()) if found.exists() else {}


def test_a_renderer_gets_the_drawings_of_its_own_version_only(tmp_path: Path) -> None:
    project = Project(ROOT, tmp_path)
    for report, version in (("thb", "restricted"), ("thb", "public"), ("octa", "public")):
        content = json.dumps({f"{report} {version}": "<svg/>"}).encode()
        keep_bytes(charts_path(project, 2022, report, version), content)
    assert in_folder_of(project, "public") == {"thb public": "<svg/>"}
    assert in_folder_of(project, "restricted") == {"thb restricted": "<svg/>"}
    assert in_folder_of(project, "partner") == {}


def test_a_memory_that_is_not_what_was_kept_is_not_given_out(tmp_path: Path) -> None:
    project = Project(ROOT, tmp_path)
    path = charts_path(project, 2022, "thb", "public")
    keep_bytes(path, b'{"a": "<svg/>"}')
    path.write_bytes(b'{"a": "<svg>forged</svg>"}')
    assert in_folder_of(project, "public") == {}
