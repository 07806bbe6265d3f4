"""Does a signature come from the key of the setting, and is it trusted only where that
is said?
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from test_signoff import blank

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.release.signoff.signature import KEY, PASSPHRASE, TRUST, sign, signatures

NAME = "SELEC Publications"


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key with a passphrase, as an institution has it; the settings name both."""
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=30))
        .sign(private, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(b"correct horse")
    path = tmp_path / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"key", private, certificate, None, lock)
    )
    (tmp_path / "trust.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "passphrase").write_text("correct horse\n", encoding="utf-8")
    monkeypatch.setenv(KEY, str(path))
    monkeypatch.setenv(PASSPHRASE, str(tmp_path / "passphrase"))
    monkeypatch.delenv(TRUST, raising=False)
    return path


def test_the_key_of_the_setting_signs_and_is_trusted_where_that_is_said(
    project: Project, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = sign(project, blank(), reason="an edition")
    (found,) = signatures(project, signed)
    assert (found.signer, found.intact, found.whole, found.trusted, found.is_test) == (
        NAME,
        True,
        True,
        False,
        False,
    )
    assert "by a certificate nobody trusts" in found.line()
    monkeypatch.setenv(TRUST, str(key.with_name("trust.pem")))
    assert "valid; trusted: SELEC Publications" in signatures(project, signed)[0].line()
    assert not (project.releases / "keys").exists()  # no test certificate was made


def test_what_is_appended_after_the_signature_shows(project: Project, key: Path) -> None:
    content = sign(project, blank(), reason="an edition")
    (found,) = signatures(project, content + b"% more\n")
    assert "BROKEN" in found.line()


def test_a_key_that_cannot_be_used_is_said(project: Project, key: Path) -> None:
    key.with_name("passphrase").write_text("wrong\n", encoding="utf-8")
    with pytest.raises(SignOffError, match="the key cannot be read"):
        sign(project, blank(), reason="an edition")
    key.unlink()
    with pytest.raises(SignOffError, match="there is no such file"):
        sign(project, blank(), reason="an edition")
