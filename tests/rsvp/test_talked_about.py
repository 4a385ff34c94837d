"""Who is greeted, quoted, replaced or written wrongly registers nowhere; who comes is not lost behind them."""

from __future__ import annotations

import pytest

from tests.rsvp.replies import read, said


def registered(text: str, sender: str) -> list[object]:
    """Return the names of those whom a reply registers."""
    return [said(a, "name") for a in read(text, sender).answers]


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        (
            "Ben Adler <ben@union.il.example>",
            "Hi Ms. Rossi,\n\nThank you for the invitation, which Prof. Miriam Katz forwarded to me. I'll be "
            "joining online. Give my regards to David Levi.\n\nBen Adler\nEconomist",
        ),
        (
            "Aïcha Sow <a.sow@cnts.sn.example>",
            "Bonjour Monsieur Dupont,\n\nSuite à notre conversation téléphonique avec Mme Fatou Diop, je "
            "confirme ma participation en ligne.\n\nAïcha Sow\nCNTS",
        ),
        (
            "Pedro Salas <psalas@cut.cl.example>",
            "Estimado Sr. Carlos Rodríguez:\n\nConfirmo mi participación en línea. Trabajo con la compañera "
            "Inés Ferreira, que les manda saludos.\n\nPedro Salas\nCUT",
        ),
        (
            "Elena Conti <elena@inca.it.example>",
            "Gentile Dott.ssa Marta Ferri,\nconfermo la mia partecipazione online. Come da accordi con Paolo "
            "Verdi, mi servirà anche il materiale.\nElena Conti",
        ),
        (
            "Jan Peters <jan@verdi.de.example>",
            "Sehr geehrte Frau Lehmann,\nich nehme gern teil, und zwar online. Viele Grüße auch von Peter "
            "Schulze!\nJan Peters",
        ),
        (
            "Teresa Vilhena <tv@ugt.pt.example>",
            "Boa tarde, recebi o convite através do Dr. João Pinto e gostaria de participar em linha.\nTeresa Vilhena",
        ),
    ],
)
def test_who_is_only_talked_about_does_not_register(sender: str, text: str) -> None:
    assert registered(text, sender) == [sender.partition(" <")[0]]


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        (
            "Nadia Haddad <n.haddad@cgt.fr.example>",
            "Bonjour,\nMon collègue Luc Roy, que vous aviez invité, n'est pas disponible ; je le "
            "représenterai et je suivrai en ligne.\nNadia Haddad\nconseillère\nCGT",
        ),
        (
            "Grace Wambui <grace@cotu.ke.example>",
            "Hello, I shall be attending in place of John Okoth who is on leave. I will be online.\n\nGrace "
            "Wambui\nResearch officer\nCOTU",
        ),
        (
            "Sabine Krüger <krueger@igm.de.example>",
            "Guten Tag,\nin Vertretung von Klaus Weber nehme ich online teil.\nSabine Krüger\nReferentin",
        ),
        (
            "Jordi Puig Ferrer <jpuig@ccoo.es.example>",
            "Hola:\nMe ha pasado la invitación Ana Beltrán. Asistiré yo, en línea.\nJordi Puig Ferrer\nCCOO",
        ),
    ],
)
def test_who_stands_in_for_somebody_registers_themselves(sender: str, text: str) -> None:
    assert registered(text, sender) == [sender.partition(" <")[0]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('O nome chegou mal, não é "Vitor Pinedo", é Vítor Penedo. Participo em linha.', "Vítor Penedo"),
        ("Rectification : mon nom s'écrit Ramatoulaye Diallo et non Rama Diallo.", "Ramatoulaye Diallo"),
        ("Bitte korrigieren: mein Name ist Jörg Möller-Brandt, nicht Jürgen Müller.", "Jörg Möller-Brandt"),
        ("Please correct my name on the list: it is Sue-Ellen Park, not Susan Parker.", "Sue-Ellen Park"),
    ],
)
def test_a_name_that_is_said_to_be_wrong_is_nobodys(text: str, name: str) -> None:
    assert registered(text, "s@mail.example") == [name]


@pytest.mark.parametrize(
    "text",
    [
        "I was asked for my title: I am the Credit Manager. I join online.",
        "I will attend online. Regards from the Chief Research Officer of our house.",
    ],
)
def test_a_post_is_no_person(text: str) -> None:
    assert registered(text, "Ruth Wanjiru <r.wanjiru@sacco.ke.example>") == ["Ruth Wanjiru"]


