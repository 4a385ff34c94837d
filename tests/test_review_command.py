"""`mailbot review`: what needs a person, decided on the terminal; once all is decided, cron hears nothing of it."""

from __future__ import annotations

import json

from tests.test_cli import Desk, Mailbot, desk, mailbot  # noqa: F401 -- fixtures

QUESTION = "Bonjour,\n\nLe webinaire sera-t-il enregistré ?\n\nMerci,\nAwa Ndiaye\n"
NEW_NUMBER = "Bonjour, mon nouveau numéro est le +221 77 999 88 77.\nAwa Ndiaye\n"


def waiting(mailbot: Mailbot, desk: Desk) -> list[dict[str, object]]:  # noqa: F811
    """Return what `review --json` lists."""
    listed: list[dict[str, object]] = json.loads(mailbot("review", "-c", desk.config, "--json").out)
    return listed


def test_a_question_is_listed_in_its_words_and_settled_by_done(mailbot: Mailbot, desk: Desk) -> None:  # noqa: F811
    desk.receive(QUESTION)
    assert mailbot("once", "-c", desk.config).code == 3
    (one,) = waiting(mailbot, desk)
    assert (one["kind"], one["address"]) == ("question", "awa@cnts.sn.example")
    listed = mailbot("review", "-c", desk.config)
    assert (listed.code, "sera-t-il enregistré" in listed.out) == (3, True)
    done = mailbot("review", one["number"], "done", "-c", desk.config)
    assert (done.code, "Settled" in done.out) == (0, True)
    assert mailbot("once", "-c", desk.config).code == 0
    assert "Nothing needs a person" in mailbot("review", "-c", desk.config).out


def test_a_held_message_is_accepted_and_what_it_says_is_recorded(mailbot: Mailbot, desk: Desk) -> None:  # noqa: F811
    desk.receive()
    mailbot("once", "-c", desk.config)
    desk.receive(NEW_NUMBER, sender="Awa Ndiaye <awa@elsewhere.example>")
    assert mailbot("once", "-c", desk.config).code == 3
    (one,) = waiting(mailbot, desk)
    assert one["kind"] == "held"
    done = mailbot("review", f"#{one['number']}", "accept", "-c", desk.config, "--json")
    assert (done.code, json.loads(done.out)["result"]) == (0, "answered")
    (person,) = json.loads(mailbot("registry", "-c", desk.config, "--json").out)
    assert person["phone"] == "+221779998877"
    told = json.loads(mailbot("show", "Awa", "-c", desk.config, "--json").out)[0]["history"]
    assert any(str(c["who"]).startswith("command") and c["field"] == "phone" for c in told)
    assert mailbot("once", "-c", desk.config).code == 0


def test_a_held_message_is_said_to_be_somebodys(mailbot: Mailbot, desk: Desk) -> None:  # noqa: F811
    desk.receive()
    mailbot("once", "-c", desk.config)
    desk.receive(NEW_NUMBER.replace("Ndiaye", "Ndiaye"), sender="Awa Ndiaye <awa@elsewhere.example>")
    mailbot("once", "-c", desk.config)
    (one,) = waiting(mailbot, desk)
    wrong = mailbot("review", one["number"], "same", "person", "as", "Komlan", "-c", desk.config)
    assert (wrong.code, "Nobody of that name" in wrong.err) == (1, True)
    done = mailbot("review", one["number"], "same person as awa@cnts.sn.example", "-c", desk.config)
    assert done.code == 0
    assert len(json.loads(mailbot("registry", "-c", desk.config, "--json").out)) == 1


def test_what_can_not_be_understood_changes_nothing_and_says_what_can_be_written(
    mailbot: Mailbot,  # noqa: F811
    desk: Desk,  # noqa: F811
) -> None:
    desk.receive(QUESTION)
    mailbot("once", "-c", desk.config)
    (one,) = waiting(mailbot, desk)
    done = mailbot("review", one["number"], "hmm", "-c", desk.config)
    assert (done.code, "not a registration" in done.err) == (1, True)
    assert mailbot("review", "99999", "accept", "-c", desk.config).code == 1
    assert mailbot("review", "awa", "accept", "-c", desk.config).code == 1
    assert len(waiting(mailbot, desk)) == 1
