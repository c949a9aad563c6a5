"""What `schema-rewrite` was asked for: its options as a value, and what they come to in a project. Does nothing yet."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_rewriter.cache.trace import Trace
from schema_rewriter.cli.cache_options import directory
from schema_rewriter.cli.narrowing_options import Narrowing
from schema_rewriter.cli.next_commands import Next
from schema_rewriter.cli.options import rule_set, search
from schema_rewriter.cli.output import AUTO, Output
from schema_rewriter.errors import ConfigError
from schema_rewriter.files.disk import JOURNAL
from schema_rewriter.finding import Applicability
from schema_rewriter.run import Search, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.cli.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line, by their names there; `narrowing` are those that leave findings out."""

    check: bool
    diff: bool
    fix: bool
    patch: Path | None
    rule_files: tuple[Path, ...]
    unsafe_fixes: bool
    interactive: bool
    add_ignores: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    force_exclude: bool
    stdin_filename: str | None
    output_format: str | None
    output_file: Path | None
    statistics: bool
    exit_non_zero_on_fix: bool
    jobs: int | None
    colour: str
    quiet: bool
    no_cache: bool
    cache_dir: Path | None
    paths: tuple[str, ...]
    narrowing: Narrowing

    @staticmethod
    def of(given: Mapping[str, Any]) -> Options:
        """The options that click has read."""
        own = {field.name for field in fields(Narrowing)}
        narrowing = Narrowing(**{name: given[name] for name in own})
        return Options(**{name: value for name, value in given.items() if name not in own}, narrowing=narrowing)

    @property
    def mode(self) -> str:
        """What to do: check, diff, fix, patch or add-ignores. Raises ConfigError for two of them."""
        modes = {
            "check": self.check,
            "diff": self.diff,
            "fix": self.fix,
            "patch": self.patch is not None,
            "add-ignores": self.add_ignores,
        }
        given = [mode for mode, is_given in modes.items() if is_given] or ["check"]
        if len(given) > 1:
            raise ConfigError(f"--{given[0]} and --{given[1]} exclude each other; give one of them")
        return given[0]

    @property
    def reads_stdin(self) -> bool:
        """Whether stdin is what is judged."""
        return "-" in self.paths or self.stdin_filename is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do: the options with the project's settings, and what is asked of the run.

    `cache` is the cache's directory, None for none; `trace` takes what the answer will depend on.
    """

    options: Options
    settings: Config
    narrowing: Narrowing
    output: Output
    task: Task
    search: Search
    cache: Path | None
    trace: Trace


def plan(options: Options, settings: Config) -> Plan:
    """What the options come to in a project. Raises ConfigError for those that contradict each other."""
    mode = options.mode
    if options.interactive and (not options.fix or "-" in options.paths):
        raise ConfigError("--interactive asks for each change of --fix, in files; give --fix and no -")
    cache = directory(options.cache_dir, settings, off=options.no_cache or "-" in options.paths)
    trace = Trace()
    trace.above(str(Path.cwd()))
    trace.hold(*(Path.cwd() / path for path in options.rule_files or settings.rules), settings.root / JOURNAL)
    narrowing = options.narrowing.resolved(settings, mode)
    if options.statistics and options.output_format not in (None, "concise", "json"):
        raise ConfigError(f"--statistics has no shape {options.output_format}; give --output-format concise or json")
    shape = options.output_format or settings.output_format or ("concise" if options.statistics else AUTO)
    then = Next.of(options) if mode == "check" and not options.reads_stdin else None
    output = Output(
        mode, options.patch, shape, options.colour, options.quiet, options.output_file, options.statistics, then
    )
    threshold = Applicability.UNSAFE if options.unsafe_fixes else Applicability.SAFE
    rules = rule_set(options.rule_files, settings)
    task = Task(settings.root, rules, threshold, today=date.today() if rules.boundaries else None)
    trace.day = task.today.isoformat() if task.today else ""
    looked = search(
        [path for path in options.paths if path != "-"],
        settings,
        options.include,
        options.exclude,
        exclude_named=options.force_exclude,
    )
    return Plan(options, settings, narrowing, output, task, looked, cache, trace)
