"""Own words only: what is quoted, forwarded, in a notice or in the invitation is not the writer's, unless filled in."""

from __future__ import annotations

import pytest

from mailbot.message import read
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.own_words import OwnWords, cut

US = "rsvp@network.example"
SENT = (
    "1. Participants should confirm their attendance by replying with their name, their title, their telephone number,"
    " the name of their organisation, and whether they take part online or in person.\n"
    "2. Online participants are invited to start the connection process thirty minutes before the meeting.\n"
    "3. Computer systems must have a camera, a microphone and speakers, and a connection of 0.5 Mbps.\n"
)
INVITATION = Invitation(
    message_ids=frozenset({"<i@network.example>"}), own_addresses=frozenset({US}), invitation_texts=(SENT,)
)
OTHER = "Estimadas colegas:\n\nTenemos el agrado de invitarles.\n\nLa secretaría\nTel. +41 22 555 01 86\n" + US


def words(text: str, html: str = "", subject: str = "Re: Invitation", sender: str = "marie@union.example") -> OwnWords:
    """Cut a reply with these bodies."""
    head = f"From: Marie <{sender}>\nSubject: {subject}\nIn-Reply-To: <i@network.example>\nMIME-Version: 1.0\n"
    part = "--b\nContent-Type: text/{}; charset=utf-8\n\n{}\n"
    body = (part.format("plain", text) if text else "") + (part.format("html", html) if html else "") + "--b--\n"
    return cut(read(f"{head}Content-Type: multipart/alternative; boundary=b\n\n{body}".encode()), INVITATION)


