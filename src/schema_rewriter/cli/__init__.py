"""The command line: which command is meant, and how what goes wrong is told. Alone prints and exits."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from schema_rewriter.cli.commands import COMMANDS, command
from schema_rewriter.cli.options import NAME
from schema_rewriter.cli.output import say
from schema_rewriter.errors import SchemaRewriteError, internal

if TYPE_CHECKING:
    from collections.abc import Sequence

TRACEBACK = "SCHEMA_REWRITE_TRACEBACK"
"""The environment variable that shows where a bug of ours is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or the process's own, and return its exit code.

    Whatever goes wrong is one line on stderr, and the exit code 2.
    """
    words = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):  # a path may hold what the terminal's charset does not
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(arguments, words)
    except click.ClickException as error:
        at = _command_at(words)
        command_path = NAME if at is None else f"{NAME} {words[at]}"
        return _fail(f"{error.format_message()} (see {command_path} --help)")
    except SchemaRewriteError as error:
        return _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{NAME}: interrupted; every file is whole", err=True)
        return 130
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        return _fail(f"{internal(error)}, with what {TRACEBACK}=1 in the environment shows")


def _run(arguments: Sequence[str] | None, words: Sequence[str]) -> int:
    """Run the command that is meant; its exit code.

    A command's name is one if it is the first word, options not counted; all else is for the main command, which needs
    no name.
    """
    if instruction := os.environ.get("_SCHEMA_REWRITE_COMPLETE"):  # a shell asks: click alone knows one command
        from schema_rewriter.cli.completion import answer

        return answer(instruction, COMMANDS, command)
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return _fail("the working directory is gone; change to one that is there")
    if words and (meant := _meant(words[0])):
        return _fail(meant)
    if (at := _command_at(words)) is not None:
        rest = [*words[:at], *words[at + 1 :]]
        code = command(words[at]).main(rest, f"{NAME} {words[at]}", standalone_mode=False, obj=tuple(words))
    else:  # None: on Windows click has globs to expand, in the process's own words only
        from schema_rewriter.cli.rewrite import rewrite_command

        code = rewrite_command.main(arguments, NAME, standalone_mode=False, obj=tuple(words))
    return int(code or 0)


def _command_at(words: Sequence[str]) -> int | None:
    """Which of the words is a command's name: the first that is no option, nor the value of one; None if it is not."""
    if not words or not words[0].startswith("-"):
        return 0 if words and words[0] in COMMANDS else None
    if COMMANDS.keys().isdisjoint(words):
        return None
    from schema_rewriter.cli.rewrite import rewrite_command

    valued = {
        name
        for parameter in rewrite_command.params
        if isinstance(parameter, click.Option) and not (parameter.is_flag or parameter.count)
        for name in parameter.opts
    }
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in ("-", "--"):
        at += 2 if words[at] in valued else 1
    return at if at < len(words) and words[at] in COMMANDS else None


_WORDS = {
    "lint": "check",
    "format": "fix",
    "help": "--help",
    "version": "--version",
}
"""What other tools call their commands, as it is called here."""


def _meant(word: str) -> str:
    """What somebody meant by a first word that is neither a command nor a path; empty where that can't be told."""
    if not word.isalpha() or word in COMMANDS or os.path.lexists(word):
        return ""
    from difflib import get_close_matches

    near = _WORDS.get(word) or next(iter(get_close_matches(word, COMMANDS, 1, 0.75)), "")
    return f"{word} is neither a command nor a path; did you mean {NAME} {near}?" if near else ""


def _fail(message: str) -> int:
    say(f"{NAME}: error: {' '.join(message.splitlines())}", err=True)
    return 2
