"""What somebody does and for whom: told by what stands around it, whatever words and language it is said in."""

from __future__ import annotations

import pytest

from mailbot.rsvp.second import weigh
from tests.rsvp.replies import only, said


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only the rules read: what the second reader thinks of them is tested elsewhere."""
    monkeypatch.setattr(weigh, "weighed", lambda answers, *_: answers)


ME = "Ama Serwaa <ama.serwaa@gmail.example>"


def title(text: str, sender: str = ME) -> object:
    """Return the title of a reply's one answer."""
    return said(only(text, sender), "title")


def house(text: str, sender: str = ME) -> object:
    """Return the organisation of a reply's one answer."""
    return said(only(text, sender), "organisation")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("J'y suis chargée des partenariats depuis mai et je participerai en ligne.", "chargée des partenariats"),
        ("I have been made Deputy Director and will join online.", "Deputy Director"),
        ("Me nombraron subdirectora y participaré en línea.", "subdirectora"),
        ("Fui eleita tesoureira e participarei em linha.", "tesoureira"),
        ("Ich bin dort Referentin und nehme online teil.", "Referentin"),
        ("Mi hanno eletta tesoriera e parteciperò online.", "tesoriera"),
        (
            "Participaré en línea. Desempeño las funciones de jefe de la unidad de rentas.",
            "jefe de la unidad de rentas",
        ),
        ("Participo em linha. Exerço as funções de coordenadora.", "coordenadora"),
        ("Mon rôle : trésorière. Je participerai en ligne.", "trésorière"),
    ],
)
def test_a_title_is_read_behind_any_word_that_says_what_one_is(text: str, value: str) -> None:
    assert title(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I've been made Deputy Director, so please don't list me as Policy Lead any more. Online.", "Deputy Director"),
        ("Je ne suis plus trésorière. Je suis secrétaire générale. Je participerai en ligne.", "secrétaire générale"),
        ("Ya no soy tesorera. Soy secretaria de actas. Participaré en línea.", "secretaria de actas"),
        ("Já não sou tesoureira. Sou presidente. Participarei em linha.", "presidente"),
        ("Ich bin nicht mehr Kassiererin. Ich bin Vorsitzende und nehme online teil.", "Vorsitzende"),
        ("Non sono più tesoriera. Sono presidente. Parteciperò online.", "presidente"),
    ],
)
def test_what_one_no_longer_is_is_no_title(text: str, value: str) -> None:
    assert title(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "I am a retired teacher and now treasurer of the Union of Weavers. I will join online.",
            "treasurer",
        ),
        (
            "Je suis menuisier de métier et trésorier de l'Union des artisans de Thiès. Je participerai en ligne.",
            "trésorier",
        ),
        (
            "Sou zungueira de profissão, mas também coordenadora da Plataforma das Vendedoras. Participo em linha.",
            "coordenadora",
        ),
    ],
)
def test_an_office_goes_before_a_trade_or_a_stage_of_life(text: str, value: str) -> None:
    assert title(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "I teach at the University of Tamale, but I represent the Union of Market Porters. I will join online.",
            "Union of Market Porters",
        ),
        (
            "J'enseigne à l'Université de Labé, mais je parle au nom de la Ligue des usagers. En ligne.",
            "Ligue des usagers",
        ),
        (
            "Trabajo en la Universidad del Sur, pero vengo en representación de la Red de Costureras. En línea.",
            "Red de Costureras",
        ),
        (
            "Le Croissant des pêcheurs n'est plus ; la Ligue des pêcheurs de Kayar, dont je suis le secrétaire, suivra "
            "en ligne.",
            "Ligue des pêcheurs de Kayar",
        ),
    ],
)
def test_whom_one_represents_goes_before_whom_one_mentions(text: str, value: str) -> None:
    assert house(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Nous serons du GIE Galle de Matam à suivre le webinaire en ligne.", "GIE Galle de Matam"),
        ("Trabalho na Casa do Migrante em Xique do Norte e participo em linha.", "Casa do Migrante"),
        ("I work for the Tea Pluckers Union in Keritown and will join online.", "Tea Pluckers Union"),
        (
            "Represento o Sindicato dos Trabalhadores em Educação e participo em linha.",
            "Sindicato dos Trabalhadores em Educação",
        ),
        ("I represent Women in Trade Network and will join online.", "Women in Trade Network"),
    ],
)
def test_a_house_ends_before_a_verb_or_a_place_but_not_before_its_trade(text: str, value: str) -> None:
    assert house(text) == value


