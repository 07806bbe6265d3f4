"""Is the list of signers read strictly, and by ssh-keygen too? Does a key sign, from
its file and from an agent?
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from builds import ROOT
from signatories import PEOPLE, enter_signers, line, make_key, make_keys

from pipeline.errors import ContractError, SignOffError
from pipeline.system.signed.people import acting
from pipeline.system.signed.signers import FILE, NAMESPACE, lint_signers, read_signers
from pipeline.system.signed.signing import BadSignature, check_signature, open_signer

ANA = "ana@selec.example"
DAY = date(2023, 5, 2)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("keys"))


def written(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_the_list_that_is_shipped_names_nobody(tmp_path: Path) -> None:
    assert lint_signers(ROOT / "data_contracts") == "signers: nobody, so all is rehearsal"
    assert read_signers(tmp_path).identities == ()


def test_a_list_says_who_signs_in_which_roles_from_when_to_when(tmp_path: Path, keys: Path) -> None:
    good = line(ANA, keys / "analyst", "Ana Pop", "analyst, reviewer", 'valid-after="20230101"')
    later = line(
        ANA,
        keys / "director",
        "Ana Pop",
        "analyst",
        'valid-after="20240101",valid-before="20250101"',
    )
    first, second = read_signers(written(tmp_path, f"# who\n\n{good}{later}")).identities
    assert (first.name, first.roles, first.line) == ("Ana Pop", ("analyst", "reviewer"), 3)
    assert [first.holds_on(date(y, 1, 1)) for y in (2022, 2023, 2099)] == [False, True, True]
    assert [
        second.holds_on(d) for d in (date(2023, 12, 31), date(2024, 12, 31), date(2025, 1, 1))
    ] == [False, True, False]
    assert lint_signers(tmp_path) == "signers: 1 people with 2 keys"
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(keys / "analyst.pub")], capture_output=True, text=True
    )
    assert first.fingerprint == listed.stdout.split()[1]


A = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHuDqtcfU6p0w/7EyhPR2nqK63QTmpAmtYdVVTceOH6q"
B = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEM88zMOKRYmzFwauyyeOsPP+rjZMeaOmClmUG+d0Fd6"
KEY = A.split()[1]
BLOB = base64.b64decode(KEY)
WEAK = b"".join(len(x).to_bytes(4, "big") + x for x in (b"ssh-rsa", b"\1\0\1", b"\x7f" * 256))


def text_of(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def entry(
    principal: str,
    key: str,
    name: str,
    roles: str,
    valid: str = 'valid-after="20230101"',
    space: str = NAMESPACE,
) -> str:
    return f'{principal} namespaces="{space}",{valid} {key} {name}; {roles}\n'


GOOD = entry(ANA, A, "Ana Pop", "analyst")
# Lists that are not right: the text, the line that is named, and what is said of it.
CASES: dict[str, tuple[str | bytes, int, str]] = {
    "two names": (
        GOOD + entry(ANA, B, "Ana Popa", "analyst"),
        2,
        "is Ana Popa here and Ana Pop in line 1",
    ),
    "two principals, one key": (
        GOOD + entry("b@x", A, "Bo", "analyst"),
        2,
        "already that of ana@selec.example",
    ),
    "the key twice": (GOOD + GOOD, 2, "stands twice, also in line 1"),
    "one name, two principals": (
        GOOD + entry("b@x", B, "ANA  POP".title().replace("  ", " "), "director"),
        2,
        "use one principal",
    ),
    "an accent apart": (GOOD + entry("b@x", B, "Ána Pop", "director"), 2, "use one principal"),
    "unknown role": (entry(ANA, A, "Ana Pop", "boss"), 1, "there is no role 'boss'"),
    "no role": (entry(ANA, A, "Ana Pop", ""), 1, "there is no role ''"),
    "a role twice": (entry(ANA, A, "Ana Pop", "analyst, analyst"), 1, "a role stands twice"),
    "no name": (entry(ANA, A, "", "analyst"), 1, "does not say who this is"),
    "only accents": (entry(ANA, A, "\u0301", "analyst"), 1, ""),
    "no comment": (
        f'{ANA} namespaces="{NAMESPACE}",valid-after="20230101" {A}\n',
        1,
        "does not say who",
    ),
    "no such day": (
        entry(ANA, A, "Ana Pop", "analyst", 'valid-after="20230230"'),
        1,
        "'20230230' is no day",
    ),
    "a day with hyphens": (
        entry(ANA, A, "A", "analyst", 'valid-after="2023-01-01"'),
        1,
        "is no day",
    ),
    "digits of another script": (
        entry(ANA, A, "A", "analyst", 'valid-after="٢٠٢٣٠١٠١"'),
        1,
        "is no day",
    ),
    "days backwards": (
        entry(ANA, A, "A", "analyst", 'valid-after="20240101",valid-before="20230101"'),
        1,
        "is not later than",
    ),
    "no day at all": (
        entry(ANA, A, "A", "analyst", 'valid-before="20230101"'),
        1,
        "no valid-after",
    ),
    "valid for no day": (
        entry(ANA, A, "A", "analyst", 'valid-after="20240101",valid-before="20240101"'),
        1,
        "is not later than",
    ),
    "option twice": (
        entry(ANA, A, "A", "analyst", 'valid-after="20230101",valid-after="20200101"'),
        1,
        "twice",
    ),
    "a key of authorities": (
        entry(ANA, A, "A", "analyst", 'valid-after="20230101",cert-authority'),
        1,
        "'cert-authority' is no option",
    ),
    "another namespace": (entry(ANA, A, "A", "analyst", space="git"), 1, 'namespaces="git"'),
    "all namespaces": (entry(ANA, A, "A", "analyst", space="*"), 1, 'namespaces="*"'),
    "no namespace": (
        f'{ANA} valid-after="20230101" {A} Ana Pop; analyst\n',
        1,
        "not for what is signed",
    ),
    "no options": (f"{ANA} {A} Ana Pop; analyst\n", 1, ""),
    "a pattern": (entry("*@selec.example", A, "A", "analyst"), 1, "names nobody for certain"),
    "two principals": (entry("a@x,b@x", A, "A", "analyst"), 1, "names nobody for certain"),
    "a tab": (GOOD.replace(" ", "\t", 1), 1, "a tab"),
    "line ends of Windows": (GOOD.replace("\n", "\r\n"), 1, "carriage return"),
    "a mark at the beginning": ("\ufeff" + GOOD, 1, ""),
    "two spaces": (GOOD.replace(" ", "  ", 1), 1, "no line of a signer"),
    "a key cut off": (GOOD.replace(KEY, text_of(BLOB[:-1])), 1, "the key is not whole"),
    "a key too long": (GOOD.replace(KEY, text_of(BLOB + b"\0")), 1, "the key is not whole"),
    "a key of another kind": (
        GOOD.replace(KEY, text_of(BLOB.replace(b"19", b"10", 1))),
        1,
        "the key is not whole",
    ),
    "no key": (GOOD.replace(KEY, "AAAA"), 1, "the key is not whole"),
    "an old kind": (GOOD.replace("ssh-ed25519", "ssh-dss"), 1, "'ssh-dss' is no kind of key"),
    "a short key": (GOOD.replace(A, f"ssh-rsa {text_of(WEAK)}"), 1, "the key is too short"),
    "words": ("Ana may sign\n", 1, "no line of a signer"),
    "not UTF-8": (GOOD.encode() + b"\xff\n", 0, "cannot be read"),
    "an endless line": ("a" * 1_000_000 + "\n", 1, "no line of a signer"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_used_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    text, number, told = CASES[case]
    with pytest.raises(ContractError) as refused:
        lint_signers(written(tmp_path, text))
    assert refused.value.where == (f"{FILE} line {number}" if number else FILE)
    assert told in str(refused.value)
    assert refused.value.allowed
    assert refused.value.do


# --- signing --------------------------------------------------------------------------


def test_a_signature_holds_for_its_message_its_key_its_purpose_and_its_day(
    tmp_path: Path, keys: Path
) -> None:
    signers = enter_signers(tmp_path, keys)
    signed = open_signer(str(keys / "analyst"), signers).sign(b"message")
    assert check_signature(b"message", signed, signers=signers, day=DAY).name == PEOPLE["analyst"]
    for message, text, day, told in (
        (b"another", signed, DAY, "does not hold"),
        (b"", signed, DAY, "does not hold"),
        (
            b"message",
            signed,
            date(2019, 1, 1),
            "is valid from 2020-01-01 until before 2099-01-01, not on 2019-01-01",
        ),
        (b"message", signed, date(2099, 1, 1), "not on 2099-01-01"),
        (b"message", signed[:-8] + "AAAAAAA=", DAY, "does not hold"),
        (b"message", signed[:40], DAY, "signature"),
        (b"message", "", DAY, "no SSH signature"),
        (b"message", "no base64!", DAY, "no SSH signature"),
        (b"message", "U1NIU0lH", DAY, "no SSH signature"),
        (b"message", "\u00e9", DAY, "no SSH signature"),
    ):
        with pytest.raises(BadSignature, match=told):
            check_signature(message, text, signers=signers, day=day)


@pytest.mark.parametrize(
    "kind", [("ecdsa", "256"), ("ecdsa", "521"), ("rsa", "3072")], ids="-".join
)
def test_other_kinds_of_keys_sign_too(tmp_path: Path, kind: tuple[str, str]) -> None:
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind[0], "-b", kind[1], "-N", "", "-f", str(key)], check=True
    )
    signers = read_signers(written(tmp_path, line(ANA, key, "Ana Pop", "analyst")))
    signed = open_signer(str(key), signers).sign(b"message")
    assert (
        check_signature(b"message", signed, signers=signers, day=DAY).fingerprint
        == signers.identities[0].fingerprint
    )


def test_a_key_in_an_agent_signs_by_its_public_part(
    tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = enter_signers(tmp_path, keys)
    only = Path(shutil.copy(keys / "analyst.pub", tmp_path / "me.pub"))
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    settings = dict(
        part.split("=", 1) for part in started.replace("\n", ";").split(";") if "=" in part
    )
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", settings["SSH_AUTH_SOCK"])
        with pytest.raises(SignOffError, match="nothing was signed"):
            open_signer(str(only), signers).sign(b"message")
        subprocess.run(["ssh-add", "-q", str(keys / "analyst")], check=True)
        signed = open_signer(str(only), signers).sign(b"message")
        assert (
            check_signature(b"message", signed, signers=signers, day=DAY).name == PEOPLE["analyst"]
        )
    finally:
        os.kill(int(settings["SSH_AGENT_PID"]), 15)


def test_a_locked_key_asks_for_its_passphrase_and_signs_nothing_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh-keygen asks for it itself; here by the program that it is told to ask with."""
    key = make_key(tmp_path / "key")
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a secret", "-f", str(key)], check=True
    )
    signers = read_signers(written(tmp_path, line(ANA, key, "Ana Pop", "analyst")))
    asked = tmp_path / "ask"
    monkeypatch.setenv("SSH_ASKPASS", str(asked))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    for secret in ("wrong", ""):
        asked.write_text(f"#!/bin/sh\necho '{secret}'\n")
        asked.chmod(0o700)
        with pytest.raises(SignOffError, match="nothing was signed") as refused:
            open_signer(str(key), signers).sign(b"message")
        assert "a secret" not in str(refused.value)
    asked.write_text("#!/bin/sh\necho 'a secret'\n")
    signed = open_signer(str(key), signers).sign(b"message")
    assert check_signature(b"message", signed, signers=signers, day=DAY).name == "Ana Pop"


