"""Finds what is wrong with templates before a mail-out does: missing files, unknown names, cases that fail.

It looks at the names in every template's text, also those in branches that no sample reaches, then renders every mail
in every language with every sample. It changes nothing and sends nothing.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from rapidfuzz import process

from mailbot.compose import samples
from mailbot.compose.context import TOP, known_fields, variables
from mailbot.compose.letter import Letter
from mailbot.compose.render import FAULTS, LAYOUT, NoSubject, Templates, environment, render
from mailbot.compose.typeset import typeset
from mailbot.compose.words import FOLDER, WordsRefused, load
from mailbot.config import EventConfig, builtin_templates
from mailbot.config.model import Place, Webex
from mailbot.errors import Problem

if TYPE_CHECKING:
    from mailbot.compose.composer import Composer

OTHERS = frozenset({FOLDER, "report", "organisers"})
"""Folders below the templates that are not mails."""

LAYOUT_NAMES = ("language", "direction", "subject", "content")
"""The names that the layout may use."""


def problems(composer: Composer) -> list[Problem]:
    """Return everything that is wrong, in the order of mails and languages."""
    found = list(_layout(composer))
    for language in composer.config.languages:
        try:
            load(composer.templates, language)
        except WordsRefused as refused:
            found += refused.problems
            continue
        left = _left_out(composer, language)
        for mail in composer.mails():
            found += _mail(composer, mail, language) if mail not in left else ()
    return found


def notes(composer: Composer) -> list[Problem]:
    """Return what languages leave to the configuration's first, since their words say so."""
    found = []
    for language in composer.config.languages:
        try:
            left = _left_out(composer, language)
        except WordsRefused:
            continue  # told as a problem
        if left:
            where = f"{composer.templates.name}/{FOLDER}/{language}.toml"
            found.append(Problem(where, f"{', '.join(left)} go out in {composer.config.languages[0]}"))
    return found


def _left_out(composer: Composer, language: str) -> list[str]:
    """Return the mails that a language doesn't have, and needn't: the first language needs them all."""
    there = load(composer.templates, language).mails
    if not there or language == composer.config.languages[0]:
        return []
    files = [m for m in composer.mails() if (composer.templates / m / f"{language}.md").is_file()]
    return [mail for mail in composer.mails() if mail not in (*there, *files)]


def unused(composer: Composer) -> list[Path]:
    """Return templates of mails that nothing sends, and in languages that nobody gets.

    Those that come with mailbot don't count: whoever leaves some of its languages out has done nothing wrong.
    """
    folders = [f for f in sorted(composer.templates.iterdir()) if f.is_dir() and f.name not in OTHERS]
    files = [file for folder in folders for file in sorted(folder.glob("*.md"))]
    idle = [f for f in files if f.parent.name not in composer.mails() or f.stem not in composer.config.languages]
    return [file for file in idle if not (builtin_templates() / file.relative_to(composer.templates)).exists()]


def _mail(composer: Composer, mail: str, language: str) -> Iterator[Problem]:
    name = f"{mail}/{language}.md"
    where = f"{composer.templates.name}/{name}"
    if not (composer.templates / name).is_file():
        others = [o for o in composer.config.languages if (composer.templates / mail / f"{o}.md").is_file()]
        instead = (
            f"translate {mail}/{others[0]}.md" if others else f"write one, or leave {mail} out of the configuration"
        )
        yield Problem(where, "there is no such template", instead)
        return
    names = list(_names(composer, name, where, TOP))
    yield from names
    if not names:
        yield from _cases(composer, mail, language, where)


def _layout(composer: Composer) -> Iterator[Problem]:
    where = f"{composer.templates.name}/{LAYOUT}"
    if not (composer.templates / LAYOUT).is_file():
        yield Problem(where, "there is no such file", "copy the one that came with mailbot")
        return
    yield from _names(composer, LAYOUT, where, LAYOUT_NAMES)


def _names(composer: Composer, name: str, where: str, known: tuple[str, ...]) -> Iterator[Problem]:
    """Report names that no mail knows, with the line, wherever they stand in the template."""
    env = environment(composer.templates)
    try:
        tree = env.parse((composer.templates / name).read_text("utf-8"))
    except TemplateSyntaxError as error:
        yield Problem(
            f"{where}:{error.lineno}", f"Jinja2 does not understand this: {error.message}", "correct the line"
        )
        return
    except UnicodeDecodeError:
        yield Problem(where, "it is not UTF-8 text", "save it as UTF-8")
        return
    unknown = find_undeclared_variables(tree) - set(known)
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            yield Problem(f"{where}:{node.lineno}", f'"{node.name}" is unknown', _meant(node.name, known))
    for attribute in tree.find_all(nodes.Getattr):
        if isinstance(attribute.node, nodes.Name):
            fields = known_fields(attribute.node.name)
            if fields and attribute.attr not in fields:
                told = f"{attribute.node.name}.{attribute.attr}"
                yield Problem(f"{where}:{attribute.lineno}", f'"{told}" is unknown', _meant(attribute.attr, fields))


def _meant(name: str, known: tuple[str, ...]) -> str:
    near = process.extractOne(name, known, score_cutoff=60)
    return f'did you mean "{near[0]}"?' if near else f"there are {', '.join(known)}"


def _cases(composer: Composer, mail: str, language: str, where: str) -> Iterator[Problem]:
    """Render every sample, of every event that sends this mail; each different fault is told once."""
    told: set[str] = set()
    env, words = environment(composer.templates), load(composer.templates, language)
    for letter in _letters(composer, mail, language):
        problem = _fault(env, variables(letter, words, composer.config), letter, where)
        if problem and str(problem) not in told:
            told.add(str(problem))
            yield problem


def _letters(composer: Composer, mail: str, language: str) -> Iterator[Letter]:
    for event in composer.config.events:
        for case in samples.cases(mail):
            letter = samples.letter(mail, language, case, event)
            yield letter
            yield replace(letter, event=_bare(letter.event))


def _bare(event: EventConfig) -> EventConfig:
    """The same event with all that the configuration may leave out left out."""
    return event.model_copy(update={"webex": Webex(), "place": Place(), "offices": ()})


def _fault(env: Templates, values: dict[str, Any], letter: Letter, where: str) -> Problem | None:
    try:
        render(env, f"{letter.mail}/{letter.language}.md", values, partial(typeset, language=letter.language))
    except TemplateNotFound as error:
        return Problem(where, f'it names a file that is not there: "{error}"', "correct the name")
    except TemplateSyntaxError as error:
        return Problem(f"{error.filename or where}:{error.lineno}", str(error.message), "correct the line")
    except NoSubject as error:
        return Problem(f"{where}:1", str(error), 'begin with "Subject: " and the subject')
    except FAULTS as error:
        return Problem(f"{where}:{_line_of(error, where)}", f"it fails: {error}", "correct the line")
    return None


def _line_of(error: BaseException, where: str) -> int:
    """Return the template's line on which rendering failed (Jinja2 writes it into the traceback)."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(where.partition("/")[2])]
    return (frames[-1].lineno or 1) if frames else 1
