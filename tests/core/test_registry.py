"""What messages do to the registry, in every order in which people and servers send them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot import registry
from mailbot.errors import Held
from mailbot.models import Change, Participant
from mailbot.registry import Source
from mailbot.rsvp.answer import Answer
from tests.core.conftest import NOW, Core, answer, reading, value

AWA = "awa@cnts.sn.example"
DESK = "secretariat@cnts.sn.example"
HOUR = timedelta(hours=1)


def whole(name: str = "Awa Ndiaye", email: str = AWA, **more: object) -> Answer:
    given = {"name": name, "title": "secrétaire", "phone": "+221774501234", "organisation": "CNTS", "mode": "online"}
    return answer(email=value(email, "header"), **(given | more))  # type: ignore[arg-type]


def facts(person: Participant) -> tuple[object, ...]:
    return person.name, person.mode, person.status


# ---------------------------------------------------------------- one person


def test_a_registration_is_written_down_with_the_words_it_came_from(core: Core) -> None:
    (done,) = core.record(reading(whole()))
    assert done.case == "registered"
    (person,) = core.people()
    assert facts(person) == ("Awa Ndiaye", "online", "registered")
    with core.database.read() as session:
        values = registry.latest_values(session, person.id)
        assert {n: c.words for n, c in values.items()}["phone"] == "+221774501234"
        assert [p.id for p in registry.people_of(session, person.received_id or 0)] == [person.id]


def test_a_correction_changes_only_what_it_says(core: Core) -> None:
    core.record(reading(whole()))
    (done,) = core.record(
        reading(answer(email=value(AWA, "header"), phone="+221770000000"), correction=True), at=NOW + HOUR
    )
    assert (done.case, done.changed) == ("changed", ("phone",))
    (person,) = core.people()
    assert (person.phone, person.title, person.mode) == ("+221770000000", "secrétaire", "online")


def test_the_same_message_again_changes_nothing(core: Core) -> None:
    core.record(reading(whole()))
    before = len(core.rows(Change, Change.field != "message"))
    (done,) = core.record(reading(whole()), at=NOW + HOUR)
    assert (done.case, done.changed) == ("unchanged", ())
    assert len(core.rows(Change, Change.field != "message")) == before


@pytest.mark.parametrize("place", ["signature", "header", "forwarded", "attachment"])
def test_what_is_always_there_never_overrides_an_answer(core: Core, place: str) -> None:
    core.record(reading(whole()))
    core.record(reading(answer(email=value(AWA, "header"), title=value("chef", place))), at=NOW + HOUR)
    assert core.people()[0].title == "secrétaire"


def test_an_answer_overrides_a_signature_and_a_guess_does_not_override_what_was_sure(core: Core) -> None:
    core.record(reading(whole(title=value("chef", "signature"))))
    core.record(reading(answer(email=value(AWA, "header"), title="secrétaire générale")), at=NOW + HOUR)
    assert core.people()[0].title == "secrétaire générale"
    core.record(reading(answer(email=value(AWA, "header"), title=value("oui", confidence=0.3))), at=NOW + 2 * HOUR)
    assert core.people()[0].title == "secrétaire générale"


def test_an_older_message_that_comes_late_fills_gaps_and_changes_nothing_else(core: Core) -> None:
    core.record(reading(answer(email=value(AWA, "header"), name="Awa Ndiaye", mode="online")), at=NOW, sent_at=NOW)
    (done,) = core.record(reading(whole(mode="in_person")), at=NOW + HOUR, sent_at=NOW - HOUR)
    (person,) = core.people()
    assert (person.mode, person.title) == ("online", "secrétaire")
    assert done.changed == ("title", "phone", "organisation")


def test_a_cancellation_that_was_written_before_the_registration_cancels_nothing_and_says_so(core: Core) -> None:
    core.record(reading(whole()), at=NOW, sent_at=NOW)
    decline = reading(answer(email=value(AWA, "header")), kind="decline")
    (done,) = core.record(decline, at=NOW + HOUR, sent_at=NOW - HOUR)
    assert (done.case, core.people()[0].status) == ("unchanged", "registered")


def test_cancelling_twice_is_cancelling_once(core: Core) -> None:
    core.record(reading(whole()))
    decline = reading(answer(email=value(AWA, "header"), name="Awa Ndiaye"), kind="decline")
    cases = [core.record(decline, at=NOW + n * HOUR)[0].case for n in (1, 2)]
    assert cases == ["cancelled", "unchanged"]
    assert core.history("status") == [(None, "registered"), ("registered", "declined")]


def test_whoever_declines_without_being_registered_is_known_and_not_coming(core: Core) -> None:
    (done,) = core.record(reading(answer(email=value(AWA, "header"), name="Awa Ndiaye"), kind="decline"))
    assert (done.case, facts(core.people()[0])) == ("not_coming", ("Awa Ndiaye", None, "declined"))


def test_registering_again_after_declining_counts_from_then_on_and_keeps_what_is_known(core: Core) -> None:
    core.record(reading(whole()))
    core.record(reading(answer(email=value(AWA, "header")), kind="decline"), at=NOW + HOUR)
    (done,) = core.record(reading(answer(email=value(AWA, "header"), mode="in_person")), at=NOW + 2 * HOUR)
    (person,) = core.people()
    assert (done.case, person.registered_at) == ("registered", NOW + 2 * HOUR)
    assert (*facts(person), person.title) == ("Awa Ndiaye", "in_person", "registered", "secrétaire")


def test_a_calendar_answer_fills_gaps_and_sets_only_the_status(core: Core) -> None:
    core.record(reading(whole()))
    for partstat, status in (("TENTATIVE", "tentative"), ("ACCEPTED", "registered"), ("DECLINED", "declined")):
        core.record(reading(answer(email=value(AWA, "calendar"), name=value("A. N. (external)", "calendar"),
                                   partstat=partstat), kind="calendar_reply"), at=NOW + HOUR)  # fmt: skip
        assert (core.people()[0].name, core.people()[0].status) == ("Awa Ndiaye", status)


def test_an_address_in_another_writing_is_the_same(core: Core) -> None:
    core.record(reading(whole(email="Awa@CNTS.sn.example")))
    core.record(reading(whole(email="awa@cnts.sn.example")), at=NOW + HOUR)
    assert len(core.people()) == 1


def test_a_name_that_is_corrected_stays_the_same_person(core: Core) -> None:
    core.record(reading(whole("Awa Ndiaye")))
    core.record(reading(answer(email=value(AWA, "header"), name="Aminata Sow"), correction=True), at=NOW + HOUR)
    assert [p.name for p in core.people()] == ["Aminata Sow"]
    assert core.history("name") == [(None, "Awa Ndiaye"), ("Awa Ndiaye", "Aminata Sow")]


def test_review_words_stay_until_a_whole_new_answer(core: Core) -> None:
    core.record(reading(whole(), review=("two_phones",)))
    core.record(reading(answer(email=value(AWA, "header"), title="x"), correction=True, review=("odd",)), at=NOW + HOUR)
    assert core.people()[0].review == "two_phones odd"
    core.record(reading(whole()), at=NOW + 2 * HOUR)
    assert core.people()[0].review == ""


def test_values_too_long_for_anybody_are_cut_and_many_people_are_held(core: Core) -> None:
    core.record(reading(whole(name="x" * 5000, phone="1" * 500)))
    assert (len(core.people()[0].name or ""), len(core.people()[0].phone or "")) == (500, 64)
    with pytest.raises(Held, match="many_people"):
        core.record(reading(*[whole(f"P{n}", f"p{n}@x.example") for n in range(41)]))
    assert len(core.people()) == 1


# ---------------------------------------------------------------- people who share


def test_two_people_with_one_address_are_two_and_marked(core: Core) -> None:
    core.record(reading(whole("Jean Diop", DESK)), DESK)
    core.record(reading(whole("Jeanne Diop", DESK)), DESK, at=NOW + HOUR)
    assert [(p.name, p.review) for p in core.people()] == [("Jean Diop", ""), ("Jeanne Diop", "shared_address")]


def test_each_of_two_who_share_an_address_corrects_their_own(core: Core) -> None:
    core.record(reading(whole("Jean Diop", DESK)), DESK)
    core.record(reading(whole("Awa Ndiaye", DESK)), DESK, at=NOW + HOUR)
    hers = answer(email=value(DESK, "header"), name="NDIAYE Awa", mode="in_person")
    core.record(reading(hers, correction=True), DESK, at=NOW + 2 * HOUR)
    assert [(p.name, p.mode) for p in core.people()] == [("Jean Diop", "online"), ("NDIAYE Awa", "in_person")]


@pytest.mark.parametrize("kind", ["registration", "decline"])
def test_a_message_without_a_name_from_a_shared_address_is_held(core: Core, kind: str) -> None:
    core.record(reading(whole("Jean Diop", DESK)), DESK)
    core.record(reading(whole("Awa Ndiaye", DESK)), DESK, at=NOW + HOUR)
    before = [facts(p) for p in core.people()]
    with pytest.raises(Held, match="whom_does_it_mean"):
        core.record(reading(answer(email=value(DESK, "header"), mode="in_person"), kind=kind), DESK, at=NOW + 2 * HOUR)
    assert [facts(p) for p in core.people()] == before


def test_people_of_one_message_without_addresses_are_written_to_by_way_of_its_writer(core: Core) -> None:
    names = ("Jean Diop", "Awa Ndiaye", "Fatou Sy")
    core.record(reading(*[answer(name=n, mode="online", is_sender=False) for n in names]), DESK)
    assert [(p.name, p.email, p.write_to) for p in core.people()] == [(n, None, DESK) for n in names]
    core.record(reading(answer(name="Awa Ndiaye", phone="+221770000000", is_sender=False)), DESK, at=NOW + HOUR)
    assert [p.phone for p in core.people()] == [None, "+221770000000", None]


def test_a_colleague_without_an_address_gets_one_and_is_known_by_it(core: Core) -> None:
    core.record(reading(answer(name="Jean Diop", is_sender=False)), DESK)
    core.record(reading(answer(name="Jean Diop", email="jean@cnts.sn.example", is_sender=False)), DESK, at=NOW + HOUR)
    core.record(reading(whole("Jean Diop", "jean@cnts.sn.example")), "jean@cnts.sn.example", at=NOW + 2 * HOUR)
    (person,) = core.people()
    assert (person.email, person.write_to, person.title) == (
        "jean@cnts.sn.example",
        "jean@cnts.sn.example",
        "secrétaire",
    )


def test_an_assistant_who_cancels_for_one_of_several_names_them_or_is_asked(core: Core) -> None:
    core.record(reading(*[answer(name=n, is_sender=False) for n in ("Jean Diop", "Awa Ndiaye")]), DESK)
    with pytest.raises(Held, match="whom_does_it_mean: Jean Diop, Awa Ndiaye"):
        core.record(reading(answer(), kind="decline"), DESK, at=NOW + HOUR)
    core.record(reading(answer(name="Awa Ndiaye", is_sender=False), kind="decline"), DESK, at=NOW + HOUR)
    assert [p.status for p in core.people()] == ["registered", "declined"]


def test_an_assistant_who_declines_for_themselves_cancels_nobody_else(core: Core) -> None:
    core.record(reading(answer(name="Jean Diop", is_sender=False)), DESK)
    core.record(reading(answer(name="Mariama Ba", email=value(DESK, "header")), kind="decline"), DESK, at=NOW + HOUR)
    assert [(p.name, p.status) for p in core.people()] == [("Jean Diop", "registered"), ("Mariama Ba", "declined")]


def test_declining_for_a_colleague_with_another_address_leaves_the_writer_registered(core: Core) -> None:
    core.record(reading(answer(email=value(DESK, "header"), mode="online")), DESK)
    other = answer(email="jean@cnts.sn.example", name="Jean Diop", is_sender=False)
    core.record(reading(other, kind="decline"), DESK, at=NOW + HOUR)
    assert [(p.email, p.status) for p in core.people()] == [(DESK, "registered"), ("jean@cnts.sn.example", "declined")]


def test_events_do_not_know_each_other(core: Core) -> None:
    core.record(reading(whole()))
    core.record(reading(whole(mode="in_person")), event="webinaire-3")
    core.record(reading(answer(email=value(AWA, "header")), kind="decline"), event="webinaire-3", at=NOW + HOUR)
    assert [(p.event, p.status) for p in core.people()] == [("webinaire-2", "registered"), ("webinaire-3", "declined")]


# ---------------------------------------------------------------- reachable


def test_unreachable_until_they_write_from_there_or_give_another_address(core: Core) -> None:
    core.record(reading(whole()))

    def lose(how: str = "unreachable") -> bool:
        with core.database.write() as session:
            person = session.get_one(Participant, 1)
            return registry.note_unreachable(session, person, how, who="mail server", words="5.1.1", at=NOW)

    assert (lose(), lose()) == (True, False)
    core.record(reading(whole()), DESK, at=NOW + HOUR)  # somebody else writes for them: that proves nothing
    assert core.people()[0].reachable == "unreachable"
    core.record(reading(whole()), AWA, at=NOW + 2 * HOUR)
    assert core.people()[0].reachable == "yes"
    lose("complained")
    core.record(reading(whole()), AWA, at=NOW + 3 * HOUR)
    assert core.people()[0].reachable == "complained"


def test_a_persons_decision_is_in_the_history(core: Core) -> None:
    core.record(reading(whole()))
    with core.database.write() as session:
        person = session.get_one(Participant, 1)
        assert registry.change_field(session, person, "mode", "in_person", who="registrar", at=NOW)
        assert not registry.change_field(session, person, "mode", "in_person", who="registrar", at=NOW)
    assert core.history("mode") == [(None, "online"), ("online", "in_person")]


def test_whoever_writes_again_while_an_exception_rolls_back_is_not_half_written(core: Core) -> None:
    row_id = core.collected()
    source = Source(row_id, AWA, NOW, NOW)
    with pytest.raises(Held), core.database.write() as session:  # noqa: PT012 -- the block is what is tested
        registry.record(session, "webinaire-2", reading(whole(), whole(email=AWA), answer(name="x" * 10)), source)
        raise Held("stop")
    assert core.people() == []