@pytest.mark.parametrize(
    "content", [b"", b"words", b"\xff\x00", b"ssh-ed25519 AAAA", b"ssh-ed25519 !", b"a b c"]
)
@pytest.mark.parametrize("name", ["key", "key.pub"])
def test_what_is_no_key_is_told(tmp_path: Path, keys: Path, name: str, content: bytes) -> None:
    signers = enter_signers(tmp_path, keys)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SignOffError, match="this is no SSH key") as refused:
        open_signer(str(tmp_path / name), signers)
    assert str(tmp_path / name) in refused.value.where


def test_without_key_or_program_it_is_told(
    tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = enter_signers(tmp_path, keys)
    with pytest.raises(SignOffError, match="there is no key"):
        open_signer(str(tmp_path / "none"), signers)
    with pytest.raises(SignOffError, match="there is no key"):
        open_signer(str(tmp_path), signers)
    signer = open_signer(str(keys / "analyst"), signers)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SignOffError, match="apt-get install openssh-client"):
        signer.sign(b"message")


def test_one_person_has_one_role_of_those_that_may_do_it(tmp_path: Path, keys: Path) -> None:
    text = line(ANA, keys / "analyst", "Ana Pop", "analyst, director")
    signers = read_signers(written(tmp_path, text))
    key = str(keys / "analyst")
    assert (
        acting(signers, key, by="", role="", day="2023-05-02", roles=("analyst",)).role == "analyst"
    )
    assert (
        acting(
            signers, key, by="", role="director", day="2023-05-02", roles=("analyst", "director")
        ).role
        == "director"
    )
    with pytest.raises(SignOffError, match="several roles"):
        acting(signers, key, by="", role="", day="2023-05-02", roles=("analyst", "director"))
    with pytest.raises(SignOffError, match="in none that may do this"):
        acting(signers, key, by="", role="", day="2023-05-02", roles=("reviewer",))
