"""`schema-rewrite lsp`: the language server, over stdin and stdout."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.cache_options import directory
from schema_rewriter.cli.options import SETTINGS, rule_set, rules_option, search
from schema_rewriter.errors import ConfigError


@click.command(short_help="Serve an editor: findings, fixes and hovers.", context_settings=SETTINGS)
@rules_option
def lsp_command(rule_files: tuple[Path, ...]) -> None:
    """Serve an editor over stdin and stdout (LSP): findings while one types, a fix for each, and why.

    The project is that of the working directory, as for all commands. docs/editors.md has settings for editors.
    """
    if find_spec("pygls") is None:
        raise ConfigError("the server needs an extra: pip install 'schema-rewrite[lsp]'")
    from schema_rewriter.lsp.server import made
    from schema_rewriter.run import Means, Task
    from schema_rewriter.run.session import Session

    settings = config.load(Path.cwd())

    def opened() -> Session:
        rules = rule_set(rule_files, settings)
        task = Task(settings.root, rules, today=date.today() if rules.boundaries else None)
        return Session.of(task, search([], settings), Means(settings.jobs, cache=directory(None, settings)))

    made(opened, settings.root).start_io()
