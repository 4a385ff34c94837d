"""The command line itself: options that all commands share, errors as sentences, exit codes.

Each command's work stands in the module of its kind; here they only meet.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from mailbot import __version__
from mailbot.config import Config, find, load, missing_secrets
from mailbot.errors import ConfigRefused, MailbotError

TROUBLE, WRONG, NEEDS_A_PERSON = 1, 2, 3
"""Exit codes, beside 0: something went wrong; command or configuration are wrong; a person is needed."""

app = typer.Typer(
    name="mailbot",
    help="Registration by e-mail: reads the replies to an invitation, keeps the registry, mails on time.",
    epilog="Exit codes: 0 all well · 1 something went wrong · 2 command or configuration wrong · 3 a person is needed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="The configuration (or $MAILBOT_CONFIG, or ./config.toml)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
EventOption = Annotated[str, typer.Option("--event", "-e", metavar="SLUG", help="Only this event.")]

PIPED = 160  # columns of what goes into a file or a pipe: nobody wants 80 there


class Shown(Console):
    """A console on which text is nothing but text: what participants and servers wrote never steers a terminal."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Return text without control characters and marks that turn its direction."""
        plain = "".join(c if c == "\n" or c.isprintable() else " " for c in text)
        return super().render_str(plain, **how)


out = Shown(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED)
err = Shown(stderr=True, highlight=False)


@app.callback(invoke_without_command=True)
def shared(
    context: typer.Context,
    config: ConfigOption = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Take the options that stand before the command."""
    context.obj = config
    if version:
        typer.echo(f"mailbot {__version__}")
        raise typer.Exit


def config_path(context: typer.Context, named: Path | None) -> Path:
    """Return the configuration file that the command line, the environment or this folder names."""
    return find(named or context.obj, os.environ, Path.cwd())


def configured(context: typer.Context, named: Path | None) -> Config:
    """Load the configuration; raises ConfigRefused with everything that is wrong in it."""
    return load(config_path(context, named))


def ready(context: typer.Context, named: Path | None, now: datetime) -> Config:
    """Load the configuration for work; raises ConfigRefused also where a secret that the work needs can't be had."""
    config = configured(context, named)
    if problems := missing_secrets(config, now):
        raise ConfigRefused(problems)
    return config


def events_of(config: Config, slug: str) -> list[str]:
    """Return the slugs that a command is about: the one named, else all."""
    known = [event.slug for event in config.events]
    if slug and slug not in known:
        raise typer.BadParameter(f"there is no event {slug!r} in {config.path}; there is {', '.join(known)}")
    return [slug] if slug else known


def main() -> None:
    """Run the command line; what mailbot or the system refuses becomes a sentence and a code, never a traceback."""
    from mailbot.cli import (  # noqa: F401 -- they register their commands
        demo,
        invite,
        keep,
        look,
        mails,
        papers,
        preview,
        privacy,
        review,
        setup,
        status,
        work,
    )

    try:
        try:
            app(prog_name="mailbot")
        finally:
            _flush()
    except ConfigRefused as e:
        err.print(f"[bold red]{len(e.problems)} problem{'s' if len(e.problems) != 1 else ''} in the configuration:[/]")
        for problem in e.problems:
            err.print(f"  {problem}", markup=False, soft_wrap=True)
        sys.exit(WRONG)
    except MailbotError as e:
        err.print(f"mailbot: {e}", markup=False, soft_wrap=True)
        sys.exit(TROUBLE)
    except DBAPIError as e:
        err.print(f"mailbot: the database does not answer as it should: {e.orig}", markup=False, soft_wrap=True)
        sys.exit(TROUBLE)
    except BrokenPipeError:
        sys.exit(TROUBLE)  # whoever read our output has seen enough
    except OSError as e:
        told = e.strerror or type(e).__name__
        err.print(f"mailbot: {e.filename}: {told}" if e.filename else f"mailbot: {told}", markup=False, soft_wrap=True)
        sys.exit(TROUBLE)
    except KeyboardInterrupt:
        sys.exit(130)


def _flush() -> None:
    """Write out what is left of the output now: at the interpreter's own end an error would be a traceback."""
    try:
        sys.stdout.flush()
    except OSError as e:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still unwritten goes nowhere
        raise OSError(e.errno, e.strerror, "standard output") from e
