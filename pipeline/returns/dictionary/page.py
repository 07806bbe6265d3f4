"""Where is the data dictionary put, and how does its page come about? Writes workbook
and page.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts.model import Contracts
from pipeline.project import Project
from pipeline.returns.dictionary.entries import Dictionary, read_dictionary
from pipeline.returns.dictionary.workbook import dictionary_workbook
from pipeline.system.files import owner_only, write_file
from pipeline.system.page_templates import mistakes_told, open_templates

NAME = "data-dictionary"


def write_dictionary(project: Project, contracts: Contracts, *, round_: int) -> list[Path]:
    """Write the dictionary of all contracts into the outputs, its rules those of a round.
    Returns the workbook and the page. Raises UserError where the round is asked of
    nobody.
    """
    dictionary = read_dictionary(contracts, round_=round_)
    folder = project.outputs / "dictionary"
    made = {
        folder / f"{NAME}.xlsx": dictionary_workbook(dictionary),
        folder / f"{NAME}.html": dictionary_page(project, dictionary).encode(),
    }
    with owner_only(project.outputs):
        for path, content in made.items():
            write_file(path, content)
    return list(made)


def dictionary_page(project: Project, dictionary: Dictionary) -> str:
    """The page: self-contained, without script."""
    environment = open_templates(
        project.templates / "dictionary", trim_blocks=True, lstrip_blocks=True
    )
    with mistakes_told(project.templates):
        return environment.get_template("page.html.j2").render(
            dictionary=dictionary,
            tables=sum(len(c.tables) for c in dictionary.contracts),
            workbook=f"{NAME}.xlsx",
            shown_lists={a.name for a in dictionary.lists},
        )
