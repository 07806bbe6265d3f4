"""Is every harmful change of a proof refused, with a sentence? Certificate, files,
rules and arguments, part by part.

Nothing is picked by hand: each key, entry, row and argument is dropped, emptied,
doubled and altered in turn. What is let through stands in HARMLESS, with the reason.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proofs import EDITION, SmallProof, make_proof, run_verifier

from pipeline.contracts.model import Contracts

OTHER_DIGITS = str.maketrans(
    "0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
)
DOUBLE = "\u0001"  # marks a key that is to stand twice
Tampered = tuple[str, str]  # what was changed, and the text of the file then

# What may be changed without harm: a pattern of what was changed, and why nobody is
# worse off.
HARMLESS = {
    r"certificate /day: ": (
        "the policy of the test has no embargo; the day is printed as taken on trust"
    ),
    r"certificate /tables/\d+/THB_\w+:RO\.2022\.(CY|FR|HR|MD|UA|SUSP\.F|PROS\.F): ": (
        "a table that still agrees with all that is public proves as much"
    ),
    r"released THB_(CONV_CTZ:RO\.2021\.(_T|G_KNOWN)|PERSONS:RO\.2021\.CONV\.O): withheld": (
        "an earlier edition shows it all the same"
    ),
    r"true THB_(CONV_CTZ:RO\.2021\.(_T|G_KNOWN)|PERSONS:RO\.2021\.CONV\.O): bound": (
        "an earlier edition shows it all the same"
    ),
    r"true (THB_PERSONS:SELEC\.\S+|POPULATION:\S+): bound": (
        "no sender binds regional figures or the population"
    ),
    r"then THB_PERSONS:RO\.2021\.CONV\.O: withheld": "this release shows it all the same",
}


def walk(value: Any, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every place of a document below its top, as a path of keys and places."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in items:
        yield f"{path}/{key}", [key]
        for label, keys in walk(below, f"{path}/{key}"):
            yield label, [key, *keys]


def others(value: Any) -> list[Any]:
    """What could stand in place of a value: other values of its type, and other types."""
    if isinstance(value, int):
        return [
            value + 1,
            value - 1,
            -value - 7,
            value + 1000,
            0,
            str(value),
            True,
            None,
            float(value),
        ]
    if isinstance(value, str):
        return [
            "",
            f" {value}",
            f"{value}x",
            value.replace("2", "\u0662").replace("N", "C"),
            7,
            None,
            [value],
        ]
    empty: list[Any] = [[], {}, None, "", 0]
    return [e for e in empty if e != value]


def tampered(document: Any, where: str = "") -> Iterator[Tampered]:
    """The document with one place changed at a time, in places whose path fits a
    pattern.
    """
    places = [(label, keys) for label, keys in walk(document) if re.match(where, label)]
    for label, keys in places:
        for how, changed in changes_at(document, keys):
            yield f"{label}: {how}", write(changed)
    for keys in ([], *(keys for _, keys in places)):
        if isinstance(at(document, keys), dict):
            changed = copy.deepcopy(document)
            at(changed, keys)["more"] = "x"
            yield f"/{'/'.join(map(str, keys))}: a key more", write(changed)


def changes_at(document: Any, keys: list[Any]) -> Iterator[tuple[str, Any]]:
    *above, last = keys
    value = at(document, keys)
    for other in others(value):
        changed = copy.deepcopy(document)
        at(changed, above)[last] = other
        if changed != document or str(other) != str(value):
            yield f"to {other!r}"[:60], changed
    changed = copy.deepcopy(document)
    del at(changed, above)[last]
    yield "dropped", changed
    changed = copy.deepcopy(document)
    holder = at(changed, above)
    if isinstance(holder, list):
        holder.append(value)
    else:
        holder[f"{last}{DOUBLE}"] = value
    yield "doubled", changed


def at(document: Any, keys: list[Any]) -> Any:
    for key in keys:
        document = document[key]
    return document


def write(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False).replace(DOUBLE, "").replace("\\u0001", "")


@pytest.fixture(scope="module")
def sound(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> SmallProof:
    return make_proof(tmp_path_factory.mktemp("proof"), contracts)


@pytest.fixture
def proof(sound: SmallProof, tmp_path: Path) -> SmallProof:
    """A copy to be changed; rules are read where they lie."""
    shutil.copytree(sound.folder, tmp_path / "proof", ignore=shutil.ignore_patterns("rules"))
    (tmp_path / "proof" / "rules").symlink_to(sound.rules)
    return SmallProof(tmp_path / "proof")


def judge(label: str, code: int, said: str) -> str:
    """What is wrong with how a change was met; nothing where it was refused in
    sentences, or harms nobody.
    """
    if code == 0:
        return "" if any(re.search(p, label) for p in HARMLESS) else f"let through: {label}"
    plain = said.startswith("refused: ") and all(
        x.startswith("refused: ") for x in said.splitlines()
    )
    is_usage = said.startswith("usage: ") and "error: " in said
    return (
        ""
        if (plain or is_usage) and "Traceback" not in said and "Error(" not in said
        else f"{label} -> {said}"
    )


def test_the_proof_holds_before_it_is_changed(sound: SmallProof) -> None:
    for with_truth in (True, False):
        code, said = run_verifier(sound.arguments(with_truth))
        assert (code, said.splitlines()[0]) == (
            0,
            "verified: 13 sensitive cells by 5 tables over 9 sums",
        )


def test_a_certificate_that_was_changed_anywhere_is_refused(proof: SmallProof) -> None:
    document = json.loads(proof.certificate.read_text(encoding="utf-8"))
    document["rules"] = dict(sorted(document["rules"].items()))
    wrong, tried = [], 0
    for label, text in tampered(document):
        if label.startswith("/rules/") and not label.startswith(
            ("/rules/release_policy", "/rules/thb", "/rules/more")
        ):
            continue  # all of a kind
        proof.certificate.write_text(text, encoding="utf-8")
        tried += 1
        wrong.append(
            judge(f"certificate {label}", *run_verifier(proof.arguments(), read_rules_once=True))
        )
    assert "\n".join(w for w in wrong if w) == ""
    assert tried > 1000


def rows_changed(text: str, true: dict[str, str]) -> Iterator[Tampered]:
    """A released file with one row changed at a time, each in all the ways that a row
    can be.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines[1:], 1):
        key, value, unit, obs, conf, coverage, states, marks = line.split(",")

        def row(
            key: str = key,
            value: str = value,
            obs: str = obs,
            conf: str = conf,
            coverage: str = coverage,
            states: str = states,
            unit: str = unit,
            marks: str = marks,
        ) -> str:
            return ",".join((key, value, unit, obs, conf, coverage, states, marks))

        cube, codes = key.split(":")
        state, year, *rest = codes.split(".")
        changed = {
            "dropped": [],
            "doubled": [line, line],
            "a blank before its key": [row(key=f" {key}")],
            "digits of another script": [row(key=key.translate(OTHER_DIGITS))],
            "a lower case key": [row(key=key.lower())],
            "an unknown table": [row(key=f"X{key}")],
            "an unknown code": [row(key=f"{key}X9")],
            "an unknown state": [row(key=f"{cube}:XX.{'.'.join([year, *rest])}")],
            "another year": [row(key=f"{cube}:{state}.{'.'.join(['2023', *rest])}")],
            "another status": [row(conf="C")],
            "no status": [row(conf="")],
            "an unknown status": [row(obs="Z")],
            "a column less": [",".join(line.split(",")[:-2])],
            "a column more": [f"{line},x"],
        }
        if conf == "S":
            changed |= {
                "its true figure": [row(value=true[key], obs="A", conf="F")],
                "another figure": [row(value="6", obs="A", conf="F")],
                "a figure beside its status": [row(value=true[key] or "3")],
                "said to be not reported": [row(obs="O", conf="F")],
                "a coverage": [row(coverage="2/11")],
                "its figure under another key": [
                    line,
                    row(key=f"{key} ", value="3", obs="A", conf="F"),
                ],
            }
        else:
            changed |= {
                "one more": [row(value=str(int(float(value)) + 1))],
                "an exponent": [row(value=f"{value}e0")],
                "a sign": [row(value=f"+{value}")],
                "a broken number": [row(value=f"{value}.00001")],
                "digits of other scripts": [row(value=value.translate(OTHER_DIGITS))],
                "withheld": [row(value="", obs="Q", conf="S", coverage="", states="")],
                "an underscore": [row(value=f"{value}_0")],
                "not reported": [row(value="", obs="O", coverage="", states="")],
            }
            if states:
                changed["a state less"] = [row(states=" ".join(states.split()[1:]))]
        for how, instead in changed.items():
            yield (
                f"{key}: {how}",
                "\n".join([*lines[:number], *instead, *lines[number + 1 :]]) + "\n",
            )
    yield "no line", ""
    yield "no heads", "\n".join(lines[1:])
    yield "other heads", text.replace("conf_status", "status", 1)
    yield "no text", "\u0000\u0000"
    yield "quotes", text + '"'
    yield "a row more", text + "THB_PERSONS:HU.2022.CONV._T,3,persons,A,F,,,\n"
    yield "a mark of order", "\ufeff" + text


