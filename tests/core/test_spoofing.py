"""Who may change a registration: its own address, vouched for, or whoever answers a mail that only they got."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot import outbox, registry, tokens
from mailbot.errors import Held
from mailbot.models import Outbox, Participant, Received
from mailbot.registry import Recorded, Source, Vouched
from mailbot.rsvp.answer import Reading
from tests.core.conftest import EVENT, NOW, START, Core, answer, reading
from tests.core.test_intake import mail, take
from tests.journeys.conftest import registration

MX = "mx1.workers-network.example"
PASS = f"{MX}; dmarc=pass header.from=cnts.sn.example"
FAIL = f"{MX}; dmarc=fail header.from=cnts.sn.example"
UNSURE = f"{MX}; dkim=none; spf=pass smtp.mailfrom=evil.example"
LATER = NOW + timedelta(hours=2)
PRIVATE = "Awa Ndiaye <awa.private@home.example>"
CANCELS = "Bonjour,\n\nJe dois malheureusement annuler ma participation.\n\nAwa Ndiaye\n"
NEW_NUMBER = "Bonjour,\n\nMon numéro était faux, voici le bon : +221 77 450 12 99.\n\nMerci\nAwa Ndiaye\n"


@pytest.fixture
def guarded(core: Core) -> Core:
    """A mailbot that knows what its own mail server is called, with Awa registered."""
    core.configure(mailbox=f'name = "box"\nauthserv_id = "{MX}"')
    take(core, mail(Authentication_Results=PASS))
    return core


def changed(core: Core, text: str, *, answers: str = "", **headers: str) -> Received:
    """Let a message about Awa's registration arrive and return what became of it."""
    raw = mail(text, at=LATER, **headers)
    if answers:
        raw = raw.replace(b"<invite-fr@workers-network.example>", answers.encode())
    return take(core, raw, at=LATER)[-1]


def phone(core: Core) -> str | None:
    return core.people()[0].phone


def test_a_change_that_the_server_vouches_for_is_made(guarded: Core) -> None:
    assert changed(guarded, NEW_NUMBER, Authentication_Results=PASS).disposition == "registration"
    assert phone(guarded) == "+221774501299"


@pytest.mark.parametrize(("said", "word"), [(FAIL, "fails_dmarc"), (UNSURE, "not_authenticated")])
@pytest.mark.parametrize("text", [NEW_NUMBER, CANCELS, registration(phone="+221 77 450 12 99")])
def test_a_change_from_a_sender_who_may_be_forged_is_held_and_not_answered(
    guarded: Core, said: str, word: str, text: str
) -> None:
    row = changed(guarded, text, Authentication_Results=said)
    assert (row.disposition, row.reason) == ("held", f"{word}: Awa Ndiaye")
    (person,) = guarded.people()
    assert (person.status, person.phone) == ("registered", "+221774501234")
    assert len(guarded.outbox()) == 1


def test_a_first_registration_is_recorded_and_marked(core: Core) -> None:
    core.configure(mailbox=f'name = "box"\nauthserv_id = "{MX}"')
    (row,) = take(core, mail(Authentication_Results=FAIL))
    assert (row.disposition, "fails_dmarc" in row.review.split()) == ("registration", True)
    (person,) = core.people()
    assert (person.name, "fails_dmarc" in person.review.split()) == ("Awa Ndiaye", True)


def test_a_forged_verdict_below_the_servers_own_is_worth_nothing(guarded: Core) -> None:
    raw = mail(NEW_NUMBER, at=LATER, Authentication_Results=FAIL).replace(
        b"Authentication-Results:",
        f"Authentication-Results: {FAIL}\nAuthentication-Results: {PASS}\nX-Was:".encode(),
        1,
    )
    assert take(guarded, raw, at=LATER)[-1].disposition == "held"


def test_without_a_configured_server_the_registered_address_is_enough(core: Core) -> None:
    take(core, mail())
    assert changed(core, NEW_NUMBER, Authentication_Results=FAIL).disposition == "registration"
    assert phone(core) == "+221774501299"


@pytest.mark.parametrize("text", [NEW_NUMBER, CANCELS])
def test_a_change_from_another_address_is_held(core: Core, text: str) -> None:
    take(core, mail())
    row = changed(core, text, sender=PRIVATE)
    assert (row.disposition, row.reason) == ("held", "from_other_address: Awa Ndiaye")
    assert [(p.status, p.phone) for p in core.people()] == [("registered", "+221774501234")]


