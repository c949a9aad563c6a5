"""What a move comes to, on one screen: tables, files, each decision once, the database, the next command."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_rewriter.codes import codes
from schema_rewriter.reports.located import Page
from schema_rewriter.reports.tables import aligned, cell, code, files, markdown_table, places
from schema_rewriter.visible import visible, visible_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_rewriter.finding import Report
    from schema_rewriter.rules import RuleSet

_PLACES, _DECISIONS = 3, 12
"""How many places of a decision are named, and how many decisions on a screen; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A relation that moves: how many files have findings of it, how many of them `fix` settles, how many it leaves."""

    name: str
    target: str
    files: int
    fixable: int
    left: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Findings that wait for a person for one cause: their code, why they wait, where they are, what is to be done."""

    code: str
    reason: str
    where: tuple[str, ...]
    remedy: str

    @property
    def why(self) -> str:
        """Why a person is asked, in a few words: what stands before the first semicolon."""
        return self.reason.partition("; ")[0] or codes()[self.code].title

    @property
    def named(self) -> str:
        """The first places, and how many there are beside them."""
        more = len(self.where) - _PLACES
        return ", ".join(self.where[:_PLACES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move comes to. `frozen` is what is told of histories, `errors` which files are not judged, and why."""

    moved: tuple[Moved, ...]
    decisions: tuple[Decision, ...]
    frozen: tuple[str, ...]
    read: int
    changed: int
    waiting: int
    fixable: int
    errors: tuple[tuple[str, str], ...]

    @property
    def unnamed(self) -> list[str]:
        """The relations that no finding names."""
        return [one.name for one in self.moved if not one.files]

    @property
    def head(self) -> str:
        """How many relations move, from where to where."""
        ends = {tuple(visible(name.rpartition(".")[0]) for name in (one.name, one.target)) for one in self.moved}
        count = f"{len(self.moved)} relation{'s' * (len(self.moved) != 1)}"
        way = " from {} to {}".format(*next(iter(ends))) if len(ends) == 1 else ""
        return f"{count} move{'s' * (len(self.moved) == 1)}{way}"

    @property
    def steps(self) -> Sequence[tuple[str, str]]:
        """Commands in the order in which they are run, each with what it is for."""
        code = [("schema-rewrite diff", "read the changes"), ("schema-rewrite fix", "make them; undo takes them back")]
        return [
            *(code if self.fixable else []),
            *([("schema-rewrite check", "what is left for a person, with file and line")] if self.decisions else []),
            ("schema-rewrite audit --dsn DSN", "what stands in the way in the database"),
            ("schema-rewrite migrate --dsn DSN --out migration", "the migration, as files to read and run"),
        ]


_DATABASE = (
    "Before the changed code runs: prepare and expand of the migration, after which old and new code both work.",
    "Once no old code runs: contract, which ends the old names.",
)


def plan(report: Report, rules: RuleSet) -> Plan:
    """The plan that a report and its rules come to."""
    targets = {str(move.relation): str(move.to) for move in rules.moves}
    sources = {target: name for name, target in targets.items()}
    per_relation: dict[str, tuple[set[str], list[bool]]] = defaultdict(lambda: (set(), []))
    causes: dict[tuple[str, str], list[str]] = defaultdict(list)
    frozen: list[str] = []
    for result in report.results:
        applied, page = frozenset(result.applied), Page.of(result, written=False)
        for finding in result.findings:
            name = sources.get(str(finding.target), str(finding.relation))
            if name in targets and (finding in applied or not finding.is_note):
                paths, fixed = per_relation[name]
                paths.add(result.path)
                fixed.append(finding in applied)
            if finding.code == "frozen-history":
                frozen.append(finding.message)
            elif finding not in applied and not finding.is_note:
                where = f"{visible_path(result.path)}:{page.locate(finding).where}"
                causes[finding.code, finding.reason].append(where)
    rows = [
        Moved(name, target, len(paths), sum(fixed), len(fixed) - sum(fixed))
        for name, target in targets.items()
        for paths, fixed in (per_relation[name],)
    ]
    decisions = [Decision(*cause, tuple(where), _first(codes()[cause[0]].remedy)) for cause, where in causes.items()]
    return Plan(
        tuple(sorted(rows, key=lambda row: (-row.files, row.name))),
        tuple(sorted(decisions, key=lambda one: (-len(one.where), one.code, one.reason))),
        tuple(frozen),
        report.read,
        report.changed,
        sum(any(not finding.is_note for finding in result.open) for result in report.results),
        report.to_qualify,
        tuple((result.path, result.error) for result in report.results if result.error is not None),
    )


def _first(remedy: str) -> str:
    """The first sentence of what is to be done."""
    return remedy.partition(". ")[0].rstrip(".") + "."


def render(made: Plan) -> str:
    """The plan for a terminal."""
    parts = [[f"{made.head}."], _tables(made), _files(made)]
    if made.decisions:
        parts.append([f"To decide ({_causes(made)})", *_decisions(made)])
    parts.append(["Database", *(f"  {line}" for line in _DATABASE)])
    parts.append(["Next", *(f"  {line}" for line in aligned(made.steps))])
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts)


def _decisions(made: Plan) -> Iterator[str]:
    for number, one in enumerate(made.decisions[:_DECISIONS], 1):
        yield f"  {number}. {one.code}, {places(len(one.where))}: {visible(one.why)}"
        yield f"     {one.named}"
        yield f"     {one.remedy}"
    if (more := len(made.decisions) - _DECISIONS) > 0:
        yield f"  and {more} more cause{'s' * (more != 1)}, which schema-rewrite check tells"


def _causes(made: Plan) -> str:
    count = sum(len(one.where) for one in made.decisions)
    causes = len(made.decisions)
    return f"{causes} cause{'s' * (causes != 1)}, {places(count)}"


def _rows(made: Plan) -> list[tuple[str, ...]]:
    return [
        (one.name, one.target, *(str(count) if count else "" for count in (one.files, one.fixable, one.left)))
        for one in made.moved
        if one.files
    ]


_HEAD = ("relation", "moves to", "files", "fix does", "for you")


def _tables(made: Plan) -> list[str]:
    lines = [f"  {line}" for line in aligned([_HEAD, *_rows(made)], 2)] if _rows(made) else []
    if made.unnamed:
        lines.append(f"  nothing to do for {', '.join(visible(name) for name in made.unnamed)}")
    return lines


def _counts(made: Plan) -> str:
    counts = [f"{files(made.read)} read", f"{made.changed} to change", f"{made.waiting} with something for you"]
    return ", ".join([*counts, *([f"{len(made.errors)} not judged"] if made.errors else [])])


def _files(made: Plan) -> list[str]:
    lines = [f"{_counts(made)}."]
    lines += [f"  {visible_path(path)}: {visible(error)}" for path, error in made.errors]
    return lines + [f"  {visible(message)}" for message in made.frozen]


def render_markdown(made: Plan) -> str:
    """The plan for a pull request."""
    lines = [f"## {made.head}", ""]
    if _rows(made):
        shown = [(code(name), code(target), *counts) for name, target, *counts in _rows(made)]
        lines += [*markdown_table(_HEAD, shown), ""]
    if made.unnamed:
        lines += [f"Nothing to do for {', '.join(code(name) for name in made.unnamed)}.", ""]
    lines += [f"{_counts(made)}.", *(f"- {code(path)}: {cell(error)}" for path, error in made.errors)]
    lines += [f"- {cell(message)}" for message in made.frozen]
    if made.decisions:
        lines += ["", f"### To decide ({_causes(made)})", ""]
        for number, one in enumerate(made.decisions, 1):
            lines.append(f"{number}. {code(one.code)}, {places(len(one.where))}: {cell(one.why)}  ")
            lines += [f"   {code(one.named)}  ", f"   {one.remedy}"]
    lines += ["", "### Database", "", *(f"- {line}" for line in _DATABASE)]
    lines += ["", "### Next", "", *(f"- {code(command)}: {what}" for command, what in made.steps)]
    return "\n".join(lines) + "\n"


FORMATS = {"text": render, "markdown": render_markdown}
