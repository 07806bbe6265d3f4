"""How does a person sign, and does a signature hold? SSH signatures, made and checked
by `ssh-keygen -Y`.

    # The file of a key, or the .pub of a key in ssh-agent.
    signer = open_signer("~/.ssh/id_ed25519", read_signers(project.contracts))
    # One line of base64.
    text = signer.sign(message)
    # Who it was; raises BadSignature.
    identity = check_signature(message, text, signers, day)

Passphrases, agents and hardware keys are left to ssh-keygen: no secret passes through
here. A signature counts in our namespace alone, for a key of the list of signers, on a
day on which the key is valid.
"""

from __future__ import annotations

import base64
import binascii
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pipeline.errors import SignOffError
from pipeline.system.signed.signers import (
    NAMESPACE,
    Identity,
    Signers,
    fields_of,
    fingerprint,
    require_somebody,
)

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_SECONDS = 300  # for a passphrase to be typed or a hardware key to be touched


class BadSignature(Exception):
    """A signature does not hold; the text says why."""


@dataclass(frozen=True)
class Signer:
    """A person's key, ready to sign. `key` is the private key, or the public one of a
    key that ssh-agent holds.
    """

    key: Path
    identity: Identity

    def sign(self, message: bytes) -> str:
        """The signature over a message, base64 in one line. Raises SignOffError where
        ssh-keygen makes none.
        """
        done = _ssh_keygen(["-Y", "sign", "-n", NAMESPACE, "-f", str(self.key)], message)
        text = "".join(
            done.stdout.decode("ascii", "replace").replace(_BEGIN, "").replace(_END, "").split()
        )
        if done.returncode or not text:
            raise SignOffError(
                f"nothing was signed: {_told(done)}",
                where=str(self.key),
                allowed=(
                    "a key that this person can use now: its file with the right passphrase, or in"
                    " ssh-agent"
                ),
                do="try again; nothing was changed",
            )
        return text


def open_signer(key: str, signers: Signers) -> Signer:
    """The signer of a key file (private, or public for a key in ssh-agent). The public
    part tells whose key it is.

    Raises SignOffError when there is no such file, or the key is nobody's.
    """
    require_somebody(signers)
    path = Path(key).expanduser()
    if not path.is_file():
        raise SignOffError(
            "there is no key",
            where=str(path),
            allowed="the file of your private key, or of the public key that ssh-agent holds",
            do="give SIGN_KEY=",
        )
    public = _public_part(path)
    identity = signers.by_key(public)
    if identity is None:
        raise SignOffError(
            f"the key {fingerprint(public)} is nobody's",
            where=str(path),
            allowed="; ".join(f"{i.name}: {i.fingerprint}" for i in signers.identities),
            do=(
                "take your own key, or let the Center enter this one in"
                f" data_contracts/{signers.path}"
            ),
        )
    return Signer(path, identity)


def _public_part(path: Path) -> bytes:
    beside = path if path.suffix == ".pub" else path.with_name(path.name + ".pub")
    if beside.is_file():
        words = beside.read_bytes().split()
    else:  # the private key alone: ssh-keygen reads the public part off it
        words = _ssh_keygen(["-y", "-f", str(path)], b"").stdout.split()
    try:
        public = base64.b64decode(words[1], validate=True)
        if next(fields_of(public)) != words[0]:
            raise ValueError
    except (IndexError, ValueError, StopIteration):
        raise SignOffError(
            "this is no SSH key",
            where=str(path),
            allowed="a key as 'ssh-keygen -t ed25519' makes it",
            do="give SIGN_KEY=",
        ) from None
    return public


def check_signature(message: bytes, signature: str, *, signers: Signers, day: date) -> Identity:
    """Whose signature this is. Raises BadSignature, with the reason, when it is not one
    of this message, of a key that is valid on that day, made in our namespace.
    """
    public = _key_of(signature)
    identity = signers.by_key(public)
    if identity is None:
        raise BadSignature(
            f"it is signed with the key {fingerprint(public)}, which is nobody's in {signers.path}"
        )
    if not identity.holds_on(day):
        raise BadSignature(f"the key of {identity.name} is valid {identity.term()}, not on {day}")
    if problem := _verified(message, signature, identity.text, identity.principal, f"{day:%Y%m%d}"):
        raise BadSignature(
            f"the signature with the key of {identity.name} does not hold for it ({problem})"
        )
    return identity


def _key_of(signature: str) -> bytes:
    try:
        blob = base64.b64decode(signature, validate=True)
        if not blob.startswith(_MAGIC):
            raise ValueError
        return next(fields_of(blob[len(_MAGIC) + 4 :]))
    except (binascii.Error, ValueError, StopIteration):
        raise BadSignature("its signature is no SSH signature") from None


@lru_cache(maxsize=4096)
def _verified(message: bytes, signature: str, line: str, principal: str, day: str) -> str:
    """What ssh-keygen has against a signature; empty when it holds."""
    body = "\n".join(signature[i : i + 70] for i in range(0, len(signature), 70))
    with tempfile.TemporaryDirectory(prefix="selec-verify-") as folder:
        allowed = Path(folder) / "allowed_signers"
        armored = Path(folder) / "signature"
        allowed.write_text(line + "\n", encoding="utf-8")
        armored.write_text(f"{_BEGIN}\n{body}\n{_END}\n", encoding="ascii")
        # Noon, because the days of the list begin at midnight on the clock of the
        # machine.
        done = _ssh_keygen(
            [
                "-Y",
                "verify",
                "-f",
                str(allowed),
                "-I",
                principal,
                "-n",
                NAMESPACE,
                "-s",
                str(armored),
                "-O",
                f"verify-time={day}120000",
            ],
            message,
        )
    return _told(done) if done.returncode else ""


def _ssh_keygen(arguments: list[str], message: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=message, capture_output=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise SignOffError(
            "there is no ssh-keygen",
            where="PATH",
            allowed="OpenSSH 8.9 or newer",
            do="install it: apt-get install openssh-client",
        ) from None
    except subprocess.TimeoutExpired:
        raise SignOffError(
            f"ssh-keygen did not answer within {_SECONDS} seconds", do="try again"
        ) from None


def _told(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of what ssh-keygen says, without what does not print."""
    lines = (
        done.stderr.decode("utf-8", "replace")
        .replace("Signing data on standard input", "")
        .splitlines()
    )
    last = next((line for line in reversed(lines) if line.strip()), "no reason given")
    return "".join(c for c in last.strip() if c.isprintable())[:200]
