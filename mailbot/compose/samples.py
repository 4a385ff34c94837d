"""Invented letters for every mail and case: what `preview` shows and what `check` tries the templates with.

Everybody in them is invented and lives at .example. The event is the configuration's own, without its secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from mailbot.addresses import Address
from mailbot.compose.letter import Letter, Person, Seat, Shown
from mailbot.compose.when import zone_of
from mailbot.config import EventConfig, Secret
from mailbot.errors import MailbotError

DEFAULT = "en"
"""The language whose invented people stand in where a language has none."""


Maker = Callable[["Letter", "Sample"], "Letter"]
"""What turns a bare letter into one of its cases."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Two invented people of one language, and words as they would write them."""

    person: Person
    colleague: Person
    mode_words: str
    question: str
    subject: str


def _person(name: str, email: str, title: str, phone: tuple[str, str, int], organisation: str) -> Person:
    """Make a person who takes part online; `phone` is the number, the words it was read from, and their UTC offset."""
    number, words, hours = phone
    shown = {
        "name": Shown(name, name),
        "phone": Shown(number, words),
        "title": Shown(title, title),
        "organisation": Shown(organisation, organisation),
    }
    return Person(name, email, title, number, organisation, "online", utc_offset=60 * hours, values=shown)


def _samples() -> dict[str, Sample]:
    """Return the invented people by language."""
    return {
        "fr": Sample(
            _person("Awa Ndiaye Sow", "awa.ndiaye@cnts.sn.example", "Secrétaire générale adjointe",
                    ("+221771234567", "77 123 45 67", 0), "Confédération nationale des travailleurs du Sénégal"),
            _person("Komlan Mensah", "k.mensah@cnts.sn.example", "Conseiller juridique",
                    ("+243815602743", "+243 81 560 27 43", 1), "Confédération nationale des travailleurs du Sénégal"),
            "je suivrai la réunion depuis mon bureau", "Y aura-t-il une interprétation en portugais ?",
            "Re: Invitation : 2e webinaire",
        ),
        "en": Sample(
            _person("Grace Wanjiru Otieno", "g.otieno@cotu.ke.example", "Head of Social Policy",
                    ("+254722418563", "0722 418563", 3), "Central Organization of Trade Unions"),
            _person("Sam Okello", "s.okello@cotu.ke.example", "Research Officer",
                    ("+256782415936", "+256 782 415936", 3), "Central Organization of Trade Unions"),
            "I will follow from my office", "Will the slides be shared afterwards?", "Re: Invitation: 2nd webinar",
        ),
        "es": Sample(
            _person("Ximena Tipán Guamán", "x.tipan@unaseg.ec.example", "Coordinadora de Formación",
                    ("+593987415263", "098 741 5263", -5), "Unión Nacional de Afiliados al Seguro Campesino"),
            _person("Blas Ramón Cañete", "b.canete@unaseg.ec.example", "Asesor",
                    ("+595981548236", "+595 981 548236", -3), "Unión Nacional de Afiliados al Seguro Campesino"),
            "me conecto desde Quito", "¿Habrá interpretación al portugués?", "RE: Invitación: 2.º seminario web",
        ),
        "pt": Sample(
            _person("Rosângela Aparecida Nogueira", "r.nogueira@fenat.br.example", "Diretora de Saúde",
                    ("+5511987415263", "11 98741-5263", -3), "Federação Nacional dos Trabalhadores"),
            _person("Domingos Kiluanji", "d.kiluanji@fenat.br.example", "Assessor",
                    ("+244923415873", "+244 923 415 873", 1), "Federação Nacional dos Trabalhadores"),
            "vou acompanhar pela internet", "Haverá certificado de participação?", "Re: Convite: 2.º webinário",
        ),
        "ar": Sample(
            _person("سلمى بن عاشور", "s.benachour@sihha.tn.example", "منسقة وطنية",
                    ("+21622456789", "22 456 789", 1), "الاتحاد الوطني لعمال الصحة"),
            _person("Komlan Mensah", "k.mensah@sihha.tn.example", "Conseiller juridique",
                    ("+22890112233", "+228 90 11 22 33", 0), "الاتحاد الوطني لعمال الصحة"),
            "سأتابع الاجتماع من مكتبي", "هل ستتوفر ترجمة فورية إلى العربية؟", "رد: دعوة إلى الندوة",
        ),
        "ru": Sample(
            _person("Айгуль Токтосунова", "a.toktosunova@profsoyuz.kg.example", "Главный специалист",
                    ("+996555123456", "0555 123456", 6), "Профсоюз работников здравоохранения"),
            _person("Данияр Сеитов", "d.seitov@profsoyuz.kg.example", "Юрист",
                    ("+77012345678", "+7 701 234 56 78", 6), "Профсоюз работников здравоохранения"),
            "подключусь из своего офиса", "Будет ли синхронный перевод на русский?", "Re: Приглашение на вебинар",
        ),
    }  # fmt: skip


