"""What does the analyst get? `changes.json` with everything, `changes.csv` with the
figures, and a PDF to look at.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.release.changes.builds import Build
from pipeline.release.changes.figures import WHY, Change, changed_figures, changed_inputs
from pipeline.release.changes.sheets import lay_pages, marks_of, pairs_of
from pipeline.release.changes.wording import Passage, captions, compare, read_lines
from pipeline.release.publish import put_in_place
from pipeline.system.files import UNFINISHED, csv_bytes
from pipeline.system.page_templates import mistakes_told, open_templates

MARKING = "Working paper. For law enforcement and judicial use only"
MOST_DETAILS, LONGEST_LIST = 6, 120  # in the PDF; the JSON has all


@dataclass(frozen=True)
class Changes:
    """Where the papers are, and what they say: figures by reason, exhibits, passages,
    pages.
    """

    folder: Path
    content: dict[str, Any]

    def lines(self) -> list[str]:
        """The changes in short, for the terminal."""
        c = self.content
        told = [
            (
                f"{c['report']} {c['version']} {c['round']}: {c['before']['name']} ->"
                f" {c['now']['name']}"
            ),
            f"figures: {len(c['figures'])}"
            + "".join(f"; {n} {why}" for why, n in c["reasons"].items()),
        ]
        shown = c["figures"][:20]
        told += [f"  {f['key']}: {f['before']} -> {f['after']} ({f['why']})" for f in shown]
        if len(c["figures"]) > len(shown):
            told.append(f"  and {len(c['figures']) - len(shown)} more")
        told.append(f"exhibits: {len(c['exhibits'])}")
        told += [
            f"  {e['what']}: {e['before'] or '-'} -> {e['after'] or '-'}" for e in c["exhibits"]
        ]
        told.append(
            f"passages of text: {len(c['passages'])}; pages: {len(c['pages'])} of"
            f" {c['pages_in_all']}"
        )
        told.append(f"changes: {self.folder / 'changes.pdf'}")
        return told


def write_changes(
    project: Project,
    contracts: Contracts,
    *,
    round_: int,
    report: str,
    version: str,
    old: Build,
    new: Build,
) -> Changes:
    """Compare two builds of one version and put the papers into
    `outputs/<round>/changes/<report>-<version>`.
    """
    figures = changed_figures(project, contracts, round_=round_, old=old.side, new=new.side)
    lines = [read_lines(b.pdf) for b in (old, new)]
    compared = compare(*lines)
    marks = marks_of(compared)
    pairs = pairs_of(compared, marks)
    content = {
        "report": report,
        "version": version,
        "round": round_,
        "before": _about(old),
        "now": _about(new),
        "reasons": dict(Counter(f.why for f in figures)),
        "figures": [f.__dict__ for f in figures],
        "exhibits": _exhibits(*map(captions, lines)),
        "passages": [_passage(p) for p in compared.passages],
        "pages": [{"before": _page(x), "after": _page(y)} for x, y in pairs],
        "pages_in_all": len(compared.pairs),
        "inputs": changed_inputs(old.side, new.side),
    }
    target = project.round_folder(round_) / "changes" / f"{report}-{version}"
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".changes-", suffix=UNFINISHED, dir=target.parent))
    try:
        pdf = scratch / "changes.pdf"
        _write_pdf(project, content, pairs=pairs, target=pdf)
        if pairs:
            lay_pages(pdf, old.pdf, new=new.pdf, pairs=pairs, marks=marks)
        put_in_place(
            target,
            {
                "changes.json": (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode(),
                "changes.csv": _csv(figures),
                "changes.pdf": pdf,
            },
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Changes(target, content)


def _about(build: Build) -> dict[str, str]:
    return {
        "name": build.name,
        "reference": build.manifest.reference,
        "cutoff": build.manifest.data_cutoff,
        "commit": build.commit[:12],
    }


def _page(number: int | None) -> int | None:
    return None if number is None else number + 1


def _passage(passage: Passage) -> dict[str, Any]:
    old, new = passage.pages
    return {
        "page_before": _page(old),
        "page_after": _page(new),
        "around": list(passage.around),
        "before": " ".join(w.text for w in passage.old),
        "after": " ".join(w.text for w in passage.new),
    }


def _exhibits(old: dict[str, str], new: dict[str, str]) -> list[dict[str, str]]:
    """Exhibits that came, went or have another number; told apart by their titles."""
    before, after = ({title: label for label, title in side.items()} for side in (old, new))
    found = []
    for title in sorted(before.keys() | after.keys()):
        was = before.get(title, "")
        now = after.get(title, "")
        if was != now:
            what = "renumbered" if was and now else "new" if now else "gone"
            found.append(
                {
                    "what": what,
                    "before": f"{was} {title}".strip() if was else "",
                    "after": f"{now} {title}".strip() if now else "",
                }
            )
    return found


def _csv(figures: Sequence[Change]) -> bytes:
    rows = ((f.key, f.before, f.after, f.why, "; ".join(f.details)) for f in figures)
    return csv_bytes(("key", "before", "after", "why", "details"), rows)


def _write_pdf(
    project: Project, content: dict[str, Any], *, pairs: Sequence[Any], target: Path
) -> None:
    from pipeline.system.pdf.fonts import font_faces
    from pipeline.system.pdf.write import render_pdf

    title = f"Changes in {content['report']} {content['version']} {content['round']}"
    environment = open_templates(project.templates, trim_blocks=True)
    with mistakes_told(project.templates):
        html = environment.get_template("changes/changes.html.j2").render(
            {
                **content,
                "title": title,
                "fonts": font_faces(),
                "marking": MARKING,
                "pairs": pairs,
                "pages": content["pages_in_all"],
                "most": MOST_DETAILS,
                "longest": LONGEST_LIST,
                "reasons": [(why, number, WHY[why]) for why, number in content["reasons"].items()],
            }
        )
    day = datetime.fromisoformat(content["now"]["cutoff"]).date()
    render_pdf(
        html,
        target,
        base_folder=project.templates,
        title=title,
        subject="What differs between two builds",
        date=datetime.combine(day, time(12), UTC),
        attachments=[],
    )
