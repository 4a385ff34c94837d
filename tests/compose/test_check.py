"""A template that is wrong fails the check, with file, line and what was meant; it never fails a mail-out unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.compose import Composer, Letter
from mailbot.errors import MailbotError
from tests.compose.conftest import own_templates


def checked(composer: Composer, templates: Path) -> list[str]:
    return [str(problem) for problem in Composer(templates, composer.config).check()]


def test_the_templates_that_come_with_mailbot_are_whole_and_all_in_use(composer: Composer) -> None:
    assert composer.check() == []
    assert composer.unused() == []


def test_an_unknown_variable_is_named_with_its_line_and_the_nearest_known(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path, guide_fr="Subject: x\n\n{{ event.titel }}\n\n{{ meetting.url }}\n")
    assert checked(composer, templates) == [
        'templates/guide/fr.md:5: "meetting" is unknown; did you mean "meeting"?',
        'templates/guide/fr.md:3: "event.titel" is unknown; did you mean "title"?',
    ]


def test_a_name_in_a_branch_that_no_sample_takes_is_found_too(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path, reminder_en="Subject: x\n{% if name == 'nobody' %}\n{{ nmae }}\n{% endif %}\n")
    assert checked(composer, templates) == ['templates/reminder/en.md:3: "nmae" is unknown; did you mean "name"?']


def test_a_field_that_only_rendering_can_show_to_be_wrong_is_found(composer: Composer, tmp_path: Path) -> None:
    text = "Subject: x\n\n{% for somebody in people %}\n{{ somebody.nom }}\n{% endfor %}\n"
    (problem,) = checked(composer, own_templates(tmp_path, guide_es=text))
    assert problem.startswith("templates/guide/es.md:4: it fails: ")
    assert "nom" in problem


def test_a_slip_of_jinja_is_told_with_its_line(composer: Composer, tmp_path: Path) -> None:
    (problem,) = checked(composer, own_templates(tmp_path, moved_pt="Subject: x\n\n{% if moved %}\n"))
    assert problem.startswith("templates/moved/pt.md:3: Jinja2 does not understand this")


def test_a_mail_without_a_subject_is_refused(composer: Composer, tmp_path: Path) -> None:
    (problem,) = checked(composer, own_templates(tmp_path, reminder_fr="Bonjour\n"))
    assert problem.startswith('templates/reminder/fr.md:1: the text does not begin with "Subject: "')


def test_a_missing_language_is_named(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    (templates / "guide" / "pt.md").unlink()
    (templates / "words" / "es.toml").unlink()
    assert checked(composer, templates) == [
        "templates/words/es.toml: there is no such file; copy one of another language",
        "templates/guide/pt.md: there is no such template; translate guide/fr.md",
    ]


def test_words_that_are_missing_misspelt_or_name_something_unknown_are_told(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    path = templates / "words" / "fr.toml"
    text = path.read_text("utf-8").replace("decline =", "declin =").replace("{time}, heure de {place}", "{tme}")
    path.write_text(text.replace('name = "Nom"', 'nom = "Nom"', 1), "utf-8")
    assert checked(composer, templates) == [
        'templates/words/fr.toml: "decline" is missing',
        'templates/words/fr.toml: "declin" is not a word that mails use',
        'templates/words/fr.toml: "labels.name" is missing',
        'templates/words/fr.toml: "here" names {tme}, and there are time, place',
    ]


def test_templates_that_nothing_uses_are_listed(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    (templates / "guide" / "de.md").write_text("Subject: x\n", "utf-8")
    (templates / "thanks").mkdir()
    (templates / "thanks" / "fr.md").write_text("Subject: x\n", "utf-8")
    unused = Composer(templates, composer.config).unused()
    assert [path.relative_to(templates).as_posix() for path in unused] == ["guide/de.md", "thanks/fr.md"]


@pytest.mark.parametrize(
    "text",
    ["{{ ''.__class__.__mro__ }}", "{% for n in range(100000000) %}{% endfor %}", "{{ people.append(1) }}"],
)
def test_a_template_can_not_reach_out_of_its_box(composer: Composer, letter: Letter, tmp_path: Path, text: str) -> None:
    templates = own_templates(tmp_path, acknowledgement_fr=f"Subject: x\n\n{text}\n")
    with pytest.raises(MailbotError, match=r"acknowledgement/fr\.md can't be used"):
        Composer(templates, composer.config).compose(letter)


def test_a_preview_of_something_unknown_says_what_there_is(composer: Composer) -> None:
    with pytest.raises(MailbotError, match="has no case x; there are online"):
        composer.preview("guide", "fr", "x")
    with pytest.raises(MailbotError, match=r"there is no mail giude in fr; there are .*guide --lang fr"):
        composer.preview("giude", "fr")
