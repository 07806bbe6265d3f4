"""How does a table of the contract become a model?

All staging models are one template, `sql/staging/_template.sql`, filled from the
contract. A file of its own, named as the table, stands in the place of the rendered
one.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from pipeline.contracts.model import Table
from pipeline.errors import UserError
from pipeline.system.yaml_files import read_text

LAYER = "staging"
TEMPLATE = "_template.sql"
TEMPLATE_PLACE = f"sql/{LAYER}/{TEMPLATE}"


def render_staging(template: str, table: Table) -> str:
    """The SQL of the staging model of a table. Raises UserError where the template asks
    for something that is not known of a table.
    """
    # Title and unit are text of the contract. They stand in a comment, which ends with
    # its line.
    known = {
        "cube": table.name,
        "table": table.sql_name,
        "title": " ".join(table.title.split()),
        "unit": " ".join(table.unit.split()),
        "dimensions": ", ".join(d.name for d in table.dimensions),
    }
    try:
        return Template(template).substitute(known)
    except (KeyError, ValueError) as problem:
        raise UserError(
            f"the template cannot be filled: {problem}",
            where=TEMPLATE_PLACE,
            allowed=", ".join(f"${name}" for name in known),
            do="correct the placeholder",
        ) from problem


def read_template(folder: Path) -> str:
    """The template of all staging models. Raises UserError where it is missing."""
    path = folder / LAYER / TEMPLATE
    if not path.is_file():
        raise UserError(
            "there is no template for the tables of the contracts",
            where=TEMPLATE_PLACE,
            do="put it back; it is part of the pipeline",
        )
    return read_text(path)


def place_of_model(folder: Path, name: str) -> str:
    """The file of a model, as messages name it: `sql/core/reported.sql`; that of a
    table without a file of its own is the template.
    """
    own = f"{name.replace('.', '/')}.sql"
    is_rendered = name.startswith(f"{LAYER}.") and not (folder / own).is_file()
    return TEMPLATE_PLACE if is_rendered else f"sql/{own}"
