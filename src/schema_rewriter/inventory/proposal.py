"""A first rule set, proposed by who touches which relation. Pure: an inventory in, TOML out, for a person to edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.errors import ConfigError
from schema_rewriter.inventory.join import packaging
from schema_rewriter.inventory.uses import OPERATIONS
from schema_rewriter.project.definitions import is_test
from schema_rewriter.relation import quote
from schema_rewriter.rules import parse_rules
from schema_rewriter.rules.writing import toml

if TYPE_CHECKING:
    from schema_rewriter.inventory.join import Inventory, Summary

_USING = ("read", "write")


def propose(inventory: Inventory, *, to: str | None = None, depth: int = 0, search_path: str = "public") -> str:
    """The TOML of a rule set: a [[move]] for each package that alone touches relations; what is shared, commented out.

    A package is a directory, or with a `depth` what lies so many levels below the directory that all files share.
    Tests touch everything and own nothing, and so does DDL: they decide only about what nobody else touches. `to`
    names the schema for all; else each package's directory names its own. Raises ConfigError, with the reason, where
    no relation belongs to one package.
    """
    packages = _Packages(inventory, depth)
    shared: list[tuple[Summary, str]] = []
    moves: dict[tuple[str, str, str], list[Summary]] = {}
    taken: dict[tuple[str, str], Summary] = {}
    for one in inventory.relations():
        owners = packages.of(one)
        name = next(iter(sorted(owners)))
        target = to or _schema(name)
        if one.relation.schema in (None, target):
            continue
        other = taken.setdefault((target, one.relation.name), one) if len(owners) == 1 else one
        if len(owners) > 1:
            shared.append((one, _who(owners)))
        elif other is not one:
            shared.append((one, f"{_who(owners)}; {other.relation} has its name in {quote(target)}"))
        else:
            moves.setdefault((name, one.relation.schema or search_path, target), []).append(one)
    if not moves:
        raise ConfigError(_nothing(shared))
    lines = [
        f"# A first proposal, of {len(inventory.entries)} places in {inventory.read} files read.",
        "# Each group holds the relations that one package alone touches. Change it until it is",
        "# what you want, then see what it does: schema-rewrite --rules THIS_FILE",
    ]
    if inventory.dynamic:
        count = len(inventory.dynamic)
        places = "1 place names" if count == 1 else f"{count} places name"
        lines.append(f"# {places} a relation that only the running program knows: see the inventory.")
    lines.append(f"search_path = [{toml(quote(search_path))}]")
    for (name, old, new), group in sorted(moves.items()):
        lines += ["", f"# {name}: nothing else touches " + ("these." if len(group) > 1 else "this."), "[[move]]"]
        lines += [f"from = {toml(quote(old))}", f"to = {toml(quote(new))}", "tables = ["]
        width = max(len(toml(quote(one.relation.name))) for one in group) + 1
        lines += [f"    {toml(quote(one.relation.name)) + ',':{width}}  # {_did(packages.of(one))}" for one in group]
        lines.append("]")
    if shared:
        lines += ["", "# Left out: more than one package touches these. Decide whose each is, and name it above."]
        lines += [f"# {one.relation}: {who}" for one, who in shared]
    text = "\n".join(lines) + "\n"
    parse_rules(text, "the proposal")  # what is written can be read
    return text


class _Packages:
    """Which packages the files of an inventory are in."""

    def __init__(self, inventory: Inventory, depth: int) -> None:
        self.package = packaging([entry.path for entry in inventory.entries], depth)

    def of(self, one: Summary) -> dict[str, set[str]]:
        """The packages that touch a relation, with what they do.

        Where code reads or writes it, what only defines it (a schema's file, migrations) has no say, nor have tests.
        """
        found: dict[str, set[str]] = {}
        ours = [item for item in one.files if not is_test(item[0])]
        using = [item for item in ours if not item[1].isdisjoint(_USING)]
        for path, operations in using or ours or one.files:
            found.setdefault(self.package(path), set()).update(operations)
        return found


def _who(owners: dict[str, set[str]]) -> str:
    return "; ".join(f"{name} ({_did({name: done})})" for name, done in sorted(owners.items()))


def _did(owners: dict[str, set[str]]) -> str:
    done = set().union(*owners.values())
    return ", ".join(operation for operation in OPERATIONS if operation in done)


def _schema(name: str) -> str:
    """A schema's name for a package, of its last directory's."""
    word = re.sub(r"\W+", "_", name.rstrip("/").rpartition("/")[2].lower()).strip("_")
    return word if word and not word[0].isdigit() else f"app_{word}".rstrip("_")


def _nothing(shared: list[tuple[Summary, str]]) -> str:
    if not shared:
        return "nothing to propose: no SQL below these paths names a relation that could move; name other paths"
    one, who = shared[0]
    count = f"each of {len(shared)} relations is" if len(shared) > 1 else "the one relation is"
    return f"nothing to propose: {count} touched by several packages ({one.relation}: {who}); try --depth 1"


def relation_count(text: str) -> int:
    """How many relations a proposal moves."""
    return len(parse_rules(text, "the proposal").moves)
