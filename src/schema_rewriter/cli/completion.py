"""`schema-rewrite completion`, and what a shell asks when Tab is pressed; knows commands by their options only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from schema_rewriter.cli.options import NAME, SETTINGS
from schema_rewriter.cli.rewrite import rewrite_command

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

VARIABLE = "_SCHEMA_REWRITE_COMPLETE"
"""What a shell sets: `bash_source` asks for the script, `bash_complete` for what may stand at the cursor."""

_EPILOG = """\b
Put one of these where your shell reads its settings, and begin a new shell:
  ~/.bashrc                    eval "$(schema-rewrite completion bash)"
  ~/.zshrc (after compinit)    eval "$(schema-rewrite completion zsh)"
  ~/.config/fish/config.fish   schema-rewrite completion fish | source
"""


@click.command(short_help="Print the script for a shell's completion.", context_settings=SETTINGS, epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the script that lets a shell complete commands, options, finding codes and paths."""
    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"{shell}: click knows no completion for it; update click")
    click.echo(made(rewrite_command, {}, NAME, VARIABLE).source())


def answer(instruction: str, commands: Collection[str], command: Callable[[str], click.Command]) -> int:
    """Print what the shell asks for, in click's protocol; 1 for a question that nobody asks."""
    shell, _, question = instruction.partition("_")
    made = get_completion_class(shell)
    if made is None or question not in ("source", "complete"):
        return 1
    asked = made(rewrite_command, {}, NAME, VARIABLE)
    if question == "source":
        click.echo(asked.source())
        return 0
    words, begun = asked.get_completion_args()
    if words and words[0] in commands:
        found = made(command(words[0]), {}, f"{NAME} {words[0]}", VARIABLE).get_completions(words[1:], begun)
    else:
        found = asked.get_completions(words, begun)
        if not words:  # last, since in bash a path takes away what stands before it, and is for where nothing fits
            found += [CompletionItem(name) for name in commands if name.startswith(begun)]
    for item in found:
        click.echo(asked.format_completion(item))
    return 0
