"""What does an edit make a build do? Each on a copy of a small project that is built: the
plan is looked at, then the build, and what it wrote.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
import yaml
from builds import run_make
from here import done_here
from small_project import SMALL_ROUND

from pipeline.project import Project
from pipeline.steps.plan import take_as_left

ASKED = ("REPORTS=thb", f"ROUND={SMALL_ROUND}")
VERSIONS = ("restricted", "public")


@dataclass
class Copy:
    """A working copy of the small project, and the steps that its builds did."""

    root: Path
    did: dict[str, str] = field(default_factory=dict)

    def file(self, path: str) -> Path:
        return self.root / path

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.file(path).read_text(encoding="utf-8")
        assert old in text, f"{old} in {path}"
        self.file(path).write_text(text.replace(old, new, 1), encoding="utf-8")

    def append(self, path: str, text: str) -> None:
        with self.file(path).open("a", encoding="utf-8") as file:
            file.write(text)

    def make(self, *given: str) -> str:
        return done_here(*given, root=self.root)

    def plan(self) -> dict[str, str]:
        """Reason by step."""
        return reasons(self.make("plan", *ASKED))

    def plan_apart(self) -> dict[str, str]:
        """The same, told by the code of the copy."""
        return reasons(run_make("plan", *ASKED, root=self.root, environment={}).stdout)

    def build(self) -> dict[str, str]:
        """What was done, by step; of a version the parts that were made."""
        told = self.make("reports", *ASKED)
        done = re.findall(rf"^(\w+ {SMALL_ROUND}): (done)$", told, re.MULTILINE)
        versions = re.findall(r"^(thb \w+): (.*; changed: .*); \d+ pages", told, re.MULTILINE)
        return dict([*done, *versions])

    def times(self, folder: str) -> dict[str, int]:
        files = self.file(f"outputs/{SMALL_ROUND}/{folder}").rglob("*")
        return {str(f): f.stat().st_mtime_ns for f in files if f.is_file()}


def reasons(told: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)


@pytest.fixture
def copy(small: Path) -> Copy:
    return Copy(small)


def test_with_nothing_changed_nothing_is_done(copy: Copy) -> None:
    assert copy.plan() == {}
    before = copy.times(".")
    assert copy.build() == {}
    assert copy.times(".") == before


# Edits of what changes nothing that is made: a comment, a help text, a blank line, a time.
WITHOUT_EFFECT: dict[str, Callable[[Copy], None]] = {
    "comment in code": lambda c: c.append("pipeline/report/charts/bars.py", "\n# Why.\n"),
    "comment beside code": lambda c: c.replace(
        "pipeline/numbers/build.py", "from __future__", "# first\n\nfrom __future__"
    ),
    "comment in a model": lambda c: c.append("sql/core/reported.sql", "\n-- Why.\n"),
    "help of a command": lambda c: c.replace(
        "pipeline/commands/cli_build.py", "Read and check the returns", "Look at the returns"
    ),
    "comment in a catalogue": lambda c: c.append("templates/locale/en/messages.po", "\n# Why.\n"),
    "time of a text": lambda c: c.file("templates/thb/narrative/justice.md").touch(),
    "text of another report": lambda c: c.append("templates/octa/narrative/drugs.md", "\nMore.\n"),
    "chapter that is not printed": lambda c: c.append(
        "templates/thb/narrative/victims.md", "\nMore.\n"
    ),
    "who may sign": lambda c: c.append("data_contracts/allowed_signers", "# nobody\n"),
    "a page of the docs": lambda c: c.append("docs/glossary.md", "\nMore.\n"),
    "a test": lambda c: c.append("tests/builds.py", "\nX = 1\n"),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("edit", WITHOUT_EFFECT.values(), ids=list(WITHOUT_EFFECT))
def test_an_edit_without_effect_does_nothing(edit: Callable[[Copy], None], copy: Copy) -> None:
    edit(copy)
    assert copy.plan_apart() == {}


def test_a_sentence_is_planned_for_the_versions_that_print_it(copy: Copy) -> None:
    copy.append("templates/thb/narrative/justice.md", "\n# unused\n\nNo number is here.\n")
    why = "chapter justice changed (templates/thb/narrative/justice.md)"
    planned = copy.plan()
    assert {step: planned[step] for step in ("thb restricted", "thb public")} == dict.fromkeys(
        ("thb restricted", "thb public"), why
    )
    assert set(planned) == {"thb restricted", "thb public", f"desk {SMALL_ROUND}"}


@pytest.mark.thorough
@pytest.mark.slow
def test_where_the_html_comes_out_equal_the_manifest_alone_is_written(copy: Copy) -> None:
    """A section that no chapter asks for is in the file and in no version."""
    pdf = f"masters/thb/public/selec-thb-{SMALL_ROUND}-public-1.pdf"
    before = copy.file(f"outputs/{SMALL_ROUND}/{pdf}").read_bytes()
    copy.append("templates/thb/narrative/justice.md", "\n# unused\n\nNo number is here.\n")
    did = copy.build()
    assert did["thb public"] == "document; changed: manifest.json"
    assert did["thb restricted"] == "document; changed: manifest.json"
    assert copy.file(f"outputs/{SMALL_ROUND}/{pdf}").read_bytes() == before
    assert copy.build() == {}


@pytest.mark.slow
def test_a_sentence_of_one_version_is_rendered_for_it_alone(copy: Copy) -> None:
    """The chapter of one version only."""
    definition = copy.file("templates/thb/report.yaml")
    content = yaml.safe_load(definition.read_text(encoding="utf-8"))
    content["versions"]["restricted"] = [*content["versions"]["restricted"], "definitions"]
    definition.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert set(copy.plan()) == {"thb restricted", f"desk {SMALL_ROUND}"}


def test_an_exhibit_is_planned_where_it_is_placed(copy: Copy) -> None:
    path = "templates/thb/exhibits.yaml"
    content = yaml.safe_load(copy.file(path).read_text(encoding="utf-8"))
    text = copy.file("templates/thb/chapters/justice.html.j2").read_text(encoding="utf-8")
    placed = next(id_ for id_ in content if f'"{id_}"' in text or f"'{id_}'" in text)
    content[placed]["title"] = "Another title"
    copy.file(path).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    planned = copy.plan()
    assert planned["thb public"] == f"exhibit {placed} changed ({path})"


def test_an_exhibit_that_is_not_placed_is_planned_nowhere(copy: Copy) -> None:
    path = "templates/thb/exhibits.yaml"
    content = yaml.safe_load(copy.file(path).read_text(encoding="utf-8"))
    content["ZZ9"] = {"kind": "grid", "title": "Nobody places it"}
    copy.file(path).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert copy.plan() == {}


@pytest.mark.thorough
@pytest.mark.slow
def test_the_page_style_makes_pages_alone(copy: Copy) -> None:
    made = ("data", "html")
    before = {folder: copy.times(f"masters/thb/public/{folder}") for folder in made}
    kept = {f: Path(f).read_bytes() for folder in made for f in before[folder]}
    copy.append("templates/shared/report.css", "\nh1 { letter-spacing: 0.02em }\n")
    assert copy.plan()["thb public"] == "the page style changed (templates/shared/report.css)"
    did = copy.build()
    assert did["thb public"].startswith("pages; changed: manifest.json, selec-thb-")
    assert did["thb restricted"].startswith("pages; changed: manifest.json, selec-thb-")
    assert set(did) == {"thb public", "thb restricted", f"desk {SMALL_ROUND}"}
    assert {f: Path(f).read_bytes() for f in kept} == kept


@pytest.mark.slow
def test_comments_in_style_and_template_make_no_page(copy: Copy) -> None:
    copy.append("templates/shared/report.css", "\n/* why */\n")
    copy.append("templates/thb/chapters/justice.html.j2", "{# why #}\n")
    did = copy.build()
    assert did["thb public"] == "manifest; changed: manifest.json"


@pytest.mark.thorough
@pytest.mark.slow
def test_the_web_style_makes_web_pages_alone(copy: Copy) -> None:
    copy.append("templates/shared/web/style.css", "\nh1 { letter-spacing: 0.02em }\n")
    assert copy.plan()["thb public"] == "the web style changed (templates/shared/web/style.css)"
    assert "thb restricted" not in copy.plan()
    did = copy.build()
    assert did["thb public"] == "document, web; changed: html/style.css, manifest.json"


@pytest.mark.thorough
@pytest.mark.slow
def test_the_policy_chooses_and_proves_and_reads_no_return(copy: Copy) -> None:
    """What hiding a cell costs: the same pattern comes out, so the pages stay."""
    copy.replace("data_contracts/release_policy.yaml", "region: 20 ", "region: 21 ")
    planned = copy.plan()
    assert not {f"validate {SMALL_ROUND}", f"findings {SMALL_ROUND}"} & set(planned)
    assert f"numbers {SMALL_ROUND}" not in planned
    assert planned[f"protect {SMALL_ROUND}"].startswith("the release policy changed")
    did = copy.build()
    assert f"protect {SMALL_ROUND}" in did
    assert did["thb public"] == "manifest; changed: manifest.json"


@pytest.mark.thorough
@pytest.mark.slow
def test_a_threshold_renders_the_versions_whose_store_changed(copy: Copy) -> None:
    copy.replace("data_contracts/release_policy.yaml", "threshold: 5 ", "threshold: 9 ")
    copy.replace("data_contracts/release_policy.yaml", "highest: 4 ", "highest: 8 ")
    did = copy.build()
    assert "pages" in did["thb public"]
    assert did["thb restricted"] == "manifest; changed: manifest.json"
    assert f"validate {SMALL_ROUND}" not in did


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("data_contracts/feedback.yaml", "answerDays: 30", "answerDays: 31"),
        (
            "templates/locale/en/messages.po",
            'msgid "Severity"\nmsgstr ""',
            'msgid "Severity"\nmsgstr "How grave"',
        ),
        ("templates/findings/base.html.j2", "<body", "<body data-x='1'"),
    ],
)
def test_what_states_are_told_changes_pages_and_letters_alone(
    path: str, old: str, new: str, copy: Copy
) -> None:
    copy.replace(path, old, new)
    assert set(copy.plan()) - {f"desk {SMALL_ROUND}"} == {f"findings {SMALL_ROUND}"}


@pytest.mark.thorough
@pytest.mark.slow
def test_one_figure_of_one_return_goes_all_the_way(copy: Copy) -> None:
    path = copy.file(f"returns/{SMALL_ROUND}/thb/RO.xlsx")
    book = openpyxl.load_workbook(path)
    book["9 Offences"]["C7"] = 533
    book.save(path)
    planned = copy.plan()
    assert planned[f"validate {SMALL_ROUND}"] == (
        f"return RO.xlsx of thb changed (returns/{SMALL_ROUND}/thb/RO.xlsx)"
    )
    did = copy.build()
    steps = [f"{s} {SMALL_ROUND}" for s in ("validate", "numbers", "stores", "protect")]
    assert set(steps) <= set(did)
    assert "pages" in did["thb restricted"]
    assert copy.build() == {}


@pytest.mark.thorough
@pytest.mark.slow
def test_what_make_validate_did_a_build_does_not_do_again(copy: Copy) -> None:
    path = copy.file(f"returns/{SMALL_ROUND}/thb/RO.xlsx")
    book = openpyxl.load_workbook(path)
    book["9 Offences"]["C7"] = 533
    book.save(path)
    validate, asked = f"validate {SMALL_ROUND}", f"ROUND={SMALL_ROUND}"
    told = copy.make("validate", asked)
    assert f"{validate}: done" in told
    assert f"RO-{SMALL_ROUND}-letter.pdf" in told
    planned = copy.plan()
    assert f"numbers {SMALL_ROUND}" in planned
    assert not {validate, f"findings {SMALL_ROUND}"} & set(planned)
    again = copy.make("validate", asked)
    assert "done" not in again
    assert again.count(f"{SMALL_ROUND}/thb/RO.xlsx") == 1  # the summary all the same
    copy.append(f"outputs/{SMALL_ROUND}/findings/RO.html", "<!-- in another language -->")
    take_as_left(Project(copy.root, language="ro"), SMALL_ROUND)
    assert "RO.html is not what was left" in copy.plan()[f"findings {SMALL_ROUND}"]


@pytest.mark.thorough
@pytest.mark.slow
def test_what_a_cover_says_is_looked_for_in_pages_that_stay(copy: Copy) -> None:
    path = copy.file(f"returns/{SMALL_ROUND}/thb/RO.xlsx")
    book = openpyxl.load_workbook(path)
    contact = next(r for r in book["Cover"].iter_rows(min_row=5) if r[0].value == "contact")
    contact[2].value = "Somebody Else"
    book.save(path)
    did = copy.build()
    assert did["thb public"].startswith("manifest; ")
    assert copy.build() == {}


@pytest.mark.thorough
@pytest.mark.slow
def test_a_return_that_says_the_same_stops_at_what_it_says(copy: Copy) -> None:
    """The file was written anew by another program: its hash is another one, and the
    manifest of the version that names it."""
    path = copy.file(f"returns/{SMALL_ROUND}/thb/RO.xlsx")
    openpyxl.load_workbook(path).save(path)
    did = copy.build()
    assert f"validate {SMALL_ROUND}" in did
    assert "pages" not in did.get("thb public", "")


def test_population_and_known_errors_run_the_steps_that_read_them(copy: Copy) -> None:
    text = copy.file("data_contracts/codelists/population.csv").read_text(encoding="utf-8")
    line = next(x for x in text.splitlines() if re.match(r"RO,2021,", x))
    copy.replace("data_contracts/codelists/population.csv", line, line.replace(",2021,", ",2021,1"))
    planned = copy.plan()
    assert f"validate {SMALL_ROUND}" not in planned
    assert planned[f"numbers {SMALL_ROUND}"].startswith("list population changed")


def test_known_errors_are_read_by_validation_alone(copy: Copy) -> None:
    text = copy.file("data_contracts/known_errors.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    content["known_errors"] = content["known_errors"][:-1]
    copy.file("data_contracts/known_errors.yaml").write_text(yaml.safe_dump(content))
    planned = copy.plan()
    assert planned[f"validate {SMALL_ROUND}"].startswith("the register of known errors changed")
    assert planned[f"numbers {SMALL_ROUND}"].startswith("if ")
    assert "thb public" in planned  # if numbers change


def test_an_earlier_round_is_not_validated_again_for_a_later_one(copy: Copy) -> None:
    later = copy.file(f"returns/{SMALL_ROUND + 1}")
    later.mkdir()
    told = copy.make("plan", "REPORTS=thb", f"ROUND={SMALL_ROUND + 1}")
    assert f"validate {SMALL_ROUND}:" not in told
    assert f"validate {SMALL_ROUND + 1}: never done" in told


def test_a_commit_alone_builds_nothing_until_a_version_is_handed_in(copy: Copy) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
        subprocess.run(["git", *who, *arguments], cwd=copy.root, check=True, capture_output=True)

    if not (copy.root / ".git").exists():
        git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "another state of the docs", "--allow-empty")
    assert copy.plan() == {}
