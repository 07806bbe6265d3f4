"""Who vouches for a file, and is it still that file? PAdES signatures, appended so that
the approved bytes stay.

The key is a PKCS#12 file: SELEC_SIGNING_KEY, its passphrase the first line of
SELEC_SIGNING_PASSPHRASE_FILE. Without that setting the project makes a test
certificate, which says of itself that it proves nothing. SELEC_SIGNING_TRUST names the
certificates (PEM) that a signature may come from.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import SignOffError
from pipeline.project import Project
from pipeline.system.files import write_private

TEST_NAME = "SELEC reporting pipeline TEST CERTIFICATE - proves nothing"
KEY, PASSPHRASE, TRUST = "SELEC_SIGNING_KEY", "SELEC_SIGNING_PASSPHRASE_FILE", "SELEC_SIGNING_TRUST"
_FIELD = "Signature"


@dataclass(frozen=True)
class Signature:
    """One signature of a file: by whom, whether what it covers is unchanged, and
    whether it covers the whole file.
    """

    signer: str
    intact: bool
    trusted: bool
    whole: bool

    @property
    def is_test(self) -> bool:
        return TEST_NAME in self.signer

    def line(self) -> str:
        what = (
            "valid"
            if self.intact and self.whole
            else "BROKEN: the file was changed after it was signed"
        )
        who = (
            "a TEST certificate"
            if self.is_test
            else "trusted"
            if self.trusted
            else "by a certificate nobody trusts"
        )
        return f"{what}; {who}: {self.signer}"


def sign(project: Project, content: bytes, *, reason: str) -> bytes:
    """The file with a signature appended (PAdES B-B). Its first bytes are `content`;
    tags and metadata stay.

    The field is invisible and marked to be printed, outside of the page, as PDF/A and
    PDF/UA ask together. Two signatures of the same file differ: they hold the time.
    Raises SignOffError when the key cannot be used.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    place = fields.InvisSigSettings(
        set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True
    )
    spec = fields.SigFieldSpec(
        _FIELD,
        on_page=0,
        invis_sig_settings=place,
        readable_field_name="Signature of the publisher",
    )
    about = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
    )

    class AsItIs(IncrementalPdfFileWriter):  # type: ignore[misc]
        """What the library would change besides, and PDF/A does not allow: its
        metadata, its version of PDF.
        """

        def _update_meta(self) -> None:
            pass

        def ensure_output_version(self, version: Any) -> None:
            pass

        def register_extension(self, ext: Any) -> None:
            if ext.prefix_name == "/ESIC":  # that of PAdES; the others ask for PDF 2.0
                super().register_extension(ext)

    writer = AsItIs(io.BytesIO(content))
    signed = signers.PdfSigner(about, signer=_signer(project), new_field_spec=spec).sign_pdf(writer)
    return bytes(signed.getbuffer())


def signatures(project: Project, content: bytes) -> list[Signature]:
    """Every signature of a PDF, checked without any network; none where the file has
    none.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    found = []
    for embedded in PdfFileReader(io.BytesIO(content)).embedded_signatures:
        trust = ValidationContext(trust_roots=_trusted(project), allow_fetching=False)
        status = validate_pdf_signature(
            embedded, trust, key_usage_settings=KeyUsageConstraints(key_usage=set())
        )
        found.append(
            Signature(
                status.signing_cert.subject.native.get(
                    "common_name", status.signing_cert.subject.human_friendly
                ),
                bool(status.intact and status.valid),
                bool(status.trusted),
                status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
            )
        )
    return found


def _signer(project: Project) -> Any:
    from pyhanko.sign import signers

    path, passphrase = _key(project)
    signer = signers.SimpleSigner.load_pkcs12(str(path), passphrase=passphrase)
    if signer is None:
        raise SignOffError(
            "the key cannot be read",
            where=str(path),
            allowed="a PKCS#12 file with the passphrase beside it",
            do=f"check {KEY} and {PASSPHRASE}",
        )
    return signer


def _key(project: Project) -> tuple[Path, bytes | None]:
    given = os.environ.get(KEY)
    if not given:
        return _test_key(project), None
    path = Path(given)
    secret = os.environ.get(PASSPHRASE)
    for file in (path, *([Path(secret)] if secret else [])):
        if not file.is_file():
            raise SignOffError(
                "there is no such file", where=str(file), do=f"check {KEY} and {PASSPHRASE}"
            )
    return path, Path(secret).read_bytes().splitlines()[0] if secret else None


def _test_key(project: Project) -> Path:
    """The test key of this register, made when it is first needed; its certificate is
    the file beside it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import NameOID

    path = project.releases / "keys" / "test-certificate.p12"
    if path.is_file():
        return path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TEST_NAME)])
    today = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=3650))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(path.with_suffix(".pem"), certificate.public_bytes(serialization.Encoding.PEM))
    packed = pkcs12.serialize_key_and_certificates(
        b"test", key, certificate, None, serialization.NoEncryption()
    )
    write_private(path, packed)
    return path


def _trusted(project: Project) -> list[Any]:
    """The certificates that signatures may come from: those of the setting, and the
    test certificate where it is.
    """
    from pyhanko.keys import load_certs_from_pemder

    given = os.environ.get(TRUST)
    files = [Path(given)] if given else []
    if (test := project.releases / "keys" / "test-certificate.pem").is_file():
        files.append(test)
    return [certificate for file in files for certificate in load_certs_from_pemder([str(file)])]
