"""Migrations as Django migrations: one that expands, one that contracts, after the last that is there."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from schema_rewriter.errors import FileError
from schema_rewriter.postgres.migrate.scripts.python import GATE, docstring, text, texts
from schema_rewriter.postgres.migrate.scripts.releases import releases
from schema_rewriter.postgres.migrate.scripts.setting import provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_rewriter.postgres.migrate.phases import Phases
    from schema_rewriter.postgres.migrate.scripts.setting import Setting

_CLASS = """

class Migration(migrations.Migration):
    atomic = False  # each statement commits by itself, so that no lock is held for long

    dependencies = [{dependencies}]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL({gate}FUNCTIONS + FORWARDS, FUNCTIONS + BACKWARDS)],
            # What models say is their own business: with a db_table that changes, add AlterModelTable here.
            state_operations=[],
        ),
    ]
"""


def django(phases: Phases, setting: Setting) -> Mapping[str, str]:
    """A migration for each release, numbered and dependent on what is there; raises FileError for several leaves."""
    dependencies = {name: _dependencies(name, source) for name, source in setting.existing.items()}
    stems = {name.removesuffix(".py") for name in setting.existing}
    label = _label(dependencies, stems, setting)
    leaf = _leaf(dependencies, stems, label)
    last = max((int(found[0]) for stem in stems if (found := re.match(r"\d+", stem))), default=0)
    files = {}
    for number, release in enumerate(releases(phases, setting.locks), last + 1):
        stem = f"{number:04}_schema_rewrite_{release.name}"
        lines = [
            *docstring(
                [
                    f"{release.name.capitalize()}: {release.summary}.",
                    "",
                    *release.when,
                    "",
                    *provenance(phases, setting),
                ]
            ),
            "",
            *(["from os import environ", ""] if release.gated else []),
            "from django.db import migrations",
            "",
            *(GATE if release.gated else ()),
            "# Functions for the session (pg_temp): they are gone with it.",
            *texts("FUNCTIONS", release.functions),
            "",
            *texts("FORWARDS", release.up),
            "",
            *texts("BACKWARDS", release.down),
        ]
        written = f"({text(label)}, {text(leaf)})" if leaf else ""
        files[f"{stem}.py"] = (
            "\n".join(lines) + "\n" + _CLASS.format(dependencies=written, gate="GATE + " * release.gated)
        )
        leaf = stem
    return files


def _dependencies(name: str, source: str) -> list[tuple[str, str]]:
    """What the class Migration of a file depends on, as far as it is written out."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise FileError(f"{name}: no Python ({error}); mend it, or name the directory of the migrations") from None
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "dependencies" for t in node.targets
        ):
            for item in node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else ():
                try:
                    pair = ast.literal_eval(item)
                except ValueError:  # swappable_dependency(..), of another application
                    continue
                if isinstance(pair, tuple) and len(pair) == 2:
                    found.append((str(pair[0]), str(pair[1])))
    return found


def _label(dependencies: Mapping[str, list[tuple[str, str]]], stems: set[str], setting: Setting) -> str:
    """The application's label: as its migrations say, as apps.py says, or the folder's name."""
    for pairs in dependencies.values():
        for label, stem in pairs:
            if stem in stems and label != "__first__":
                return label
    said = re.search(r"^\s+label\s*=\s*[\"'](\w+)[\"']", setting.apps, re.MULTILINE)
    return said[1] if said else setting.folder


def _leaf(dependencies: Mapping[str, list[tuple[str, str]]], stems: set[str], label: str) -> str | None:
    before = {stem for pairs in dependencies.values() for one, stem in pairs if one == label}
    numbered = {stem for stem in stems if re.match(r"\d", stem)} or {stem for stem in stems if stem != "__init__"}
    leaves = sorted(numbered - before)
    if len(leaves) > 1:
        raise FileError(
            f"--out: several last migrations ({', '.join(leaves)}); join them first: makemigrations --merge"
        )
    return leaves[0] if leaves else None