def _with_mode(sample: Sample) -> Person:
    mode = Shown("online", sample.mode_words)
    return replace(sample.person, values={**sample.person.values, "mode": mode})


def _answer(case: str) -> Maker:
    return lambda letter, sample: replace(letter, case=case, person=_with_mode(sample))


def _missing(letter: Letter, sample: Sample) -> Letter:
    values = {name: shown for name, shown in sample.person.values.items() if name != "phone"}
    return replace(
        letter, person=replace(sample.person, phone=None, mode=None, values=values), missing=("phone", "mode")
    )


def _unsure(letter: Letter, sample: Sample) -> Letter:
    phone = str(sample.person.phone)
    values = {**sample.person.values, "phone": Shown(phone, phone[-8:], 0.5)}
    return replace(letter, person=replace(_with_mode(sample), values=values))


def _changed(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, case="changed", person=_with_mode(sample), changed=("mode",))


def _declined(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, case="declined", person=replace(sample.person, status="declined"))


def _declined_and_asks(letter: Letter, sample: Sample) -> Letter:
    return replace(_declined(letter, sample), question=sample.question)


def _tentative(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, case="tentative", person=replace(sample.person, status="tentative"))


def _tentative_missing(letter: Letter, sample: Sample) -> Letter:
    partly = replace(sample.person, phone=None, mode=None, status="tentative", values={})
    return replace(letter, case="tentative", person=partly, missing=("phone", "mode"))


def _tentative_several(letter: Letter, sample: Sample) -> Letter:
    both = (sample.person, replace(sample.colleague, email=None))
    return replace(letter, case="tentative", person=None, people=tuple(replace(p, status="tentative") for p in both))


def _tentative_colleague(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, case="tentative", person=replace(sample.colleague, email=None, status="tentative"))


def _several(letter: Letter, sample: Sample) -> Letter:
    colleague = replace(sample.colleague, email=None, phone=None, mode="in_person")
    return replace(letter, person=None, people=(sample.person, colleague), missing=("phone",))


def _colleague(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=replace(sample.colleague, email=None))


def _waiting(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=replace(_with_mode(sample), needs_access=True))


def _in_person(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=replace(sample.person, mode="in_person"))


def _question(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, case="question", person=None, question=sample.question)


def _asks(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=_with_mode(sample), question=sample.question)


def _online(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=sample.person)


def _late(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=sample.person, now=letter.event.starts - timedelta(minutes=1))


def _moved(letter: Letter, sample: Sample) -> Letter:
    before = letter.event.starts - timedelta(days=1, hours=1)
    return replace(letter, person=sample.person, sequence=1, moved_from=before)


def _again(letter: Letter, sample: Sample) -> Letter:
    """Somebody who had the guide, cancelled, and registers again."""
    sent = letter.event.starts - timedelta(days=7)
    return replace(_online(letter, sample), case="registered", calendar="request", sequence=2, guide_sent=sent,
                   now=sent + timedelta(days=1))  # fmt: skip


