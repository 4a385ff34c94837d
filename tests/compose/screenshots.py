"""Writes every mail in every language and case to a folder: as .eml, as .html, and as pictures of what people see.

    python -m tests.compose.screenshots [build/mails] [--no-pictures] [--golden] [--mail guide] [--lang fr]

The pictures need Chromium (a Debian package) and show each mail on a desk (800 px) and on a phone (360 px), each by
day and by night. `index.html` shows them side by side.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from mailbot.compose import Composer, samples
from mailbot.config import builtin_templates, load

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "mails"
"""Where the approved words of every mail are."""

README_PICTURE = ("acknowledgement", "fr", "missing")
"""The mail that the README shows."""

QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
"""What keeps Chromium from needing a display, and from talking to anybody."""

VIEWS = {"desk": (800, "light"), "desk-dark": (800, "dark"), "phone": (360, "light"), "dark": (360, "dark")}
"""Width in pixels and colour scheme of each picture."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the screenshots: its name there, and how it looks and travels."""

    name: str
    subject: str
    html: str
    raw: bytes


def composer() -> Composer:
    """Return a composer for the templates that come with mailbot and the event of the tests."""
    return Composer(builtin_templates(), load(HERE / "event.toml"))


def languages_of(made: Composer, mail: str) -> list[str]:
    """Return the languages that a mail is written in; in others it goes out in the first."""
    return [lang for lang in made.config.languages if (made.templates / mail / f"{lang}.md").is_file()]


def mails(mail: str = "", language: str = "") -> Iterator[Mail]:
    """Yield every mail, or those of one kind or language."""
    made = composer()
    for name in made.mails():
        for lang in languages_of(made, name):
            if mail in ("", name) and language in ("", lang):
                for case in samples.cases(name):
                    letter = made.sample(name, lang, case)
                    shown = made.render(letter)
                    yield Mail(f"{name}-{case}-{lang}", shown.subject, shown.html, made.compose(letter))


def golden_text(made: Composer, mail: str, language: str) -> str:
    """Return all cases of a mail in a language as one text to read."""
    told = []
    for case in samples.cases(mail):
        shown = made.render(made.sample(mail, language, case))
        told.append(f"===== {mail}, {case} =====\nSubject: {shown.subject}\n\n{shown.text}")
    return "\n".join(told)


def browser_path() -> str | None:
    """Return where Chromium is, None where it isn't."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def picture(browser: Browser, html: str, view: str, path: Path | None = None) -> bytes:
    """Return a picture of a page, whole length; write it to `path` too."""
    width, scheme = VIEWS[view]
    page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_content(html)
    shot = page.screenshot(full_page=True, path=path)
    page.close()
    return shot


def main() -> int:
    """Write the screenshots."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path, nargs="?", default=Path("build/mails"))
    asked.add_argument("--no-pictures", action="store_true")
    asked.add_argument("--golden", action="store_true", help="approve the words as they are now")
    asked.add_argument("--mail", default="")
    asked.add_argument("--lang", default="")
    args = asked.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    if args.golden:
        made = composer()
        for mail in made.mails():
            for language in languages_of(made, mail):
                (GOLDEN / f"{mail}.{language}.txt").write_text(golden_text(made, mail, language), "utf-8")
    written = list(mails(args.mail, args.lang))
    for one in written:
        (args.folder / f"{one.name}.eml").write_bytes(one.raw)
        (args.folder / f"{one.name}.html").write_text(one.html, "utf-8")
    chromium = browser_path()
    if not args.no_pictures and chromium is not None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
            for one in written:
                for view in VIEWS:
                    picture(browser, one.html, view, args.folder / f"{one.name}-{view}.png")
            if args.golden:
                made = composer()
                picture(
                    browser, made.render(made.sample(*README_PICTURE)).html, "desk", GOLDEN / "acknowledgement-fr.png"
                )
            browser.close()
    (args.folder / "index.html").write_text(index(written), "utf-8")
    sys.stdout.write(f"{len(written)} mails in {args.folder}; open {args.folder / 'index.html'}\n")
    return 0


def index(written: list[Mail]) -> str:
    """Return the page that shows all pictures."""
    rows = "".join(
        f"<h2>{escape(mail.name)}</h2><p>{escape(mail.subject)} · <a href='{mail.name}.eml'>.eml</a></p>"
        + "".join(f"<img src='{mail.name}-{view}.png' alt='' loading='lazy'>" for view in VIEWS)
        for mail in written
    )
    style = "body{font-family:sans-serif;margin:2em}img{vertical-align:top;margin:0 1em 1em 0;border:1px solid #ccc}"
    return f"<!DOCTYPE html><meta charset='utf-8'><title>Mails</title><style>{style}</style>{rows}"


if __name__ == "__main__":
    sys.exit(main())