def quoted(text: str) -> str:
    """Mark every line of a text as quoted."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


INTROS = {
    "fr": f"Le lun. 1 oct. 2018 à 09:12, Réseau <{US}> a écrit :",
    "fr wrapped": f"Le lun. 1 oct. 2018 à 09:12, Réseau Protection sociale et travailleurs <\n{US}> a écrit :",
    "en": f"On Mon, Oct 1, 2018 at 9:20 AM Network <{US}> wrote:",
    "en without address": "On 01/10/2018 09:20, Network wrote:",
    "es": f"El lun., 1 oct. 2018 a las 4:31, Red (<{US}>) escribió:",
    "pt": f"Em seg, 1 de out de 2018 às 04:40, Rede <{US}> escreveu:",
    "de": f"Am Mo., 1. Okt. 2018 um 09:20 Uhr schrieb Netzwerk <{US}>:",
    "de verb first": f"Netzwerk <{US}> schrieb am 01.10.2018 um 09:20:",
    "it": f"Il giorno lun 1 ott 2018 alle ore 09:20 Rete <{US}> ha scritto:",
    "ru": f"1 окт. 2018 г., в 09:20, Сеть <{US}> написал(а):",
    "nl": f"Op ma 1 okt. 2018 om 09:20 schreef Netwerk <{US}>:",
    "unknown language": f"Isnin, 1 Okt 2018, Rangkaian <{US}> menulis:",
    "groupwise": f">>> Network <{US}> 10/1/2018 9:12 AM >>>",
    "old gmail": f"2018-10-01 9:12 GMT+02:00 Network <{US}>:",
}


@pytest.mark.parametrize("program", INTROS)
def test_a_reply_above_a_marked_quote_is_told_from_it(program: str) -> None:
    found = words(f"Marie Dupont, en ligne\n\n{INTROS[program]}\n{quoted(OTHER)}\n")
    assert found.text == "Marie Dupont, en ligne"
    assert "agrado" in found.quoted


@pytest.mark.parametrize("program", [name for name in INTROS if name != "unknown language"])
def test_a_reply_above_an_unmarked_quote_is_told_from_it(program: str) -> None:
    assert words(f"Marie Dupont, en ligne\n\n{INTROS[program]}\n\n{OTHER}\n").text == "Marie Dupont, en ligne"


HEADERS = {
    "outlook fr": "De : Réseau\nEnvoyé : lundi 1 octobre 2018 08:12\nÀ : Marie\nObjet : Invitation",
    "outlook fr nbsp": "De\u00a0: Réseau\nEnvoyé\u00a0: lundi\nÀ\u00a0: Marie\nObjet\u00a0: Invitation",
    "outlook en bold": "*From:* Network\n*Sent:* Monday\n*To:* Marie\n*Subject:* Invitation",
    "outlook es": "De: Red\nEnviado el: lunes\nPara: Marie\nAsunto: Invitación",
    "outlook pt": "De: Rede\nEnviada em: segunda-feira\nPara: Marie\nAssunto: Convite",
    "outlook de": "Von: Netzwerk\nGesendet: Montag\nAn: Marie\nBetreff: Einladung",
    "outlook it": "Da: Rete\nInviato: lunedì\nA: Marie\nOggetto: Invito",
    "outlook plain": "-----Original Message-----\nFrom: Network\nSent: Monday\nTo: Marie\nSubject: Invitation",
    "outlook mobile": "________________________________\nFrom: Network\nSent: Monday\nTo: Marie\nSubject: Invitation",
    "samsung": f"-------- Message d'origine --------\nDe : Réseau <{US}>\nDate : 01/10/2018\nÀ : Marie\nObjet : x",
    "notes": f"From:\tNetwork <{US}>\nTo:\tmarie@union.example\nDate:\t2018/10/01\nSubject:\tInvitation: webinar of a\n"
    "network with a title so long that it wraps",
    "notes grid": f"Network <{US}>\n01/10/2018 08:12\n\nTo\nMarie\ncc\n\nSubject\nInvitation",
    "one line left": f"من: Réseau <{US}>",
}


@pytest.mark.parametrize("program", HEADERS)
def test_a_header_block_ends_the_reply(program: str) -> None:
    found = words(f"Marie Dupont, en ligne\nTél. 01 23 45 67 89\n\n\n{HEADERS[program]}\n\n{OTHER}\n")
    assert found.text == "Marie Dupont, en ligne\nTél. 01 23 45 67 89"


def test_labels_of_an_answer_are_no_header_block() -> None:
    text = "Name: Taras\nFrom: All-Ukrainian Union\nTo attend: online\nCell: 067 927 47 35"
    assert words(text).text == text


def test_answers_between_quoted_lines_carry_what_they_answer() -> None:
    text = f"See below\n\n{INTROS['en']}\n> with their name,\nMarie Dupont\n> their title\n\nsecretary\n> 2. Online\n"
    found = [(s.text, s.where, s.prompt) for s in words(text).segments]
    assert found == [
        ("See below", "body", ""),
        ("Marie Dupont", "quote", "with their name,"),
        ("secretary", "quote", "their title"),
    ]


def test_a_reply_below_a_whole_quote_is_body() -> None:
    found = words(f"{INTROS['en']}\n{quoted(SENT * 5)}\n\nMarie Dupont\nonline\n")
    assert [(s.text, s.where, s.prompt) for s in found.segments] == [("Marie Dupont\nonline", "body", "")]


def test_a_reply_below_an_unmarked_quote_is_found_behind_our_address() -> None:
    assert words(f"{INTROS['es']}\n\n{OTHER}\n\nMarie Dupont, en línea\n").text == "Marie Dupont, en línea"


def test_words_typed_into_a_paragraph_of_the_invitation_are_found() -> None:
    filled = SENT.replace("their name,", "their name (MARIE DUPONT),").replace("in person.", "in person: online.")
    found = [(s.text, s.where) for s in words(f"{INTROS['en']}\n{quoted(filled)}\n").segments]
    assert found == [("MARIE DUPONT", "quote"), ("online", "quote")]


def test_lines_typed_between_lines_of_the_invitation_without_any_mark_are_found() -> None:
    first, rest = SENT.split("\n", 1)
    text = f"Bonjour\n\n{HEADERS['outlook fr']}\n\n{first}\nMarie Dupont\n{rest}"
    assert ("Marie Dupont", "quote") in [(s.text, s.where) for s in words(text).segments]


def test_answers_behind_labels_on_quoted_lines_are_found_without_the_invitations_text() -> None:
    found = words(f"{INTROS['es']}\n> Estimadas colegas\n> Nombre: Marie Dupont\n> Cargo: \n> Tel. +41 22 555 01 86\n")
    assert [(s.text, s.where, s.prompt) for s in found.segments] == [("Nombre: Marie Dupont", "quote", "Nombre")]


def test_a_quoted_acknowledgement_is_not_taken_for_answers() -> None:
    head = "From: Marie <marie@union.example>\nIn-Reply-To: <ack@network.example>\n\n"
    assert cut(read(f"{head}{INTROS['fr']}\n> Nom : Marie Dupond\n".encode()), INVITATION).text == ""


def test_the_invitation_pasted_without_marks_is_taken_away() -> None:
    assert words(f"Marie Dupont\n\n{SENT}").text.strip() == "Marie Dupont"


def test_answers_in_colour_are_found() -> None:
    red = '<span style="color:red">{}</span>'
    html = (
        "<p>Mes réponses en rouge</p><div style='border-top:solid #E1E1E1 1.0pt'><p>De : Réseau<br>Envoyé : lundi<br>"
        f"À : Marie<br>Objet : x</p></div><p>con su nombre, {red.format('Marie Dupont')} su cargo, "
        f"{red.format('secretaria')} y mucho más texto que nadie ha escrito en otro color</p>"
    )
    text = (
        f"Mes réponses en rouge\n\n{HEADERS['outlook fr']}\ncon su nombre, Marie Dupont su cargo, secretaria y mucho\n"
    )
    found = [(s.text, s.where, s.prompt[-9:]) for s in words(text, html).segments]
    assert found[1:] == [("Marie Dupont", "quote", "u nombre,"), ("secretaria", "quote", "su cargo,")]


def test_a_table_of_two_columns_is_labels_and_values() -> None:
    rows = "<tr><td>Name:</td><td>Marie</td></tr><tr><td>Title</td><td><p>Head</p><p>of it</p></td></tr>"
    html = f"<p>Hi</p><table>{rows}</table>"
    found = words("Hi\nName:\nMarie\nTitle\nHead of it", html)
    assert [(s.text, s.where) for s in found.segments] == [("Hi", "body"), ("Name: Marie\nTitle: Head of it", "table")]


def test_a_table_of_several_people_keeps_its_rows_and_empty_cells() -> None:
    rows = (("Name", "Phone", "Mode"), ("Marie", "", "online"), ("Paul", "12 34", "in person"))
    html = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    found = words("", f"<table>{html}</table>")
    assert found.segments[0].text == "Name | Phone | Mode\nMarie |  | online\nPaul | 12 34 | in person"


def test_what_is_hidden_or_struck_out_is_not_said() -> None:
    html = "<p>online / <s>in person</s></p><div style='display:none'>preview</div><style>p {}</style>"
    assert words("", html).text == "online /"


def test_html_quotes_are_cut_and_what_was_typed_inside_is_kept() -> None:
    html = (
        f"<div>Hola</div><div class='gmail_quote'><div>{INTROS['es'].replace('<', '&lt;')}</div><blockquote>su nombre,"
        "</blockquote><div>Marie Dupont</div><blockquote>su cargo</blockquote></div>"
    )
    assert [s.text for s in words("", html).segments] == ["Hola", "Marie Dupont"]


@pytest.mark.parametrize(
    "line",
    [
        "Envoyé de mon iPhone",
        "Sent from my iPhone",
        "Enviado desde mi Huawei",
        "Obter o Outlook para Android",
        "Inviato da iPhone",
    ],
)
def test_what_a_device_adds_is_not_the_writers(line: str) -> None:
    assert words(f"I come\nMarie\n\n{line}\n").text == "I come\nMarie"


@pytest.mark.parametrize(
    "notice",
    [
        "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention de leurs destinataires.",
        "This e-mail is intended solely for the addressee and may be confidential.",
        "AVISO LEGAL: Este mensaje puede contener información confidencial. Tel. 900 100 200",
        "Esta mensagem pode conter informação confidencial e destina-se ao destinatário.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Questo messaggio è riservato al destinatario.",
        "🌱 Antes de imprimir este mensaje, piensa si es necesario",
    ],
)
def test_legal_notices_are_not_the_writers(notice: str) -> None:
    found = words(f"I come\n\n-- \nMarie Dupont\nTel. 12 34\n{notice}\n")
    assert [(s.text, s.where) for s in found.segments] == [
        ("I come", "body"),
        ("Marie Dupont\nTel. 12 34", "signature"),
    ]


@pytest.mark.parametrize(
    "closing",
    [
        "Cordialement,",
        "Kind regards",
        "Un saludo,",
        "Com os melhores cumprimentos",
        "Mit freundlichen Grüßen",
        "Merci,",
    ],
)
def test_a_closing_formula_starts_the_signature(closing: str) -> None:
    found = words(f"Bonjour,\n\nje viens.\n\n{closing}\nMarie Dupont\nSecrétaire\n")
    assert [s.where for s in found.segments] == ["body", "signature"]
    assert found.segments[1].text == "Marie Dupont\nSecrétaire"


def test_a_greeting_is_not_a_closing() -> None:
    assert [s.where for s in words("Saludos cordiales:\n\nAquí Marisol, me apunto.\n").segments] == ["body"]


def test_lines_broken_at_the_margin_are_whole_again_and_lists_are_not_joined() -> None:
    text = (
        "con la presente si comunica che il Segretario Generale dott. Gaetano Lo\n"
        "Presti, impossibilitato a intervenire, ha delegato il sig. Ermanno\n"
        "Zanichelli, responsabile dell'ufficio, cellulare numero 335\n154 8261.\n\n"
        "Federación de Servicios Públicos y Vivienda de la comunidad de Madrid\nResponsable de Políticas Sociales\n"
    )
    lines = words(text).text.split("\n")
    assert "Gaetano Lo Presti, impossibilitato a intervenire, ha delegato il sig. Ermanno Zanichelli," in lines[0]
    assert lines[-2:] == [
        "Federación de Servicios Públicos y Vivienda de la comunidad de Madrid",
        "Responsable de Políticas Sociales",
    ]


FORWARDED = (
    "---------- Forwarded message ---------\n"
    "From: Paul <paul@union.example>\nDate: 2 Oct 2018\nSubject: Re: x\nTo: Marie\n\n"
)


def test_a_mail_that_is_passed_on_is_kept_apart_with_its_header() -> None:
    found = words(f"See below.\n\n{FORWARDED}Yes, I come. Paul Martin\n", subject="Fwd: x")
    assert [s.where for s in found.segments] == ["body", "forwarded"]
    assert "From: Paul <paul@union.example>" in found.forwarded
    assert "Yes, I come. Paul Martin" in found.segments[1].text


def test_a_forwarded_invitation_keeps_only_its_header_lines() -> None:
    text = f"Please register my colleague below.\n\n{FORWARDED.replace('paul@union.example', US)}{OTHER}\n"
    found = words(text, subject="Fwd: Invitation")
    assert found.text == "Please register my colleague below."
    assert "To: Marie" in found.forwarded
    assert "agrado" not in found.forwarded


def test_the_writers_own_older_mail_is_kept_for_corrections() -> None:
    older = "From: Marie <marie@union.example>\nSent: Monday\nTo: Network\nSubject: x\n\nName: Marie Dupont\n"
    found = words(f"Now online, the rest as below.\n\n{older}")
    assert (found.text, found.earlier.strip()) == ("Now online, the rest as below.", "Name: Marie Dupont")


def test_own_words_are_bounded() -> None:
    assert len(words("a" * 100_000).text) == 20_000
