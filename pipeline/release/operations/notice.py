"""What is said of a run that nobody watched? Some lines for operators, without a
figure, and the mail that brings them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipeline.contracts.mail import Mail
from pipeline.errors import MailError
from pipeline.release.operations.clock import set_back
from pipeline.release.operations.runs import Run
from pipeline.returns.round.relay import connected


def notice_of(run: Run) -> list[str]:
    """The lines: how the run ended, which steps failed, and what to do next."""
    lines = [f"{run.what}: {run.end}", f"run {run.id}, began {run.began}, code {run.commit[:12]}"]
    failed = [step for step in run.steps if step.code]
    lines += [
        f"failed: {step.name}, exit code {step.code}" + (f", {step.error}" if step.error else "")
        for step in failed
    ]
    if run.code is None:
        lines.append(
            "it wrote no end: it was killed, or the machine went down; the next run goes on"
        )
    if run.set_back_from:
        lines.append(set_back(run.set_back_from))
    lines.append(
        f"to do: selec log {run.id} lists its steps; what they printed lies beside its record;"
        " docs/reference/exit-codes.md says what each code means"
    )
    return lines


def send_notice(run: Run, mail: Mail) -> list[str]:
    """Send the lines to the operators. Returns the addresses that were not taken. Raises
    MailError where the relay does not take it.
    """
    assert mail.relay
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"SELEC reporting: {run.what}, {run.end}"
    message["From"] = Address(mail.name, addr_spec=mail.address)
    message["To"] = [Address(addr_spec=address) for address in mail.operators]
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<run-{run.id}@{mail.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(notice_of(run)) + "\n")
    with connected(mail.relay) as connection:
        handed = connection.send(message.as_bytes(), sender=mail.address, to=mail.operators)
    if handed.event != "sent":
        raise MailError(
            f"the notice of run {run.id} did not leave, or nobody knows: {handed.told}",
            where=mail.relay.host,
            do="look at the run by 'selec log', and ask who runs the relay",
        )
    return list(handed.not_taken)