@pytest.mark.parametrize(
    ("last", "value"),
    [
        ("Intérim & Dignité asbl", "Intérim & Dignité asbl"),
        ("Lohnwerk e.V.", "Lohnwerk e.V."),
        ("Red de Bordadoras, A.C.", "Red de Bordadoras, A.C."),
        ("Brightwell Ltd", "Brightwell Ltd"),
    ],
)
def test_a_legal_form_tells_a_house(last: str, value: str) -> None:
    assert house(f"I will attend online.\n\nAma Serwaa\nTreasurer\n{last}\n") == value
    assert house(f"Ama Serwaa; Treasurer; {last}; +233 24 123 4567; online") == value


@pytest.mark.parametrize("behind", ["MSc", "FCA", "MBE", "PhD, MBA", "LL.M."])
def test_a_degree_or_an_honour_behind_a_name_is_no_house(behind: str) -> None:
    text = f"I will attend online.\n\nAma Serwaa, {behind}\nHead of Benefits\nStaff Pensions Board\nAccra\n"
    assert house(text) == "Staff Pensions Board"
    assert title(text) == "Head of Benefits"


def test_a_signature_is_known_by_its_writers_name_whatever_its_lines_end_with() -> None:
    text = "I will attend online.\nAma Serwaa\nTreasurer\nWeavers of the Volta, A.C.\nBox 12, Ho.\nwww.weavers.example."
    assert title(text) == "Treasurer"
    assert house(text) == "Weavers of the Volta, A.C."


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Head, Benefits Administration", "Head, Benefits Administration"),
        ("Manager, Informal Sector Programme", "Manager, Informal Sector Programme"),
        ("Chef du service de la mutualité sociale", "Chef du service de la mutualité sociale"),
    ],
)
def test_a_field_behind_a_title_is_no_house_where_another_line_names_one(line: str, value: str) -> None:
    text = f"I will attend online.\n\nAma Serwaa\n{line}\nNational Hospital Savings Board\n"
    assert title(text) == value
    assert house(text) == "National Hospital Savings Board"


@pytest.mark.parametrize(
    "lines",
    [
        ("Ama Serwaa (name)", "treasurer (title)", "Union of Weavers (organization)", "online (mode of participation)"),
        (
            "Ama Serwaa ..... nom",
            "treasurer ..... fonction",
            "Union of Weavers ..... organisation",
            "online ..... mode",
        ),
        ("Who am I? Ama Serwaa", "What do I do all day? treasurer", "For whom? Union of Weavers", "How? online"),
        ("¿quién? Ama Serwaa", "¿qué hago? treasurer", "¿de dónde? Union of Weavers", "¿cómo? online"),
        ("Je suis => Ama Serwaa", "Je suis => treasurer", "De => Union of Weavers", "Participation => online"),
        ("Wer bin ich? Ama Serwaa", "Was mache ich? treasurer", "Für wen? Union of Weavers", "Wie? online"),
        ("Quem sou? Ama Serwaa", "O que faço? treasurer", "De onde venho? Union of Weavers", "Como? online"),
        ("Chi sono? Ama Serwaa", "Cosa faccio? treasurer", "Per chi? Union of Weavers", "Come? online"),
        ("Nome:\nAma Serwaa", "Função:\ntreasurer", "Proveniência:\nUnion of Weavers", "Forma de participar:\nonline"),
    ],
    ids=[
        "behind in brackets",
        "behind dots",
        "English",
        "Spanish",
        "arrows",
        "German",
        "Portuguese",
        "Italian",
        "above",
    ],
)
def test_labels_may_be_questions_stand_behind_or_above(lines: tuple[str, ...]) -> None:
    answer = only("Hello,\n\n" + "\n".join(lines) + "\n\nBye")
    assert said(answer, "name") == "Ama Serwaa"
    assert said(answer, "title") == "treasurer"
    assert said(answer, "organisation") == "Union of Weavers"
    assert said(answer, "mode") == "online"