@pytest.mark.parametrize("which", ["released", "then"])
@pytest.mark.parametrize("with_digest", [False, True])
def test_a_released_file_that_was_changed_anywhere_is_refused(
    proof: SmallProof, which: str, with_digest: bool
) -> None:
    """Also where the certificate was made to fit the changed file."""
    path, true = (
        (proof.released, proof.true) if which == "released" else (proof.then, proof.true_then)
    )
    figures = {
        x.split(",")[0]: x.split(",")[1] for x in true.read_text(encoding="utf-8").splitlines()
    }
    certificate = proof.certificate.read_text(encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    wrong, tried = [], 0
    for place, (label, changed) in enumerate(rows_changed(text, figures)):
        if not with_digest and place % 8:
            continue  # one digest is like another
        path.write_text(changed, encoding="utf-8")
        if with_digest:
            fits = certificate.replace(digest, hashlib.sha256(path.read_bytes()).hexdigest())
            proof.certificate.write_text(fits, encoding="utf-8")
        tried += 1
        wrong.append(
            judge(f"{which} {label}", *run_verifier(proof.arguments(), read_rules_once=True))
        )
    assert "\n".join(w for w in wrong if w) == ""
    assert tried > (150 if with_digest else 20)


def test_what_certificate_and_true_figures_say_is_compared(proof: SmallProof) -> None:
    text = proof.true.read_text(encoding="utf-8")
    wrong = []
    for number, line in enumerate(text.splitlines()[1:], 2):
        key, value, *_ = line.split(",")
        for how, other in {
            "another": line.replace(f",{value},", ",77,", 1),
            "bound": line.replace(",F,", ",N,"),
            "none": "",
            "suppressed": line.replace(f",{value},persons,A", ",,persons,Q"),
        }.items():
            if other == line:
                continue
            changed = (
                "\n".join(other if i == number else x for i, x in enumerate(text.splitlines(), 1))
                + "\n"
            )
            proof.true.write_text(changed, encoding="utf-8")
            wrong.append(
                judge(f"true {key}: {how}", *run_verifier(proof.arguments(), read_rules_once=True))
            )
    assert "\n".join(w for w in wrong if w) == ""
    assert len(wrong) > 100


RULES = ("release_policy.json", "thb.odcs.json")
FEW = (
    r"/(versions/public/|small_counts|suppressed_by_sender|bound_cells|tables/THB_PERSONS|consents/0/states"
    r"|schema/2/(name|customProperties/[014]|properties/[23]/(name|customProperties)))"
)


@pytest.mark.parametrize("name", RULES)
def test_rules_that_were_changed_are_refused(
    proof: SmallProof, sound: SmallProof, name: str
) -> None:
    proof.rules.unlink()
    shutil.copytree(sound.rules, proof.rules)
    path = proof.rules / name
    document = json.loads(path.read_text(encoding="utf-8"))
    wrong = []
    for place, (label, text) in enumerate(tampered(document, FEW)):
        if place % 7 == 0 or "threshold" in label:
            path.write_text(text, encoding="utf-8")
            wrong.append(judge(f"{name} {label}", *run_verifier(proof.arguments())))
    assert "\n".join(w for w in wrong if w) == ""
    assert len(wrong) > 25


def test_code_lists_that_were_changed_are_refused(proof: SmallProof, sound: SmallProof) -> None:
    proof.rules.unlink()
    shutil.copytree(sound.rules, proof.rules)
    for name in ("states", "sex", "stage", "citizenship", "obs_status", "conf_status", "drug"):
        path = proof.rules / "codelists" / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        for other in (
            text.replace(",_T,", ",,"),
            "\n".join(text.splitlines()[:-1]),
            "",
            text + text.splitlines()[-1],
        ):
            if other != text:
                path.write_text(other, encoding="utf-8")
                assert judge(name, *run_verifier(proof.arguments())) == ""
        path.unlink()
        assert judge(name, *run_verifier(proof.arguments())) == ""
        path.write_text(text, encoding="utf-8")


def test_rules_that_the_certificate_was_made_to_fit_are_told_apart_by_what_is_printed(
    proof: SmallProof, sound: SmallProof
) -> None:
    """Whoever may change policy and certificate both is not stopped here: the digest of
    the rules is printed.
    """
    before = run_verifier(proof.arguments())[1]
    proof.rules.unlink()
    shutil.copytree(sound.rules, proof.rules)
    path = proof.rules / "release_policy.json"
    policy = json.loads(path.read_text(encoding="utf-8"))
    policy["weights"]["region"] += 1
    path.write_text(json.dumps(policy), encoding="utf-8")
    certificate = json.loads(proof.certificate.read_text(encoding="utf-8"))
    certificate["rules"]["release_policy.json"] = hashlib.sha256(
        json.dumps(policy, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
            "utf-8"
        )
    ).hexdigest()
    proof.certificate.write_text(json.dumps(certificate), encoding="utf-8")
    code, after = run_verifier(proof.arguments())
    assert code == 0
    differ = [a for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert [re.sub(r"\(.+\)", "", a) for a in differ] == [
        "- the policy, contracts and code lists given are those in force "
    ]


def arguments_changed(proof: SmallProof, other: Path) -> Iterator[tuple[str, list[str]]]:
    good = proof.arguments()
    for place, argument in enumerate(good):
        if argument != "--":
            yield f"{argument} dropped", good[:place] + good[place + 1 :]
        if argument.startswith("--"):
            option, _, value = argument.partition("=")
            yield f"{option} empty", [*good[:place], f"{option}=", *good[place + 1 :]]
            yield f"{option} of another", [*good[:place], f"{option}={value}9", *good[place + 1 :]]
    for version in ("restricted", "partner", "PUBLIC", "public "):
        yield f"version {version}", [f"--version={version}", *good[1:]]
    for round_ in ("2021", "2023", "0", "x"):
        yield f"round {round_}", [good[0], f"--round={round_}", *good[2:]]
    yield "a released file twice", [*good, str(proof.released)]
    yield "another file of the same name first", [*good[:-1], str(other), good[-1]]
    yield "another file of the same name instead", [*good[:-1], str(other)]
    yield "a file more", [*good, str(proof.then)]
    yield "an edition more", [f"--edition=public-thb-2020-1={proof.then}", *good]
    yield "an edition twice", [f"--edition={EDITION}={proof.then}", *good]
    yield "an edition without a name", [f"--edition={proof.then}", *good]
    yield "true figures of an unknown edition", [f"--true=x={proof.true}", *good]
    yield (
        "true figures of the other release",
        [a.replace(str(proof.true), str(proof.true_then)) for a in good],
    )
    yield "a released file as certificate", [*good[:-2], str(proof.released), str(proof.released)]
    yield "a certificate as released file", [*good[:-1], str(proof.certificate)]
    yield "a folder as certificate", [*good[:-2], str(proof.folder), str(proof.released)]
    yield "a folder of rules without any", [*good[:2], f"--rules={proof.folder}", *good[3:]]


def test_other_arguments_are_refused(proof: SmallProof) -> None:
    other = proof.folder / "other" / proof.released.name
    other.parent.mkdir()
    shutil.copyfile(proof.true, other)
    met = [
        judge(f"arguments {label}", *run_verifier(a))
        for label, a in arguments_changed(proof, other)
    ]
    assert "\n".join(w for w in met if w) == ""
    assert len(met) > 30


def test_what_says_the_same_is_accepted(proof: SmallProof) -> None:
    """Order and blanks of JSON, and the order of files and arguments."""
    certificate = json.loads(proof.certificate.read_text(encoding="utf-8"))
    backwards = dict(sorted(certificate.items(), reverse=True))
    proof.certificate.write_text(json.dumps(backwards, indent=3), encoding="utf-8")
    *options, _, path, released = proof.arguments()
    assert run_verifier([*reversed(options), "--", path, released])[0] == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '{"format": 3}', '{"format": 2}', "[" * 100_000, "\ud800"]
)
def test_what_is_no_certificate_is_refused(proof: SmallProof, text: str) -> None:
    proof.certificate.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert judge("certificate", *run_verifier(proof.arguments(), read_rules_once=True)) == ""