def _declined_after_guide(letter: Letter, sample: Sample) -> Letter:
    return replace(_declined(letter, sample), calendar="cancel")


def _called_off(letter: Letter, because: str = "") -> Letter:
    changes = {"cancelled": True, "cancelled_because": {"": because} if because else {}}
    return replace(letter, event=letter.event.model_copy(update=changes))


def _cancelled(letter: Letter, sample: Sample) -> Letter:
    return _called_off(_online(letter, sample))


def _cancelled_why(letter: Letter, sample: Sample) -> Letter:
    return replace(
        _called_off(_in_person(letter, sample), BECAUSE.get(letter.language, BECAUSE[DEFAULT])), calendar="none"
    )


def _seat(letter: Letter, sample: Sample) -> Letter:
    """A seat in the first office that the event has, else in an invented one."""
    there = letter.event.offices[0] if letter.event.offices else None
    country = there.country if there else "SN"
    seat = Seat(
        office=there.name if there else "Bureau de Dakar",
        contact=there.contact if there else "office@mail.example",
        address="12 rue du Port",
        starts=letter.event.starts - timedelta(minutes=30),
        ends=letter.event.ends,
        zone=zone_of(country, letter.event.starts),
    )
    return replace(_waiting(letter, sample), seat=seat)


def _seat_changed(letter: Letter, sample: Sample) -> Letter:
    return replace(_seat(letter, sample), case="changed")


def _seat_colleague(letter: Letter, sample: Sample) -> Letter:
    return replace(_seat(letter, sample), person=replace(sample.colleague, email=None, needs_access=True))


def _no_seat_yet(letter: Letter, sample: Sample) -> Letter:
    return replace(letter, person=replace(sample.person, needs_access=True))


def _seat_lost(letter: Letter, sample: Sample) -> Letter:
    return replace(_no_seat_yet(letter, sample), case="lost")


def _no_seat_for_colleague(letter: Letter, sample: Sample) -> Letter:
    return replace(_seat_colleague(letter, sample), seat=None)


def _roster(letter: Letter, sample: Sample) -> Letter:
    """What an office is told; the mail goes to its contact."""
    seat = _seat(letter, sample).seat
    to = Address("", seat.contact if seat else "")
    return replace(letter, person=None, people=(sample.person,), seat=seat, recipient=to, in_reply_to="", references=())


def _roster_of_several(letter: Letter, sample: Sample) -> Letter:
    return replace(_roster(letter, sample), people=(sample.person, replace(sample.colleague, email=None)))


def _roster_of_nobody(letter: Letter, sample: Sample) -> Letter:
    return replace(_roster(letter, sample), people=())


def _invited(letter: Letter, sample: Sample) -> Letter:
    """Somebody of whom the list says the name and the organisation."""
    known = Person(name=sample.person.name, email=sample.person.email, organisation=sample.person.organisation)
    missing = tuple(name for name in letter.event.required if getattr(known, name, None) is None)
    return replace(letter, person=known, missing=missing, in_reply_to="", references=(),
                   now=letter.event.starts - timedelta(days=30))  # fmt: skip


def _invited_by_address(letter: Letter, sample: Sample) -> Letter:
    invited = _invited(letter, sample)
    return replace(invited, person=Person(email=sample.person.email), missing=letter.event.required,
                   recipient=Address("", sample.person.email or ""))  # fmt: skip


def _registers_for_cancelled(letter: Letter, sample: Sample) -> Letter:
    return replace(_cancelled(letter, sample), case="registered")


def _asks_about_cancelled(letter: Letter, sample: Sample) -> Letter:
    return _called_off(_question(letter, sample))


def _restored_after_guide(letter: Letter, sample: Sample) -> Letter:
    sent = letter.event.starts - timedelta(days=7)
    return replace(_online(letter, sample), sequence=2, guide_sent=sent, now=sent + timedelta(days=2))


