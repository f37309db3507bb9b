"""A mail server for tests, of aiosmtpd. It listens on a free port of this machine until its input ends.

    smtp_server.py [--certificate PEM --key PEM [--implicit]] [--user NAME --password SECRET] [--delay SECONDS]

With a certificate it offers STARTTLS, or with --implicit speaks TLS from the first byte. With a user it takes mail from
nobody else, and asks for the password only after TLS. It writes lines of JSON: {"port"} first, then one for each mail that
it has taken over: {"from", "to", "is_tls", "user", "data": base64}. What it thinks of a mail stands in the receiver's name:
    later-N@…       451 to the first N attempts
    unknown@…       550 to RCPT
    refused@…       554 to the text
    silent@…        takes the mail over, and hangs up before it says so, the first time
and in the sender's: stranger@… gets 550 to MAIL.
--delay: how long it thinks about each text.
"""

import argparse
import asyncio
import base64
import json
import logging
import ssl
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
for name in ("certificate", "key", "user", "password"):
    parser.add_argument(f"--{name}")
parser.add_argument("--implicit", action="store_true")
parser.add_argument("--delay", type=float, default=0)
options = parser.parse_args()

logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # clients that refuse its certificate
attempts = Counter()


def tell(**line):
    print(json.dumps(line), flush=True)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address.startswith("stranger@"):
            return "550 5.7.1 not your address"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        attempts[address] += 1
        if address.startswith("unknown@"):
            return "550 5.1.1 no such user"
        if address.startswith("later-") and attempts[address] <= int(address.split("@")[0].split("-")[1]):
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(options.delay)
        to = envelope.rcpt_tos[0]
        if to.startswith("refused@"):
            return "554 5.7.1 not this text"
        tell(
            **{"from": envelope.mail_from},
            to=to,
            is_tls=session.ssl is not None or options.implicit,
            user=session.auth_data.login.decode() if session.auth_data else None,
            data=base64.b64encode(envelope.original_content).decode(),
        )
        if to.startswith("silent@") and attempts[to] == 1:
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_known = data.login.decode() == options.user and data.password.decode() == options.password
    return AuthResult(success=is_known, handled=False, auth_data=data)


async def serve():
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    is_starttls = context is not None and not options.implicit

    def protocol():
        return SMTP(
            Handler(),
            hostname="mail.test.example",
            tls_context=context if is_starttls else None,
            authenticator=authenticate if options.user else None,
            auth_required=options.user is not None,
            auth_require_tls=is_starttls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if options.implicit else None)
    tell(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(serve())
