"""`schema-rewrite rules`: prints the rule set; judges nothing."""

from __future__ import annotations

from pathlib import Path

import click

from schema_rewriter.cli import config
from schema_rewriter.cli.options import SETTINGS, rule_set, rules_option
from schema_rewriter.cli.output import echo
from schema_rewriter.rules import to_toml

_EPILOG = """\b
Examples:
  schema-rewrite rules
      the rule set of the project, every move written out
  schema-rewrite rules --rules rules.toml --inverse > back.toml
      the rules of the way back: --rules back.toml --fix restores the code
"""


@click.command(
    short_help="Print the rule set as it was understood, or its way back.", context_settings=SETTINGS, epilog=_EPILOG
)
@rules_option
@click.option("--inverse", is_flag=True, help="Print the rules of the way back.")
def rules_command(rule_files: tuple[Path, ...], inverse: bool) -> None:
    """Print the rule set that the rule files make together, as TOML, every move written out."""
    rules = rule_set(rule_files, config.load(Path.cwd()))
    echo(to_toml(rules.inverse() if inverse else rules), nl=False)