@pytest.mark.parametrize(
    ("sender", "text", "names"),
    [
        ("Luc Roy <luc.roy@cgt.fr.example>",
         "Bonjour,\n\n"
         "je viendrai accompagné de Mme Anne Petit, juriste. Nous viendrons tous deux à Genève.\n\nLuc Roy\nCGT",
         {"Luc Roy", "Anne Petit"}),
        ("Tom Hill <tom@tuc.example>",
         "Jane and I will attend in person. Jane Poole is our treasurer.\n\nTom Hill\nOfficer\nTUC",
         {"Tom Hill", "Jane Poole"}),
        ("Teresa Vilhena <tv@ugt.pt.example>",
         "Inscrevam por favor o Rui Tavares Costa e a Marta Simões. Ambos em linha. Eu não posso.\n\nTeresa Vilhena",
         {"Rui Tavares Costa", "Marta Simões"}),
        ("Elena Conti <elena@inca.it.example>",
         "Vengo di persona e porto con me la vicepresidente, Dott.ssa Ilaria Demetz, anche lei in sala.\n\n"
         "Elena Conti\nINCA",
         {"Elena Conti", "Ilaria Demetz"}),
        ("Marco Bianchi <bianchi@uil.it.example>",
         "Il 23 sono a Bruxelles. Al mio posto parteciperà Francesca De Santis, funzionaria, online.\n\nMarco Bianchi",
         {"Francesca De Santis"}),
        ("Cabinet du Président <cabinet@fsm.ml.example>",
         "Par ordre de Monsieur Boubacar Sidiki Traoré, Président, j'ai l'honneur de confirmer sa participation en "
         "ligne.\n\nAissata Maïga\nSecrétaire particulière",
         {"Boubacar Sidiki Traoré"}),
        ("Office of the Director <director@nss.gh.example>",
         "The Director, Mr. Kwabena Asante-Poku, wishes to participate in person. His mobile is 024 412 8365.\n\n"
         "Signed\nAbena Osei\nfor: Director",
         {"Kwabena Asante-Poku"}),
        ("maria@x.example", "soy maría del carmen lópez, voy a participar en línea", {"María del Carmen López"}),
        ("iouedraogo@fenatrab.bf.example", "ok je participe en ligne. issa ouedraogo", {"Issa Ouedraogo"}),
    ],
)  # fmt: skip
def test_everybody_who_comes_registers_and_nobody_else(sender: str, text: str, names: set[str]) -> None:
    assert set(registered(text, sender)) == names


@pytest.mark.parametrize(
    ("sender", "text", "name"),
    [
        ("Shirley Baptiste <sb@oil.tt.example>",
         "I respond on behalf of my colleague Kerwin Lezama. Kerwin has asked me to say he will not be attending.",
         "Kerwin Lezama"),
        ("Jill Carter <jill@tuc.uk.example>",
         "Sir Graham Whitlock is on leave until January and will not be able to attend.",
         "Graham Whitlock"),
        ("Annegret Kupferschmidt <ak@kv.de.example>",
         "Herr Tobias Wegerich befindet sich in Elternzeit und wird an Ihrer Veranstaltung nicht teilnehmen.",
         "Tobias Wegerich"),
        ("Secrétariat DG <secretariat@oncmt.dj.example>",
         "D'ordre de Mme Kadra Robleh Waïs, j'ai le regret de vous informer qu'elle ne pourra pas y prendre part.",
         "Kadra Robleh Waïs"),
        ("Ana Ruiz <ana@ugt.es.example>",
         "Gracias a Pedro Salas por el reenvío, pero no podré asistir: estoy de viaje.",
         "Ana Ruiz"),
        ("Luc Roy <luc.roy@cgt.fr.example>",
         "Monsieur Dupont, merci de l'invitation, mais je ne pourrai pas participer. Bien à vous, Luc Roy",
         "Luc Roy"),
    ],
)  # fmt: skip
def test_who_is_said_not_to_come_declines(sender: str, text: str, name: str) -> None:
    assert read(text, sender).kind == "decline"
    assert registered(text, sender) == [name]


def test_who_signs_below_a_list_that_they_stand_in_registers_once() -> None:
    text = (
        "1. Samuel Green, Policy Officer, samuel@tuc.example, online\n"
        "2. Deborah White, treasurer, dw@tuc.example, online\n\n"
        "Samuel Green\nPolicy Officer\nTrade Union Congress"
    )
    assert sorted(map(str, registered(text, "Samuel Green <samuel@tuc.example>"))) == ["Deborah White", "Samuel Green"]
