"""Which server takes the mail of the tests? A real one on loopback, with a certificate and
a user of its own.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "reports", "a made-up password"


@dataclass
class Post:
    """What the server was given: by message its sender, its recipients and its bytes."""

    refuses: frozenset[str] = frozenset()
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.secure.append(server.transport.get_extra_info("sslcontext") is not None)
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content))
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        found = [message_from_bytes(content, policy=default) for _, _, content in self.taken]
        assert all(isinstance(message, EmailMessage) for message in found)
        return [message for message in found if isinstance(message, EmailMessage)]


def make_certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private


@contextmanager
def serving(
    post: Post, certificate: tuple[Path, Path] | None = None, *, tls: bool = False
) -> Iterator[int]:
    """The port of a server that gives what it takes to `post`. With a certificate it
    wants STARTTLS and its user's password, or TLS from the first byte.
    """

    def authenticator(server: Any, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
        is_user = isinstance(data, LoginPassword) and data == LoginPassword(
            USER.encode(), PASSWORD.encode()
        )
        return AuthResult(success=is_user, handled=is_user)

    offered: dict[str, Any] = {}
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    if context and not tls:
        offered = {
            "authenticator": authenticator,
            "auth_required": True,
            "tls_context": context,
            "require_starttls": True,
        }
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            lambda: SMTP(post, hostname="localhost", loop=loop, **offered),
            "127.0.0.1",
            0,
            ssl=context if tls else None,
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def settings(folder: Path, port: int, *states: str, **relay: Any) -> Path:
    """A file of settings for a server on loopback, with an invented address for each of
    some states.
    """
    content = {
        "from": {"name": "SELEC Reporting", "address": "reports@selec.example"},
        "states": {s: {"to": [f"{s.lower()}@ministry.example"]} for s in states},
        "relay": {"host": "127.0.0.1", "port": port, **relay},
    }
    path = folder / "mail.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