def test_a_line_that_begins_with_the_mark_of_a_list_goes_on_with_it() -> None:
    answer = only("Ama Serwaa / Union of Weavers\n/ +233 24 123 4567 / treasurer / online")
    assert said(answer, "title") == "treasurer"
    assert said(answer, "organisation") == "Union of Weavers"


def test_a_number_is_neither_a_title_nor_a_house() -> None:
    answer = only("* Ama Serwaa\n* sociologist\n* Oaza rada (NGO)\n* 063 418 527\n* through internet")
    assert said(answer, "organisation") == "Oaza rada (NGO)"


def test_a_row_of_a_table_may_be_numbered_and_dashed() -> None:
    rows = "a. | Full name | – | Ama Serwaa\nb. | Rank | – | Labour Officer\nd. | Institution | – | Union of Weavers"
    answer = only(f"Please find below the particulars.\n{rows}\ne. | Attendance | – | Online\n")
    assert said(answer, "title") == "Labour Officer"
    assert said(answer, "organisation") == "Union of Weavers"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Vogal do Conselho Diretivo do Instituto de Ação Social", "Instituto de Ação Social"),
        ("Vocal del Consejo Directivo de la Caja de Mineros", "Caja de Mineros"),
        ("Member of the Executive Committee of the Union of Weavers", "Union of Weavers"),
        ("Membre du Conseil d'administration de la Mutuelle des dockers", "Mutuelle des dockers"),
    ],
)
def test_what_leads_a_house_is_the_titles_and_not_the_houses(text: str, value: str) -> None:
    assert house(f"I will attend online.\n\nAma Serwaa\n{text}\n") == value


@pytest.mark.parametrize(
    "greeted", ["Dear Network Secretariat,", "Estimada Red de Trabajo,", "Chère Fédération du Réseau,"]
)
def test_whom_a_letter_greets_is_not_the_writers_house(greeted: str) -> None:
    assert house(f"{greeted}\n\nI will attend online. I work for the Union of Weavers.") == "Union of Weavers"


@pytest.mark.parametrize(
    "text",
    [
        "I lead the Kumasi Support Circle. I will join online.",
        "We head the Tema Weavers Union. We will join online.",
    ],
)
def test_what_one_does_is_no_title_because_it_is_spelled_like_one(text: str) -> None:
    assert title(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Merci et désolée pour le bazar\nAma Serwaa",
        "Merci et pardon pour le dérangement,\nAma Serwaa",
    ],
)
def test_a_word_of_thanks_above_the_name_is_no_title(text: str) -> None:
    assert title(f"Je participerai en ligne.\n{text}") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I am Chief Planner (Social Security) at the Ministry of Labour. Online.", "Chief Planner (Social Security)"),
        ("Soy promotora de salud y fiscal del Club de Madres. En línea.", "promotora de salud y fiscal"),
        ("Je suis deuxième adjointe du Réseau des élues. En ligne.", "deuxième adjointe"),
        ("I am treasurer (online) of the Union of Weavers.", "treasurer"),
        ("I'm Deputy Director (hurrah) at the Ministry of Labour. Online.", "Deputy Director"),
    ],
)
def test_a_title_has_its_field_its_rank_and_its_second_half(text: str, value: str) -> None:
    assert title(text) == value


def test_a_house_has_the_name_that_it_is_given_in_quotation_marks() -> None:
    text = 'Soy fiscal del Club de Madres "Micaela Presente" de Villa Alta. Participo en línea.'
    assert house(text) == 'Club de Madres "Micaela Presente" de Villa Alta'


