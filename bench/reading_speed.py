"""Print what reading a reply costs, as a ratio to what mail-parser alone takes on the same bytes.

    python bench/reading_speed.py [MESSAGE.eml …]

Without arguments it reads a reply of 16 KB that it makes itself: text and HTML beside each other, the invitation quoted
in both. Ratios travel between machines, milliseconds do not. The goal is a ratio of at most 2 for reading it whole.
It also prints the cost of the worst messages within the bounds, time in ms and memory beyond the message's size in MB.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import mailparser

from mailbot import reading
from mailbot.message import read
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.own_words import cut

ROUNDS = 40
PARAGRAPHS = (
    "Participants should confirm their attendance by replying to the invitation with their name, title, telephone"
    " number and organisation, and say whether they take part online or in person.",
    "Online participants are invited to start the connection process thirty minutes before the meeting begins.",
    "Computer systems must have an Internet connection at 0.5 Mbps, a camera, a microphone and speakers.",
    "A connection guide is sent to online participants one week before the event; whoever lacks it may ask for it.",
)
INVITATION = Invitation(
    message_ids=frozenset({"<invite@network.example>"}),
    own_addresses=frozenset({"rsvp@network.example"}),
    invitation_texts=("\n\n".join(PARAGRAPHS),),
)
OWN = (
    "Bonjour,",
    "Nom : Marie Dupont-Lefèvre",
    "Titre : secrétaire générale",
    "Téléphone : +33 6 12 34 56 78",
    "Organisation : Fédération des travailleurs de l'exemple",
    "Participation : en ligne",
    "Cordialement,",
    "Marie Dupont-Lefèvre",
)


def reply(size: int = 16_384) -> bytes:
    """Return a reply of about that many bytes, as webmail writes it."""
    quoted: list[str] = []
    while sum(map(len, quoted)) * 2.3 + 3_000 < size:
        quoted.append(PARAGRAPHS[len(quoted) % len(PARAGRAPHS)])
    intro = "Le lun. 1 oct. 2018 à 09:12, Réseau <rsvp@network.example> a écrit :"
    text = "\n".join([*OWN, "", intro, *(f"> {line}\n>" for line in quoted)])
    html = "".join(f"<div>{line}</div>" for line in OWN) + f'<div class="gmail_quote"><div>{intro}</div><blockquote>'
    html += "".join(f"<div>{line}<br></div>" for line in quoted) + "</blockquote></div>"
    received = (
        "Received: from a.example (a.example [192.0.2.1]) by mx.network.example with ESMTPS id x;\n Mon, 1 Oct 2018"
    )
    head = [
        *[f"{received} 10:00:0{n} +0200" for n in range(4)],
        "From: Marie Dupont <marie@union.example>",
        "To: =?utf-8?Q?R=C3=A9seau?= <rsvp@network.example>",
        "Subject: =?utf-8?Q?Re=3A_Invitation_=3A_webinaire_du_R=C3=A9seau?=",
        "Date: Mon, 1 Oct 2018 12:00:00 +0200",
        "Message-ID: <reply@union.example>",
        "In-Reply-To: <invite@network.example>",
        "References: <invite@network.example>",
        *[f"X-Header-{n}: some value of a program or a filter on the way" for n in range(12)],
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="b"',
    ]
    kind = "Content-Type: text/{}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}\n"
    body = f"--b\n{kind.format('plain', text)}--b\n{kind.format('html', html)}--b--\n"
    return ("\n".join(head) + "\n\n" + body).replace("\n", "\r\n").encode()


def best(work: Callable[[], object]) -> float:
    """Return the least time of several rounds, in seconds: what disturbs a measurement only ever adds to it."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def ratios(raws: list[bytes]) -> None:
    """Print the costs of reading, step by step."""
    messages = [read(raw) for raw in raws]
    alone = best(lambda: [mailparser.parse_from_bytes(raw) for raw in raws])
    steps: dict[str, Callable[[], object]] = {
        "message.read": lambda: [read(raw) for raw in raws],
        "own words": lambda: [cut(message, INVITATION) for message in messages],
        "read whole": lambda: [reading.read(read(raw), INVITATION) for raw in raws],
    }
    print(f"{len(raws)} message(s), {sum(map(len, raws)) / len(raws) / 1024:.1f} KB each")  # noqa: T201 -- a program
    print(f"{'mail-parser alone':20} {alone / len(raws) * 1e3:7.2f} ms  1.00")  # noqa: T201 -- it is a program
    for name, work in steps.items():
        took = best(work)
        print(f"{name:20} {took / len(raws) * 1e3:7.2f} ms  {took / alone:.2f}")  # noqa: T201 -- it is a program


def worst() -> None:
    """Print what the worst messages within the bounds cost."""
    head = b"From: a@b.example\r\n"
    html = head + b"Content-Type: text/html\r\n\r\n"
    cases = {
        "99,000 lines": head + b"\r\n" + b"On a:\r\n" * 99_000,
        "nested markup": html + b"<div>" * 200_000,
        "spans": html + b"<span style='color:red'>x</span>" * 30_000,
        "encoded words": head + b"Subject:" + b" =?utf-8?q?a?=" * 1_900 + b"\r\n\r\nhello",
        "recipients": head + b"To: " + b'"x" <a@b.example>, ' * 6_000 + b"\r\n\r\nhello",
        "30 MB attached": head + b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 390_000,
        "6 MB unencoded": head + b"Content-Type: application/x\r\n\r\n" + b"\xff" * 5_900_000,
    }
    for name, raw in cases.items():
        start = time.perf_counter()
        reading.read(read(raw), INVITATION)
        took = time.perf_counter() - start
        tracemalloc.start()
        reading.read(read(raw), INVITATION)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{name:20} {len(raw) / 1e6:6.1f} MB {took * 1e3:8.0f} ms {peak / 1e6:8.1f} MB")  # noqa: T201 -- a program


if __name__ == "__main__":
    ratios([Path(name).read_bytes() for name in sys.argv[1:]] or [reply()])
    worst()
