"""`schema-rewrite check`, `diff` and `fix`: the command without a name, in one mode, with the options that it heeds."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from schema_rewriter.cli.options import NAME, SETTINGS
from schema_rewriter.cli.rewrite import Rewrite, rewrite_command

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import click


_MODES = frozenset({"check", "diff", "fix", "patch", "add_ignores"})
"""The parameters that say what to do."""
_WRITES = frozenset({"interactive", "exit_non_zero_on_fix"})
"""The parameters that only `fix` heeds."""


def _command(
    mode: str, said: str, examples: Mapping[str, str], left_out: Collection[str] = _MODES | _WRITES
) -> click.Command:
    """The command that is called like a mode: `said` is its help, `left_out` the parameters that it has not."""

    def run(**given: Any) -> int:
        asked = {**dict.fromkeys(left_out, False), "patch": None, **given}
        asked[mode] = asked["patch"] is None
        code: int = rewrite_command.callback(**asked)  # type: ignore[misc]  # a function, as any command's here
        return code

    lines = "".join(f"  {NAME} {example}\n      {meaning}\n" for example, meaning in examples.items())
    kept = [copy(parameter) for parameter in rewrite_command.params if parameter.name not in left_out]
    return Rewrite(
        mode,
        context_settings=SETTINGS,
        callback=run,
        params=[parameter for parameter in kept if parameter.name != "version"],
        help=said,
        epilog=f"\b\nExamples:\n{lines}",
        commands=(),
    )


check_command = _command(
    "check",
    "Report each finding below PATH; write nothing.\n\nThe same as --check, and as no command at all.",
    {
        "check --rules rules.toml src": "what is to do below src, one line for each finding",
        "check --output-format full src/app/db.py": "with the line of code, and what it becomes",
    },
)
diff_command = _command(
    "diff",
    "Print the changes below PATH as a diff for `git apply`.\n\nThe same as --diff; --patch FILE puts it into a file.",
    {"diff src | less -R": "the changes, as git shows them", "diff --patch move.patch": "for git apply move.patch"},
    (_MODES | _WRITES) - {"patch"},
)
fix_command = _command(
    "fix",
    "Make the changes below PATH: proved, all files or none.\n\nThe same as --fix.",
    {
        "fix": "with rules and paths from pyproject.toml",
        "fix --interactive src": "shows each change, and asks",
        "fix --stdin-filename app/db.py - < app/db.py": "what an editor would run when it saves a file",
    },
    _MODES,
)
