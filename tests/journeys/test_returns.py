"""Mail that comes back, and mail from elsewhere: real mailboxes and a real receiver, plus-addresses and all."""

from __future__ import annotations

import re

from tests.core.test_returned import report
from tests.journeys.conftest import Organisation, registration
from tests.journeys.test_journeys import AWA, kinds

PLUS = 'evidence = "none"\nenvelope_sender = "plus"\nreply_to = "plus"'
PRIVATE = "Awa Ndiaye <awa.private@home.example>"
MX = "mx1.workers-network.example"
NEW_NUMBER = "Bonjour,\n\nMon numéro était faux, voici le bon : +221 77 450 12 99.\n\nMerci\nAwa Ndiaye\n"


def test_each_mail_leaves_with_addresses_that_name_it_where_that_may_be(organisation: Organisation) -> None:
    organisation.configure(smtp_extra=PLUS)
    organisation.reply(registration())
    (mail,) = organisation.at("2027-03-02 09:00")
    token = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    assert re.fullmatch("[a-z2-7]{32}", token)
    assert organisation.smtp.messages[-1].sender == f"rsvp+b{token}@workers-network.example"
    assert mail["Reply-To"] == f"rsvp+r{token}@workers-network.example"
    assert mail["From"].addresses[0].addr_spec == "rsvp@workers-network.example"

    (guide,) = organisation.at("2027-03-23 14:00")
    assert str(guide["Reply-To"]) in str(guide["List-Unsubscribe"])


def test_a_report_that_keeps_nothing_but_its_own_address_reaches_the_person(organisation: Organisation) -> None:
    organisation.configure(smtp_extra=PLUS)
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-23 14:00")
    envelope = organisation.smtp.messages[-1].sender
    organisation.deliver(report("an.alias@elsewhere.example", to=envelope))
    assert organisation.at("2027-03-23 14:05") == []
    assert organisation.people()[0].reachable == "unreachable"
    assert organisation.at("2027-03-30 13:30") == []

    organisation.reply("Bonjour,\n\nJe participe toujours en ligne.\n\nAwa Ndiaye\n")
    assert sorted(kinds(organisation.at("2027-03-30 13:35"))) == ["acknowledgement", "guide"]


def test_an_answer_to_our_mail_counts_from_whatever_address_it_comes(organisation: Organisation) -> None:
    organisation.configure(smtp_extra=PLUS)
    organisation.reply(registration())
    (mail,) = organisation.at("2027-03-02 09:00")
    raw = (  # as a program answers that knows nothing of threads
        f"From: {PRIVATE}\r\nTo: {mail['Reply-To']}\r\nSubject: Re: webinaire\r\n"
        "Date: Tue, 2 Mar 2027 10:00:00 +0100\r\n"
        "Message-ID: <private-1@home.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + NEW_NUMBER
    )
    organisation.deliver(raw.encode())
    (thanks,) = organisation.at("2027-03-03 09:00")
    assert thanks["To"].addresses[0].addr_spec == "awa.private@home.example"
    (person,) = organisation.people()
    assert (person.phone, person.write_to) == ("+221774501299", AWA)


def test_a_forged_sender_changes_nothing_and_learns_nothing(organisation: Organisation) -> None:
    organisation.configure(mailbox_extra=f'authserv_id = "{MX}"')
    good = [("Authentication-Results", f"{MX}; dmarc=pass header.from=cnts.sn.example")]
    organisation.reply(registration(), headers=good)
    organisation.at("2027-03-02 09:00")
    forged = [("Authentication-Results", f"{MX}; dmarc=fail header.from=cnts.sn.example")]
    organisation.reply("Bonjour,\n\nJe dois annuler ma participation.\n\nAwa Ndiaye\n", headers=forged)
    assert organisation.at("2027-03-03 09:00") == []
    assert organisation.received()[-1].reason == "fails_dmarc: Awa Ndiaye"
    assert kinds(organisation.at("2027-03-23 14:00")) == ["guide"]


def test_a_second_registration_of_the_same_person_is_kept_and_shown_to_a_person(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.reply(registration(), sender=PRIVATE)
    assert kinds(organisation.at("2027-03-02 09:00")) == ["acknowledgement", "acknowledgement"]
    assert ["same_person_other_address" in p.review for p in organisation.people()] == [True, True]