BECAUSE = {
    "fr": "Le bâtiment est fermé pour travaux.", "en": "The building is closed for repairs.",
    "es": "El edificio está cerrado por obras.", "pt": "O edifício está fechado para obras.",
    "ar": "المبنى مغلق للإصلاحات.", "ru": "Здание закрыто на ремонт.",
}  # fmt: skip
"""An invented reason by language."""


def _makers(mail: str) -> dict[str, Maker]:
    """Return what turns a bare letter into each case of a mail; the first is the usual one."""
    if mail == "acknowledgement":
        return {
            "registered": _answer("registered"), "missing": _missing, "unsure": _unsure, "changed": _changed,
            "declined": _declined, "declined_and_asks": _declined_and_asks,
            "tentative": _tentative, "tentative_missing": _tentative_missing,
            "tentative_several": _tentative_several, "tentative_colleague": _tentative_colleague,
            "calendar": _answer("calendar"),
            "several": _several, "colleague": _colleague, "waiting": _waiting, "in_person": _in_person,
            "question": _question, "registered_and_asks": _asks,
            "again": _again, "declined_after_guide": _declined_after_guide,
            "event_cancelled": _registers_for_cancelled, "question_event_cancelled": _asks_about_cancelled,
        }  # fmt: skip
    if mail == "moved":
        return {"moved": _moved, "in_person": lambda letter, sample: _in_person(_moved(letter, sample), sample),
                "colleague": lambda letter, sample: _colleague(_moved(letter, sample), sample)}  # fmt: skip
    if mail == "event_cancelled":
        return {"cancelled": _cancelled, "reason": _cancelled_why,
                "colleague": lambda letter, sample: _called_off(_colleague(letter, sample))}  # fmt: skip
    if mail == "event_restored":
        return {"online": _online, "in_person": _in_person, "colleague": _colleague,
                "after_guide": _restored_after_guide, "moved": _moved}  # fmt: skip
    if mail == "office_seat":
        return {"found": _seat, "changed": _seat_changed, "colleague": _seat_colleague}
    if mail == "office_waiting":
        return {"waiting": _no_seat_yet, "lost": _seat_lost, "colleague": _no_seat_for_colleague}
    if mail in ("invitation", "invitation_reminder"):
        return {"known": _invited, "unknown": _invited_by_address}
    if mail == "office_roster":
        return {"one": _roster, "several": _roster_of_several, "nobody": _roster_of_nobody,
                "cancelled": lambda letter, sample: _called_off(_roster(letter, sample))}  # fmt: skip
    usual: dict[str, Maker] = {"online": _online, "in_person": _in_person, "colleague": _colleague}
    return usual | {"moved": _moved, "waiting": _waiting, "late": _late} if mail == "guide" else usual


def cases(mail: str) -> tuple[str, ...]:
    """Return the cases of a mail that there are samples for, the usual one first."""
    return tuple(_makers(mail))


def letter(mail: str, language: str, case: str, event: EventConfig) -> Letter:
    """Return the sample letter of a mail's case; raises MailbotError where there is no such case."""
    makers = _makers(mail)
    if case not in makers:
        raise MailbotError(f"the mail {mail} has no case {case}; there are {', '.join(makers)}")
    sample = _samples().get(language) or _samples()[DEFAULT]
    days = timedelta(days=20 if mail == "acknowledgement" else 7)
    bare = Letter(
        mail=mail,
        language=language,
        event=without_secrets(event),
        recipient=Address(sample.person.name or "", sample.person.email or ""),
        message_id=f"<sample.{mail}.{case}.{language}@{(sample.person.email or '').partition('@')[2]}>",
        now=event.starts - days,
        in_reply_to="<their-reply@mail.example>",
        references=("<the-invitation@mail.example>",),
        subject=sample.subject,
    )
    return makers[case](bare, sample)


def without_secrets(event: EventConfig) -> EventConfig:
    """Replace the meeting's password, which a preview neither needs nor should print."""
    if event.webex.password is None:
        return event
    webex = event.webex.model_copy(update={"password": Secret("plain", "Sample-1234")})
    return event.model_copy(update={"webex": webex})