def test_whoever_only_wants_answers_at_the_registered_address_is_another(core: Core) -> None:
    take(core, mail())
    row = changed(core, CANCELS, sender="Awa Ndiaye <eve@evil.example>", Reply_To="awa@cnts.sn.example")
    assert (row.disposition, row.reason.partition(":")[0]) == ("held", "from_other_address")


def test_naming_the_registered_address_in_the_text_is_no_proof(core: Core) -> None:
    take(core, mail())
    text = registration(phone="+221 77 450 12 99") + "\nCourriel : awa@cnts.sn.example\n"
    row = changed(core, text, sender="Awa Ndiaye <eve@evil.example>")
    assert phone(core) == "+221774501234"
    assert (row.disposition, row.reason.partition(":")[0]) == ("held", "from_other_address")


@pytest.mark.parametrize("text", [NEW_NUMBER, CANCELS])
def test_whoever_answers_our_mail_may_write_from_anywhere(core: Core, text: str) -> None:
    take(core, mail())
    (ours,) = core.outbox()
    row = changed(core, text, sender=PRIVATE, answers=ours.message_id)
    assert row.disposition in ("registration", "decline")
    (person,) = core.people()
    assert person.status == "declined" if text == CANCELS else person.phone == "+221774501299"
    assert person.email == "awa@cnts.sn.example"  # borrowed for one message, not moved to
    assert core.outbox()[-1].recipient == "awa.private@home.example"


def test_a_token_proves_more_than_a_broken_forwarding_disproves(guarded: Core) -> None:
    (ours,) = guarded.outbox()
    row = changed(guarded, NEW_NUMBER, answers=ours.message_id, Authentication_Results=FAIL)
    assert (row.disposition, phone(guarded)) == ("registration", "+221774501299")


def test_a_token_in_the_address_that_was_answered_proves_the_same(core: Core) -> None:
    core.configure(smtp='maildir = "sent"\nreply_to = "plus"')
    take(core, mail())
    (ours,) = core.outbox()
    to = tokens.plus_address("rsvp@workers-network.example", tokens.REPLY, tokens.of_message_id(ours.message_id))
    raw = mail(NEW_NUMBER, at=LATER, sender=PRIVATE).replace(b"To: rsvp@workers-network.example", f"To: {to}".encode())
    assert take(core, raw, at=LATER)[-1].disposition == "registration"
    assert phone(core) == "+221774501299"
    assert len(core.people()) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(1, 32), char=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"), cut=st.booleans())
def test_a_forged_or_cut_token_proves_nothing(core: Core, at: int, char: str, cut: bool) -> None:
    if not core.people():
        take(core, mail())
    ours = core.outbox()[0].message_id
    forged = ours[:at] + ours[at + 1 :] if cut else ours[:at] + char + ours[at + 1 :]
    if forged == ours:
        return
    row = changed(core, NEW_NUMBER, sender=PRIVATE, answers=forged, message_id=f"<{at}{char}{cut}@home.example>")
    assert row.disposition in ("held", "duplicate")
    assert phone(core) == "+221774501234"


def test_somebody_elses_token_proves_nothing(core: Core) -> None:
    take(core, mail(), mail(registration(name="Eva Diallo", phone="+221 77 450 55 55"), sender="Eva <eva@x.example>"))
    evas = core.outbox()[1].message_id
    changed(core, CANCELS, sender="Eva <eva@x.example>", answers=evas)
    assert core.people()[0].status == "registered"


def test_a_mail_that_was_sent_before_tokens_were_bound_still_proves_who_answers(core: Core) -> None:
    take(core, mail())
    with core.database.write() as session:
        row = session.get_one(Outbox, 1)
        row.message_id = f"<{tokens.earlier_token(outbox.secret(session, NOW), row.key)}@workers-network.example>"
        earlier = row.message_id
    assert changed(core, NEW_NUMBER, sender=PRIVATE, answers=earlier).disposition == "registration"
    assert phone(core) == "+221774501299"


def test_a_colleague_to_whom_our_mail_was_passed_on_registers_for_themselves(core: Core) -> None:
    take(core, mail())
    (ours,) = core.outbox()
    text = registration(name="Ousmane Faye", phone="+221 77 638 12 45")
    changed(core, text, sender="Ousmane Faye <ousmane@cnts.sn.example>", answers=ours.message_id)
    assert [(p.name, p.email, p.phone) for p in core.people()] == [
        ("Awa Ndiaye", "awa@cnts.sn.example", "+221774501234"),
        ("Ousmane Faye", "ousmane@cnts.sn.example", "+221776381245"),
    ]


