"""How do the released cells read as SDMX? SDMX-CSV 2.0 by dataflow, and the structure
as an SDMX-ML 3.0 message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.cells import Cell
from pipeline.report.open_data.flows import AGENCY, Component, Flow, List, lists
from pipeline.system.files import csv_bytes

if TYPE_CHECKING:
    from pysdmx.model import Codelist, Concept, ConceptScheme, DataStructureDefinition

CONCEPTS = "CS_SELEC"
COLUMNS = ("STRUCTURE", "STRUCTURE_ID", "ACTION")  # of SDMX-CSV 2.0, before those of the components
_INFORMATION = "I"


def observations_csv(flow: Flow, cells: Iterable[Cell]) -> bytes:
    """The cells of a dataflow, shown and withheld, as SDMX-CSV 2.0 in the order of
    their keys.
    """
    heads = (*COLUMNS, *(c.id for c in flow.components))
    return csv_bytes(
        heads, (("dataflow", flow.reference, _INFORMATION, *flow.row(cell)) for cell in cells)
    )


def structure_xml(
    found: Sequence[Flow], version: str, *, prepared: datetime, message: str
) -> bytes:
    """The structure message of these dataflows: code lists, concepts, data structures,
    dataflows.

    `version` is that of the lists and concepts, `prepared` the time that the message
    names, `message` its id.
    """
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.model import Dataflow, Organisation
    from pysdmx.model.message import Header

    codes = {one.id: _codelist(one, version) for one in lists(found)}
    scheme = _concepts(found, version)
    concepts = {one.id: one for one in scheme.concepts}
    structures = [_structure(flow, codes, concepts=concepts) for flow in found]
    dataflows = [
        Dataflow(
            f.id,
            name=f.title,
            description=f.description,
            version=f.version,
            agency=AGENCY,
            structure=s,
        )
        for f, s in zip(found, structures, strict=True)
    ]
    text = write_sdmx(
        [*codes.values(), scheme, *structures, *dataflows],
        Format.STRUCTURE_SDMX_ML_3_0,
        prettyprint=True,
        header=Header(id=message, prepared=prepared, sender=Organisation(id=AGENCY)),
    )
    # Which of the measures an attribute is of: there is one measure, and not every
    # reader knows the element.
    return re.sub(
        r"\s*<str:MeasureRelationship>.*?</str:MeasureRelationship>", "", str(text), flags=re.S
    ).encode()


def _codelist(one: List, version: str) -> Codelist:
    from pysdmx.model import Code, Codelist

    items = [Code(i.code, name=i.label, description=i.note or None) for i in one.items]
    return Codelist(
        one.id,
        name=one.name,
        agency=AGENCY,
        version=version,
        items=items,
        urn=_urn("codelist.Codelist", one.id, version=version),
    )


def _concepts(found: Sequence[Flow], version: str) -> ConceptScheme:
    from pysdmx.model import Concept, ConceptScheme

    every: dict[str, Component] = {}
    for flow in found:
        for component in flow.components:
            every.setdefault(component.id, component)
    items = [
        Concept(
            c.id,
            name=c.name,
            description=c.description or None,
            urn=_urn("conceptscheme.Concept", CONCEPTS, version=version, item=c.id),
        )
        for c in every.values()
    ]
    return ConceptScheme(
        CONCEPTS,
        name="Concepts of the data of SELEC",
        agency=AGENCY,
        version=version,
        items=items,
        urn=_urn("conceptscheme.ConceptScheme", CONCEPTS, version=version),
    )


def _structure(
    flow: Flow, codes: dict[str, Codelist], *, concepts: Mapping[str, Concept]
) -> DataStructureDefinition:
    from pysdmx.model import Components, DataStructureDefinition

    components = Components([_component(c, codes, concepts=concepts) for c in flow.components])
    return DataStructureDefinition(
        id=flow.id,
        name=flow.title,
        description=flow.description,
        version=flow.version,
        agency=AGENCY,
        components=components,
    )


def _component(
    component: Component, codes: dict[str, Codelist], *, concepts: Mapping[str, Concept]
) -> Any:
    from pysdmx.model import Component as SdmxComponent
    from pysdmx.model import DataType, Role

    roles = {
        "dimension": Role.DIMENSION,
        "time": Role.DIMENSION,
        "measure": Role.MEASURE,
        "attribute": Role.ATTRIBUTE,
    }
    types = {
        "string": DataType.STRING,
        "integer": DataType.INTEGER,
        "number": DataType.DECIMAL,
        "year": DataType.PERIOD,
    }
    enumeration = codes[component.codes.id] if component.codes else None
    return SdmxComponent(
        component.id,
        component.required,
        roles[component.role],
        concepts[component.id],
        local_dtype=None if enumeration else types[component.kind],
        local_codes=enumeration,
        attachment_level="O" if component.role == "attribute" else None,
    )


def _urn(kind: str, id_: str, *, version: str, item: str = "") -> str:
    return (
        f"urn:sdmx:org.sdmx.infomodel.{kind}={AGENCY}:{id_}({version}){'.' + item if item else ''}"
    )
