"""How is a message handed to the relay? Encrypted, with its certificate checked, and
with an answer that says whether it was taken.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from pipeline.contracts.mail import PAGE, Relay
from pipeline.errors import MailError, UserError
from pipeline.returns.intake.shown import shown_name

SECONDS = 30  # that a relay may take for one answer


@dataclass(frozen=True)
class Handed:
    """What became of a message that was handed over. `not_taken` are the addresses that
    the relay did not take, of those that it goes to; `told` says why it did not leave, or
    why nobody knows.
    """

    event: Literal["sent", "refused", "unknown"]
    told: str = ""
    not_taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Connection:
    """A relay that is ready to take messages."""

    relay: Relay
    server: smtplib.SMTP

    def require_open(self) -> None:
        """Raises MailError where the relay has hung up since the last message."""
        try:
            self.server.noop()
        except (smtplib.SMTPException, OSError) as problem:
            raise _unreached(self.relay, f"it hung up: {_said(problem)}", more=True) from None

    def send(self, content: bytes, *, sender: str, to: Sequence[str]) -> Handed:
        """Hand over a message, byte for byte."""
        try:
            not_taken = self.server.sendmail(sender, list(to), content)
        except smtplib.SMTPRecipientsRefused as problem:
            told = "; ".join(_answer(code, text) for code, text in problem.recipients.values())
            return Handed("refused", f"the relay takes mail to none of the addresses: {told}")
        except smtplib.SMTPResponseException as problem:
            # After any of these the connection may be in the middle of a message.
            with suppress(smtplib.SMTPException, OSError):
                self.server.rset()
            told = _answer(problem.smtp_code, problem.smtp_error)
            return Handed("refused", f"the relay refused the message: {told}")
        except (smtplib.SMTPException, OSError) as problem:
            return Handed("unknown", f"the connection broke: {_said(problem)}")
        return Handed("sent", not_taken=tuple(sorted(not_taken)))


@contextmanager
def connected(relay: Relay) -> Iterator[Connection]:
    """Connect with the relay, encrypted as it is set, and say who we are where it has a
    user. Raises MailError where that fails: then nothing was sent; UserError where the
    settings name no password or certificate that can be read.
    """
    password = _password(relay)  # before anybody is bothered
    try:
        server = _opened(relay)
    except ssl.SSLError as problem:
        reason = getattr(problem, "verify_message", "") or problem.reason or problem
        raise _unreached(relay, f"its encryption cannot be trusted: {reason}") from None
    except (smtplib.SMTPException, OSError) as problem:
        raise _unreached(relay, f"it cannot be reached: {_said(problem)}") from None
    try:
        if relay.user:
            try:
                server.login(relay.user, password)
            except (smtplib.SMTPException, OSError) as problem:
                raise _unreached(relay, f"it does not let us in: {_said(problem)}") from None
        yield Connection(relay, server)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _opened(relay: Relay) -> smtplib.SMTP:
    """A greeted relay behind an encrypted line. Never without, where one is asked for: a
    relay that offers none is refused.
    """
    if relay.security == "tls":
        return smtplib.SMTP_SSL(relay.host, relay.port, timeout=SECONDS, context=_trust(relay))
    server = smtplib.SMTP(relay.host, relay.port, timeout=SECONDS)
    try:
        if relay.security == "starttls":
            server.starttls(context=_trust(relay))
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _trust(relay: Relay) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(
            cafile=str(relay.authorities) if relay.authorities else None
        )
    except OSError as problem:  # an SSLError too: a file without a certificate
        raise UserError(
            f"the certificates to be trusted cannot be read: {problem.strerror or problem}",
            where=str(relay.authorities),
            allowed="a file of certificates (PEM)",
            do=f"correct 'authorities' in the settings of mail; see {PAGE}",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _password(relay: Relay) -> str:
    """The password of the relay's user, from where the settings say that it is."""
    if not relay.user:
        return ""
    if not relay.password_file:
        if found := os.environ.get(relay.password_variable, ""):
            return found
        raise _no_password(f"the variable {relay.password_variable} is not set", "set it")
    path = relay.password_file
    try:
        mode = path.stat().st_mode
        found = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise _no_password(f"{path}: {getattr(problem, 'strerror', problem)}", "put it") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _no_password(f"{path}: others than its owner may open it", "chmod 600")
    if not found or not found.isprintable():
        raise _no_password(f"{path}: it does not hold one line", "put the password alone")
    return found


def _no_password(what: str, do: str) -> UserError:
    return UserError(
        f"there is no password for the relay: {what}",
        allowed="a file that its owner alone may open, or a variable of the environment",
        do=f"{do}; see {PAGE}",
    )


def _unreached(relay: Relay, what: str, *, more: bool = False) -> MailError:
    return MailError(
        f"nothing{' more' if more else ''} was sent through the relay: {what}",
        where=f"{relay.host}:{relay.port}",
        allowed="a relay with a certificate of its name, and the user and password it knows",
        do=f"correct 'relay' in the settings of mail, or ask who runs it; see {PAGE}",
    )


def _said(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return _answer(problem.smtp_code, problem.smtp_error)
    return shown_name(getattr(problem, "strerror", "") or str(problem))


def _answer(code: int, text: bytes | str) -> str:
    """What a relay answered, as it may be shown."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {shown_name(said)}"
