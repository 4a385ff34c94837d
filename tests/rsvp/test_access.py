"""Who needs a computer elsewhere says what is missing or asks for one; a denial or a supposition is none."""

from __future__ import annotations

import pytest

from mailbot.rsvp import access
from tests.rsvp.replies import only, said


@pytest.mark.parametrize(
    "text",
    [
        "La connexion est très faible ici, une place au bureau de l'OIT serait utile.",
        "We have no computer, please arrange one at the ILO office.",
        "Peço que me ajudem com um computador no escritório da OIT, não temos câmara.",
        "Our camera is dead and the network goes up and down.",
        "Le wifi n'est pas assez stable pour une visio.",
        "Le débit ne dépasse pas 0,2 Mbps chez nous.",
        "Could I come to the ILO office in Lusaka? Our laptop has no microphone.",
        "No contamos con micrófono ni parlantes.",
        "El internet se cae a cada rato, quisiera un lugar en la oficina de la OIT.",
        "A nossa ligação não chega aos 0,5 Mbps.",
        "O computador da associação avariou, está quebrado.",
        "Unsere Leitung ist leider sehr schwach.",
        "Die Verbindung reicht nicht aus, ich hätte gern einen Platz im Büro der ILO.",
        "Non abbiamo né webcam né casse.",
        "La connessione va e viene, potrei usare una postazione presso l'OIL?",
    ],
)
def test_a_connection_or_equipment_that_falls_short_is_a_need(text: str) -> None:
    told = access.needed(text)
    assert told is not None
    assert told.wanted


@pytest.mark.parametrize(
    "text",
    [
        "J'ai une bonne connexion, je n'ai pas besoin d'un ordinateur.",
        "Computer in ILO office - NOT required, thank you.",
        "Connection here is 10 Mbps and the camera works, hence no requirement of any ILO office computer.",
        "No need for a computer at your office, our wifi is good.",
        "Non, nous n'avons pas besoin qu'on nous prête un ordinateur.",
        "No hace falta computadora, tenemos todo.",
        "Não havendo necessidade de computador, pois a sala dispõe do equipamento.",
        "Einen Computer brauche ich nicht.",
        "Non serve nessun computer, grazie.",
        "¿Necesita computadora? No",
        "Компьютер в офисе МОТ: не нужен, спасибо",
    ],
)
def test_a_need_that_is_denied_is_none(text: str) -> None:
    told = access.needed(text)
    assert told is not None
    assert not told.wanted


@pytest.mark.parametrize(
    "text",
    [
        "My phone, in case the line drops, is 0911 250 303.",
        "Et si le courant coupe au milieu, peut-on rentrer de nouveau ?",
        "Se a internet falhar, mando mensagem.",
        "We had network problems last week, sorry for the late reply.",
        "No problem with the connection here.",
        "Aucun souci de connexion de notre côté.",
        "I will join from our office in Accra with my laptop.",
        "El teléfono de la casa no sirve, usen el móvil.",
        "Je représente le Réseau des bonnes pratiques.",
        "UNLDF, Kenya Country Office",
    ],
)
def test_what_is_only_supposed_or_said_of_something_else_is_no_need(text: str) -> None:
    told = access.needed(text)
    assert told is None or not told.wanted


def test_in_portuguese_no_is_no_negation() -> None:
    assert access.needed("Vamos assistir juntas no mesmo computador.", language="pt") is None


@pytest.mark.parametrize(
    ("answer", "wanted"), [("Volontiers, à Kinshasa.", True), ("Yes please", True), ("Nein", False)]
)
def test_a_bare_answer_to_the_offer_accepts_or_refuses_it(answer: str, wanted: bool) -> None:
    told = access.needed(answer, offered=True)
    assert told is not None
    assert told.wanted is wanted


def test_what_is_said_in_passing_asks_a_person_to_look() -> None:
    answer = only(
        "Je suis Awa Diop, trésorière de l'Union des tisserandes, et je participe en ligne. "
        "Chez nous la connexion est lente.",
        "Awa Diop <awa.diop@tisserandes.sn.example>",
    )
    assert said(answer, "needs_access") is True
    assert answer.needs_access is not None
    assert answer.needs_access.confidence < 0.8


def test_what_the_writer_lacks_is_no_matter_where_somebody_else_comes() -> None:
    answer = only(
        "Ese día estaré en la sierra sin señal, así que designo a la compañera Rosa Quispe Mamani, tesorera, "
        "para participar en línea.",
        "Elvia Cruz <ecruz@red.bo.example>",
    )
    assert said(answer, "needs_access") is None
