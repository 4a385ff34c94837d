"""Whether a message asks for nothing but to be erased, in the words that people use for it; pure.

Only a message that says this and hardly anything else counts: "remove me from the list of those in person" changes a
registration, and is the readers' business. Nothing is erased here: a person decides, since it can't be undone.
"""

from __future__ import annotations

import re
import unicodedata

MOST = 12  # words of a message's own text: a greeting, the request and a name
_ASKS = re.compile(
    r"remove me(?! from)|(delete|erase|remove) (all )?my (personal )?(data|information)|forget me"
    r"|(supprimez|effacez)[ -]moi|(supprimez|effacez|supprimer|effacer) (toutes )?mes donnees|oubliez[ -]moi"
    r"|borrenme|eliminenme|(borren|eliminen|borrar|eliminar|supriman) (todos )?mis datos"
    r"|(apaguem|eliminem|apagar|eliminar) (todos )?os meus dados|apaguem-me"
    r"|loschen sie (bitte )?(mich|meine daten)|(meine daten|mich) (bitte )?loschen"
    r"|cancellatemi|cancellate (tutti )?i miei dati|(cancellare|eliminate) (tutti )?i miei dati"
    r"|удалите (меня|мои данные)|احذفوني|احذفوا بياناتي"
)


def erasure(own_text: str) -> bool:
    """Say whether a writer's own words ask for erasure and for nothing else."""
    apart = unicodedata.normalize("NFKD", own_text[:2000].casefold().replace("’", "'"))
    plain = " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())
    plain = unicodedata.normalize("NFC", plain)
    return len(plain.split()) <= MOST and _ASKS.search(plain) is not None
