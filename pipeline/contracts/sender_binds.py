"""What did a sender decide that no entry of the release policy can change? Entries that
would release it are refused.

The status that a sender gave a cell is his, as the standard has it (SDMX
CL_CONF_STATUS): every one but F, free for publication, keeps the cell out of every
version that is made for others. The policy may keep back more, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.system.yaml_files import YamlFile

FREE = "F"
EMBARGOED = "E"  # free on the day that its sender named
# statuses that a version for others names, so that the policy reads as it is used
NAMED = (
    "C",
    "D",
    "E",
    "N",
)
# the one version that shows everything: the states' own, through their National Focal
# Points
FOR_STATES = "restricted"
PUBLIC = "public"  # what everybody has, whoever else receives more
MAY_KEEP = ("definitions",)  # all other material holds figures or words of single states
_NO_STATUS = ""


def keeps_out(conf_status: str, *, protected: bool) -> bool:
    """Whether the status alone keeps a cell out of a version, whatever the policy says."""
    return protected and conf_status not in (FREE, _NO_STATUS)


def releases(file: YamlFile) -> Iterator[str]:
    """Every entry of a policy that would let out what a sender bound: where, what, what
    is allowed.
    """
    versions: Mapping[str, Any] = file.content["versions"]
    for name in (FOR_STATES, PUBLIC):
        if name not in versions:
            yield f"{file.place(('versions',))}: there is no version '{name}'"
    for name, own in versions.items():
        if own["protected"] != (name != FOR_STATES):
            place = file.place(("versions", name, "protected"))
            yield (
                f"{place}: the version '{FOR_STATES}', which is the states' own, is not protected;"
                " every other one is"
            )
        elif own["protected"]:
            yield from (
                f"{file.place(('versions', name, key))}: {what}"
                for key, what in _of_others(name, own, versions=versions)
            )


def _of_others(
    name: str, own: Mapping[str, Any], *, versions: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the entry of a version for others: the key and the sentence."""
    named = ", ".join(NAMED)
    if lacking := [status for status in NAMED if status not in own["bound"]]:
        what = f"{', '.join(lacking)} is missing; no entry relaxes the status that a sender gave"
        yield "bound", f"{what}, so {named} stand in every version for others"
    if extra := [kept for kept in own["keeps"] if kept not in MAY_KEEP]:
        allowed = ", ".join(MAY_KEEP)
        yield (
            "keeps",
            f"{', '.join(extra)} would go out with what states keep back; allowed: {allowed}",
        )
    for other in own["readers_have"]:
        if other in versions and (other == name or not versions[other]["protected"]):
            yield (
                "readers_have",
                f"'{other}' is no other version that is made for readers like these",
            )
    if name != PUBLIC and PUBLIC not in own["readers_have"]:
        yield "readers_have", f"everybody has the version '{PUBLIC}', so it is among them"
