"""Who asks to be erased is never taken for somebody who only cancels. Each test is one promise."""

from __future__ import annotations

import pytest

from mailbot.models import Received
from mailbot.privacy import asked
from tests.core.conftest import Core
from tests.privacy.test_forget import mail, take


@pytest.mark.parametrize("text", [
    "Remove me", "Please delete my personal data.\n\nKind regards,\nGrace", "Supprimez-moi, s’il vous plaît",
    "Merci d’effacer mes données", "Por favor, borren todos mis datos", "Por favor, apaguem os meus dados",
    "Bitte löschen Sie meine Daten", "Cancellatemi, per favore", "Удалите мои данные", "احذفوا بياناتي",
])  # fmt: skip
def test_a_request_for_erasure_is_known_in_every_language(text: str) -> None:
    assert asked.erasure(text)


@pytest.mark.parametrize("text", [
    "I will not take part", "Please remove me from the list of those in person", "Je ne participerai pas",
    "Nom : Awa Ndiaye\nTitre : déléguée à la protection des données", "",
])  # fmt: skip
def test_what_cancels_or_changes_a_registration_is_none(text: str) -> None:
    assert not asked.erasure(text)


def test_a_request_is_held_for_the_organisers_and_changes_nothing_by_itself(core: Core) -> None:
    take(core, mail(1))
    row = take(core, mail(2, text="Supprimez-moi, merci.\r\n"))
    (held,) = core.rows(Received, Received.id == row)
    assert (held.disposition, held.reason) == ("held", "erasure_asked")
    assert [p.status for p in core.people()] == ["registered"]
