"""A rule set as the text of a rule file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.relation import quote
from schema_rewriter.rules.history import to_toml as history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_rewriter.rules.rules import RuleSet


def to_toml(rules: RuleSet) -> str:
    """The text of a rule file that says the rule set, every move written out."""
    lines = [f"search_path = {_list(quote(name) for name in rules.search_path)}"]
    if rules.bare:
        lines.append(f"bare = {_list(quote(name) for name in sorted(rules.bare))}")
    if rules.existing:
        lines.append(f"existing_schemas = {_list(quote(name) for name in sorted(rules.existing))}")
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for move in rules.moves:
        renamed = move.to.name if move.to.name != move.relation.name else ""
        key = (move.relation.schema or "", move.to.schema or "", renamed, move.paths)
        groups.setdefault(key, []).append(move.relation.name)
    for (old, new, renamed, paths), names in groups.items():
        lines += ["", "[[move]]", f"from = {toml(quote(old))}", f"to = {toml(quote(new))}"]
        lines += [f"tables = {_list(quote(name) for name in names)}"]
        lines += [f"rename = {toml(quote(renamed))}"] if renamed else []
        lines += [f"paths = {_list(paths)}"] if paths else []
    for dialect in rules.dialects:
        lines += ["", "[[dialect]]", f"name = {toml(dialect.name or 'postgresql')}"]
        lines += [f"paths = {_list(dialect.paths)}"]
    for call in rules.calls:
        place = "sql" if call.is_sql else "argument"
        lines += ["", "[[call]]", f"name = {toml(call.name)}", f"{place} = {call.argument}"]
        lines += [f"keyword = {toml(call.keyword)}"] if call.keyword else []
        lines += [f"schema = {toml(call.schema)}"] if call.schema else []
    for role in dict.fromkeys(grant.role for grant in rules.grants):
        lines += ["", f"[grants.{_key(quote(role))}]"]
        lines += [f"{_key(quote(g.schema))} = {toml(g.level)}" for g in rules.grants if g.role == role]
    for bound in rules.boundaries:
        schemas = (f"{_key(quote(name))} = {_list(operations)}" for name, operations in bound.schemas)
        lines += ["", "[[boundary]]", f"paths = {_list(bound.paths)}", f"schemas = {{ {', '.join(schemas)} }}"]
        for allowance in bound.allowances:
            lines += ["", "[[boundary.allow]]", f"relations = {_list(map(str, allowance.relations))}"]
            lines += [f"operations = {_list(allowance.operations)}", f"owner = {toml(allowance.owner)}"]
            lines += [f"until = {allowance.until}"] if allowance.until else []
            lines += [f"paths = {_list(allowance.paths)}"] if allowance.paths else []
    lines[1:1] = [f"generated = {_list(rules.generated)}"] if rules.generated else []
    lines += ["", "[django]", f"strategy = {toml(rules.django)}"] if rules.django else []
    lines += history(rules.history, toml, _list)
    return "\n".join(lines) + "\n"


def toml(text: str) -> str:
    """A string as TOML writes it."""
    if '"' in text or "\\" in text:
        return f"'{text}'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{text}"'


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml(text)


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(toml(item) for item in items) + "]"
