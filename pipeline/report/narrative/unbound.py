"""What may a sentence not say in plain words? Claims, names of states and publishers:
they are bound like numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.contracts.scales import JUDGING
from pipeline.contracts.state_names import Names
from pipeline.errors import NarrativeError
from pipeline.report.narrative.commands import CLAIM, GENERAL, REFERENCE, STATE

BINDING = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)
VARIABLE = re.compile(r"\{\w+(?::[\w.*]+)?\}")

# Words that claim something of the data. Superlatives are borne out by a binding that
# ranks in the same sentence.
_UP_DOWN = (
    r"rose|risen|rises?|rising|fell|fallen|falls?|falling|increas\w*|decreas\w*|grew|grown|grows?|growing|"
    r"declin\w*|dropp?(?:s|ed|ing)?|doubl\w*|tripl\w*|halv\w*|surg\w*|plung\w*|soar\w*|peak\w*"
)
_COMPARED = r"majority|minority|higher|larger|smaller|greater|(?:more|less|fewer) than|first time"
_MOST, _LEAST = r"highest|most|mostly|largest|greatest", r"lowest|fewest|least|smallest"
_WHO = r"only|first|(?:no|none of the|every|all) (?:member )?states?"
_CLAIMS = re.compile(rf"\b(?:{_UP_DOWN}|{_COMPARED}|{_MOST}|{_LEAST}|{_WHO})\b", re.IGNORECASE)
_JUDGEMENT = "the word of a judgement by its key, as [[ASM_SCORES_SEE:SELEC.{year}. ...]]"
_RANKED_BY = {
    "ranked": re.compile(rf"(?:{_MOST})", re.IGNORECASE),
    "lowest": re.compile(rf"(?:{_LEAST})", re.IGNORECASE),
    "leader": re.compile(rf"(?:{_MOST})", re.IGNORECASE),
    "driver": re.compile(rf"(?:{_MOST})", re.IGNORECASE),
    "rises": re.compile(r"largest|most|rose|rises?|increases?", re.IGNORECASE),
    "falls": re.compile(r"largest|most|fell|falls?|decreases?", re.IGNORECASE),
}
_COUNTS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
_COUNTED_STATES = re.compile(
    rf"(?<!than )(?<!least )\b(?:{_COUNTS}) (?:other |small |large )?(?:member )?states\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_NOTHING = re.compile(r"\b(?:no|not|nothing|none|without|nobody|neither)\b", re.IGNORECASE)


def unbound(sentence: str, where: str, *, names: Names, general: bool) -> Iterator[NarrativeError]:
    """What a sentence says without a binding that must have one.

    In a section marked as general claims and publishers may stand; states and years may
    not: they belong to a round.
    """
    bindings = [" ".join(b.split()) for b in BINDING.findall(sentence)]
    plain = BINDING.sub(" ", VARIABLE.sub(" ", sentence))
    yield from _named(plain, bindings, where=where, names=names, general=general)
    yield from _in_bindings(bindings, where, names=names)
    if match := _COUNTED_STATES.search(plain):
        yield _error(
            match[0],
            "counts states",
            sentence=sentence,
            where=where,
            allowed="[[members]], [[coverage KEY]], [[reporters PATTERN]]",
            to_do="bind the count, or speak of several states",
        )
    if not general:
        yield from _claimed(plain, bindings, sentence=sentence, where=where)
    for binding in bindings:
        if binding.startswith("silent ") and not _NOTHING.search(
            sentence[: sentence.index("[[silent")]
        ):
            yield _error(
                f"[[{binding}]]",
                "stands in no negation",
                sentence=sentence,
                where=where,
                allowed="no figure came from [[silent PATTERN]]",
                to_do=(
                    "put it after no, nothing or without: it names those who gave none, and"
                    " says 'any member state' of all"
                ),
            )


def _named(
    plain: str, bindings: list[str], *, where: str, names: Names, general: bool
) -> Iterator[NarrativeError]:
    for code, name in names.states_in(_without_citizens(plain, bindings, names=names)).items():
        yield _error(
            name,
            "names a state outside of a binding",
            sentence=plain,
            where=where,
            allowed="[[ranked ...]], [[rises ...]], [[driver ...]], [[leader ...]],"
            f" [[reporters ...]], or [[state {code}]] in a sentence with a figure of {code}",
            to_do="let the data name the state, or bind its name",
        )
    if not general and (match := names.publishers.search(plain)):
        yield _error(
            match[0],
            "names a publisher outside of a binding",
            sentence=plain,
            where=where,
            allowed="[[publishers]], [[claim source-is PUBLISHER of TABLE: words]]",
            to_do="bind it",
        )
    if match := JUDGING.search(plain):
        yield _error(
            match[0],
            "judges what no expert has judged",
            sentence=plain,
            where=where,
            allowed=_JUDGEMENT,
            to_do="bind it, or say what is measured",
        )
    for binding in bindings:
        if binding.startswith(f"{REFERENCE} ") and _YEAR.fullmatch(
            binding.removeprefix(f"{REFERENCE} ").strip()
        ):
            yield _error(
                f"[[{binding}]]",
                "is a year outside of a binding",
                sentence=plain,
                where=where,
                allowed="{year}, {previous}, {first_year}, {last:TABLE}, [[lastyear PATTERN]], or a"
                " reference that is more than a year",
                to_do="let the round give the year",
            )
        if binding.startswith(f"{STATE} "):
            code = binding.removeprefix(f"{STATE} ")
            others = [b for b in bindings if not b.startswith(f"{STATE} ")]
            if not any(
                re.search(rf"(?:[:.\s]){re.escape(code)}(?=[.\s:]|$)", b.partition(": ")[0])
                for b in others
            ):
                yield _error(
                    f"[[{binding}]]",
                    "names a state of which the sentence has no figure",
                    sentence=plain,
                    where=where,
                    allowed=f"a binding with a key of {code} in the same sentence",
                    to_do="bind a figure, or leave the state out",
                )


def _without_citizens(plain: str, bindings: list[str], *, names: Names) -> str:
    """The text without `citizens of X` where the sentence binds a figure of these
    citizens: the figure names them.
    """
    for code, name in names.states_in(plain).items():
        if any(re.search(rf"\.{re.escape(code)}(?=[.\s]|$)", binding) for binding in bindings):
            plain = re.sub(rf"\bcitizens of (?:the )?{re.escape(name)}(?!\w)", "", plain)
    return plain


def _in_bindings(bindings: list[str], where: str, *, names: Names) -> Iterator[NarrativeError]:
    """The words of a claim name no state that the claim does not test; words that hold
    always name none.
    """
    for binding in bindings:
        kind, _, rest = binding.partition(" ")
        if kind not in (CLAIM, GENERAL):
            continue
        head, _, words = rest.partition(": ") if kind == CLAIM else ("", "", rest)
        if match := JUDGING.search(words):
            yield _error(
                match[0],
                "judges what no expert has judged",
                sentence=f"[[{binding}]]",
                where=where,
                allowed=_JUDGEMENT,
                to_do="bind it, or say what is measured",
            )
        for code, name in names.states_in(words).items():
            if not re.search(rf"(?:^|[:.\s,]){code}(?=[.\s:,]|$)", head):
                yield _error(
                    name,
                    "names a state that the claim does not test",
                    sentence=f"[[{binding}]]",
                    where=where,
                    allowed=f"a claim with {code} in it",
                    to_do="claim it of the state, or leave the name out",
                )
        if (match := names.publishers.search(words)) and match[0] not in head.replace("_", " "):
            yield _error(
                match[0],
                "names a publisher that the claim does not test",
                sentence=f"[[{binding}]]",
                where=where,
                allowed="[[claim source-is PUBLISHER: words]]",
                to_do="claim it, or leave the name out",
            )


def _claimed(
    plain: str, bindings: list[str], *, sentence: str, where: str
) -> Iterator[NarrativeError]:
    commands = {b.split()[0] for b in bindings if b.strip()}
    allowed = [words for command, words in _RANKED_BY.items() if command in commands]
    for word in _CLAIMS.findall(plain):
        if not any(words.fullmatch(word) for words in allowed):
            yield _error(
                word,
                "claims something that is bound to no cell",
                sentence=sentence,
                where=where,
                allowed="[[moved KEY since YEAR]], [[claim rose KEY since YEAR: words]] and"
                " its kin, superlatives in a sentence with [[ranked ...]], or [[general words]]"
                " where it holds whatever the figures are",
                to_do="bind the claim, or say it in another way",
            )


def _error(
    word: str, what: str, *, sentence: str, where: str, allowed: str, to_do: str
) -> NarrativeError:
    return NarrativeError(
        f"'{word}' {what}: '{' '.join(sentence.split())[:110]}'",
        where=where,
        allowed=allowed,
        do=f"{to_do}; see docs/how-to/write-narrative.md",
    )
