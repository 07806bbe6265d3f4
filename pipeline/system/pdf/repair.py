"""What does the layout engine leave out of a PDF? Reads the objects of a document just
before they are written, and completes tags and metadata in place. Begin at `finish`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from pipeline.system.pdf.elements import elements_in, objects_in
from pipeline.system.pdf.whole_tables import join_tables

# PDF/A knows no `pdfuaid`, so the file has to describe that schema itself.
_UA_METADATA = b"""
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


def finish(document: Any, pdf: Any) -> None:
    """Complete what the layout engine leaves out, just before the file is written."""
    import pydyf  # type: ignore[import-untyped]

    _add_ua_metadata(pdf)
    join_tables(document, pdf)
    _tag_links_only(pdf)
    _link_table_heads(pdf)
    if "AF" in pdf.catalog:  # the engine lists each attachment twice
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _add_ua_metadata(pdf: Any) -> None:
    # XMP allows one rdf:RDF only, so the fragment goes inside it; uncompressed, for
    # readers that do not parse PDF.
    for item in pdf.objects:
        if getattr(item, "extra", {}).get("Type") == "/Metadata":
            item.stream = [
                b"".join(item.stream).replace(b"</rdf:RDF>", _UA_METADATA + b"</rdf:RDF>")
            ]
            item.compress = False


def _tag_links_only(pdf: Any) -> None:
    """What a style sheet puts into a link, such as the number of a page, is tagged as a
    link that leads nowhere.
    """
    for item in pdf.objects:
        is_link = isinstance(item, dict) and item.get("S") == "/Link"
        if is_link and not any(kid.get("Type") == "/OBJR" for kid in objects_in(pdf, item)):
            item["S"] = "/Span"


def _link_table_heads(pdf: Any) -> None:
    """Say for every head cell what it heads, and for every data cell by which cells it
    is headed.

    The engine writes no Scope and no index of the cells' IDs, and under a head of two
    rows it links data cells to the wrong column.
    """
    import pydyf

    elements: list[Any] = [item for item in pdf.objects if isinstance(item, dict)]
    heads = {
        item["ID"].string: item for item in elements if item.get("S") == "/TH" and "ID" in item
    }
    if heads:
        names = [
            part for name in sorted(heads) for part in (heads[name]["ID"], heads[name].reference)
        ]
        root = next(item for item in elements if item.get("Type") == "/StructTreeRoot")
        root["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(names)})
    for item in elements:
        if item.get("S") == "/Table":
            rows = [
                (part["S"] == "/THead", elements_in(pdf, row))
                for part in elements_in(pdf, item)
                if part["S"] in ("/THead", "/TBody", "/TFoot")
                for row in elements_in(pdf, part)
            ]
            _link_rows(rows)


def _link_rows(rows: list[tuple[bool, list[Any]]]) -> None:
    import pydyf

    column_heads: dict[int, list[Any]] = defaultdict(list)
    taken: dict[int, int] = defaultdict(int)  # column -> rows still covered by a cell from above
    group: list[Any] = []
    for in_head, cells in rows:
        column, row_heads = 0, []
        for cell in cells:
            while taken[column]:
                taken[column] -= 1
                column += 1
            attributes = cell["A"]
            width = attributes.get("ColSpan", 1)
            height = attributes.get("RowSpan", 1)
            columns = range(column, column + width)
            for covered in columns:
                taken[covered] = height - 1
            if cell["S"] == "/TH" and in_head:
                attributes["Scope"] = "/Column"
                for covered in columns:
                    column_heads[covered].append(cell["ID"])
            elif cell["S"] == "/TH":
                attributes["Scope"] = "/Row"
                if len(cells) == 1:  # a group head of its own row heads the rows below it
                    group = [cell["ID"]]
                row_heads.append(cell["ID"])
            else:
                heads = [
                    *(head for covered in columns for head in column_heads[covered]),
                    *group,
                    *row_heads,
                ]
                attributes["Headers"] = pydyf.Array(dict.fromkeys(heads))
            column += width