def test_a_bare_number_may_begin_each_line_of_a_list() -> None:
    answer = only("Hello!\n1 Ama Serwaa\n2 nurse\n3 +233 24 123 4567\n4 Union of Weavers\n5 online\nBye")
    assert (said(answer, "title"), said(answer, "organisation")) == ("nurse", "Union of Weavers")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Je suis la présidente du groupement et je participerai en ligne.", "présidente"),
        ("I am the treasurer of our union and will join online.", "treasurer"),
        ("Soy la secretaria de la cooperativa y participaré en línea.", "secretaria"),
        ("Sou o tesoureiro da associação e participarei em linha.", "tesoureiro"),
        ("Sono la presidente del circolo e parteciperò online.", "presidente"),
        ("Je suis membre du comité et je participerai en ligne.", "membre du comité"),
        ("Je suis animatrice de réseau et je participerai en ligne.", "animatrice de réseau"),
    ],
)
def test_a_house_without_its_name_is_no_part_of_a_title(text: str, value: str) -> None:
    assert title(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "Je suis infirmier à l'hôpital de Tsévié mais c'est au nom du SYNAPERH que je m'inscris, en ligne, "
            "en tant que secrétaire à la santé.",
            "secrétaire à la santé",
        ),
        (
            "I am a nurse at Tsevie Hospital, but I will join online as secretary of the Nurses' Union of Tsevie.",
            "secretary",
        ),
        (
            "Soy enfermera del Hospital Central, pero participaré en línea como secretaria del Sindicato de Salud.",
            "secretaria",
        ),
        (
            "Intervirei em linha como representante do Observatório do Direito Social, de que sou coordenador "
            "científico.",
            "coordenador científico",
        ),
    ],
)
def test_somebody_with_two_offices_is_noted_with_the_one_they_come_in(text: str, value: str) -> None:
    assert title(text) == value


def test_who_writes_for_a_minister_names_no_organisation_by_it() -> None:
    text = "I write on behalf of the Minister of State for Labour, who will be joining online from his office."
    assert house(text) is None


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (
            "Institut des sciences du travail\nUniversité de l'Escaut",
            "Institut des sciences du travail, Université de l'Escaut",
        ),
        ("School of Law\nUniversity of the North Downs", "School of Law, University of the North Downs"),
        (
            "Department of Labour Economics\nFaculty of Economics\nMarmara Ege University",
            "Department of Labour Economics, Faculty of Economics, Marmara Ege University",
        ),
        (
            "División de Regímenes\nSuperintendencia de Previsión",
            "División de Regímenes, Superintendencia de Previsión",
        ),
        ("Departamento de Sociologia\nUniversidade do Mondego", "Departamento de Sociologia, Universidade do Mondego"),
        ("Fakultät für Sozialrecht\nUniversität Butjadingen", "Fakultät für Sozialrecht, Universität Butjadingen"),
        (
            "Dipartimento di Giurisprudenza\nUniversità del Tirreno",
            "Dipartimento di Giurisprudenza, Università del Tirreno",
        ),
        ("Nurses' Union of Tsevie\nTrades Congress of Togo", "Nurses' Union of Tsevie"),
    ],
)
def test_a_part_of_a_house_is_noted_with_the_house_below_it(lines: str, value: str) -> None:
    text = f"I will attend online.\n\nKind regards,\nAma Serwaa\nLecturer\n{lines}\nTel. +32 69 25 41 83"
    assert house(text) == value


@pytest.mark.parametrize(
    ("text", "sender", "value"),
    [
        ("Chez Zéphyr nous suivrons en ligne.", "Luc Roy <l.roy@zephyr.lu.example>", "Zéphyr"),
        ("En Quipu 5 me pidieron participar en línea.", "Ana Ruiz <ana@quipu5.pe.example>", "Quipu 5"),
        (
            "Ich bin Kurator bei Zirbenzeit und nehme online teil.",
            "Leo Kurz <kurz@zirbenzeit.at.example>",
            "Zirbenzeit",
        ),
        ("Greetings from Kalfou Lespwa, I join online.", "Eve Paul <eve@kalfou.ht.example>", "Kalfou Lespwa"),
        (
            "The Cooperative Bank line is dead, so I join online from Tulivu.",
            "Wambui Gathoni <wambui@tulivu.ke.example>",
            "Tulivu",
        ),
        (
            "I represent the Dockers' Union of Leith and join online from Orange.",
            "Ann Poole <ann@orange.example>",
            "Dockers' Union of Leith",
        ),
        ("I join online, write to ann@tulivu.example.", "Ann Poole <ann@tulivu.example>", None),
        ("Sono Ginevra Torrisi e partecipo online.", "Ginevra Torrisi <gt@torrisi.it.example>", None),
    ],
)
def test_a_house_that_no_word_tells_is_known_by_the_domain_that_spells_it(
    text: str, sender: str, value: object
) -> None:
    assert house(text, sender) == value
