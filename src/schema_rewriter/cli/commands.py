"""Which commands have a name, and where each stands; imports none of them until it is meant."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

COMMANDS = {
    "check": "modes.check_command",
    "diff": "modes.diff_command",
    "fix": "modes.fix_command",
    "plan": "plan_command",
    "inventory": "inventory_command",
    "init": "init_command",
    "rules": "rules_command",
    "explain": "explain_command",
    "verify": "verify_command",
    "audit": "audit_command",
    "migrate": "migrate_command",
    "undo": "undo_command",
    "report": "report_command",
    "lsp": "lsp_command",
    "completion": "completion_command",
    "clean": "clean_command",
}
"""The commands that have a name, in the order in which one may need them, each with its function.

It stands in the module of the command's name here, if no other is named, which is imported when it is run.
"""


def command(name: str) -> click.Command:
    """The command of that name, imported now."""
    module, _, function = COMMANDS[name].rpartition(".")
    found: click.Command = getattr(import_module(f"schema_rewriter.cli.{module or name}"), function)
    return found