def said_by(core: Core, what: Reading, vouched: Vouched) -> list[Recorded]:
    """Record a reading as it would be of a message by that writer."""
    row_id = core.collected()
    with core.database.write() as session:
        row = session.get_one(Received, row_id)
        row.disposition, row.sender, row.from_address = what.kind, vouched.writer, vouched.writer
        session.flush()
        source = Source(row_id, vouched.writer, NOW, NOW, language="fr", vouched=vouched)
        return registry.record(session, EVENT, what, source)


AWA = {"name": "Awa Ndiaye", "email": "awa@cnts.sn.example"}


def test_whoever_registered_somebody_may_correct_and_cancel_that_and_nobody_else_may(core: Core) -> None:
    secretary, stranger = Vouched("bureau@cnts.sn.example"), Vouched("bureau@autre.example")
    first = reading(answer(**AWA, phone="+221774501234", mode="online", is_sender=False))
    said_by(core, first, secretary)
    for what in (
        reading(answer(**AWA, phone="+221774501299", is_sender=False), correction=True),
        reading(answer(**AWA, is_sender=False), kind="decline"),
        reading(answer(name="Awa Ndiaye", is_sender=False), kind="decline"),
        reading(answer(name="Awa Ndiaye", phone="+221774501299"), correction=True),
    ):
        with pytest.raises(Held, match="from_other_address: Awa Ndiaye"):
            said_by(core, what, stranger)
    said_by(core, reading(answer(**AWA, phone="+221774501299", is_sender=False), correction=True), secretary)
    said_by(core, reading(answer(**AWA, is_sender=False), kind="decline"), secretary)
    assert [(p.phone, p.status) for p in core.people()] == [("+221774501299", "declined")]


def test_who_was_registered_by_somebody_else_may_change_that_themselves(core: Core) -> None:
    said_by(core, reading(answer(**AWA, mode="online", is_sender=False)), Vouched("bureau@cnts.sn.example"))
    said_by(core, reading(answer(**AWA), kind="decline"), Vouched("Awa@CNTS.sn.example", "pass"))
    assert [p.status for p in core.people()] == ["declined"]


def test_somebody_whom_mail_no_longer_reaches_moves_to_the_address_that_they_answer_from(core: Core) -> None:
    take(core, mail())
    (ours,) = core.outbox()
    with core.database.write() as session:
        session.get_one(Participant, 1).reachable = "unreachable"
    changed(core, NEW_NUMBER, sender=PRIVATE, answers=ours.message_id)
    assert [(p.write_to, p.reachable) for p in core.people()] == [("awa.private@home.example", "yes")]


def test_the_same_person_from_another_address_is_recorded_and_both_are_marked(core: Core) -> None:
    take(core, mail(), mail(at=LATER, sender=PRIVATE), at=LATER)
    people = core.people()
    assert [p.email for p in people] == ["awa@cnts.sn.example", "awa.private@home.example"]
    assert all("same_person_other_address" in p.review.split() for p in people)


def test_a_namesake_elsewhere_is_not_marked(core: Core) -> None:
    other = registration(phone="+33 6 12 34 56 78", organisation="Union des travailleurs du Mali")
    take(core, mail(), mail(other, sender="Awa Ndiaye <a.ndiaye@untm.ml.example>"))
    assert ["same_person_other_address" in p.review for p in core.people()] == [False, False]


def test_a_decline_by_somebody_who_is_not_registered_is_recorded_as_before(core: Core) -> None:
    take(core, mail())
    row = changed(core, CANCELS.replace("Awa Ndiaye", "Eva Sol"), sender="Eva Sol <eva@csut.pe.example>")
    assert row.disposition == "decline"
    assert [p.status for p in core.people()] == ["registered", "declined"]


def test_the_mails_of_one_event_prove_nothing_for_another(core: Core) -> None:
    take(core, mail())
    with core.database.write() as session:
        owed = outbox.Owed("guide 99", "guide", EVENT, START, "x@y.example", "fr", NOW, START)
        outbox.put(session, [owed], NOW, "workers-network.example")
    guide = next(r for r in core.outbox() if r.mail == "guide")
    row = changed(core, NEW_NUMBER, sender=PRIVATE, answers=guide.message_id)
    assert row.disposition == "held"
