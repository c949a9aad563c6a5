"""The rule format: what the loader says of each mistake, and that the shipped JSON Schema thinks alike."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import schema_rewriter
from schema_rewriter.errors import RuleError
from schema_rewriter.rules import merge, parse_rules, to_toml

SCHEMA = json.loads((Path(schema_rewriter.__file__).parent / "rules.schema.json").read_text("utf-8"))
MOVE = '[[move]]\nfrom = "public"\nto = "app"\n'
USERS = MOVE + 'tables = ["users"]\n'

VALID = {
    "least": USERS,
    "search path": 'search_path = ["app", "public"]\n' + USERS,
    "bare": 'bare = ["app"]\n' + USERS,
    "no bare": "bare = []\n" + USERS,
    "schema for editors": '"$schema" = "rules.schema.json"\n' + USERS,
    "two tables": MOVE + 'tables = ["users", "jobs"]\n',
    "two moves": USERS + '[[move]]\nfrom = "audit"\nto = "log"\ntables = ["users"]\n',
    "rename": USERS + 'rename = "people"\n',
    "rename within a schema": '[[move]]\nfrom = "a"\nto = "a"\ntables = ["b"]\nrename = "c"\n',
    "paths": USERS + 'paths = ["app/**/*.py", "x.sql"]\n',
    "general and special": USERS + '[[move]]\nfrom = "public"\nto = "new"\ntables = ["users"]\npaths = ["x.py"]\n',
    "paths apart": USERS
    + 'paths = ["app/a.py"]\n'
    + '[[move]]\nfrom = "public"\nto = "new"\ntables = ["users"]\npaths = ["app/b.py"]\n',
    "quoted": MOVE + "tables = ['\"Order Items\"', '\"a\"\"b\"', '\"a.b\"', '\"Users\"', ' users ']\n",
    "dollar and digits": MOVE + 'tables = ["_a$1"]\n',
    "other scripts": MOVE + 'tables = ["größe", "таблица", "表"]\n',
    "capitals of other scripts": MOVE + 'tables = ["Ärger"]\n',
    "calls": USERS + '[[call]]\nname = "db.insert"\nkeyword = "table"\nschema = "schema"\n',
    "dialects": USERS + '[[dialect]]\nname = "SQLite"\npaths = ["sql/"]\n[[dialect]]\nname = "pg"\npaths = ["a.sql"]\n',
    "grants": USERS + '[grants.app]\npublic = "read"\napp = "owner"\n[grants.\'"A b"\']\napp = "none"\n',
    "keyword": MOVE + 'tables = ["user", "select"]\n',
    "django": USERS + '[django]\nstrategy = "search_path"\n',
}

INVALID = {
    "grants is text": (
        USERS + '[grants]\napp = "read"',
        'grants: must be a table of each role; write [grants.app] and below it cyrex = "read"',
    ),
    "django is text": (
        'django = "quoted"\n' + USERS,
        'django: must be a table; write [django] and below it strategy = "search_path"',
    ),
    "unknown key of django": (
        USERS + '[django]\nstrateg = "quoted"',
        "django.strateg: unknown key; did you mean strategy?",
    ),
    "unknown strategy": (
        USERS + '[django]\nstrategy = "search-path"',
        'django.strategy: must be one of "search_path", "quoted", "report"; did you mean search_path?',
    ),
    "no strategy": (USERS + "[django]", 'django.strategy: must be one of "search_path", "quoted", "report"'),
    "unknown level": (
        USERS + '[grants.app]\napp = "rw"',
        'grants.app.app: must be one of "none", "read", "write", "owner"',
    ),
    "nothing": ("", "move: missing; a rule set needs at least one [[move]]"),
    "no move": ('search_path = ["public"]', "move: missing; a rule set needs at least one [[move]]"),
    "empty list of moves": ("move = []", "move: missing; a rule set needs at least one [[move]]"),
    "unknown key": ("serch_path = []\n" + USERS, "serch_path: unknown key; did you mean search_path?"),
    "unknown key of a move": (
        USERS + 'table = ["x"]',
        "move[1].table: unknown key; did you mean tables?",
    ),
    "unknown key of the second move": (
        USERS + '[[move]]\nfrmo = "x"',
        "move[2].frmo: unknown key; did you mean from?",
    ),
    "move is a table": ('[move]\nfrom = "a"', "move: must be an array of tables; write [[move]]"),
    "move is text": ('move = "x"', "move: must be an array of tables; write [[move]]"),
    "move of texts": ('move = ["x"]', "move: must be an array of tables; write [[move]]"),
    "call without a name": (USERS + "[[call]]\nargument = 1", 'call[1].name: missing; write name = "..."'),
    "call with a wrong position": (
        USERS + '[[call]]\nname = "f"\nargument = "table"',
        "call[1].argument: must be a position, 0 for the first argument behind self",
    ),
    "call with a keyword that is none": (
        USERS + '[[call]]\nname = "f"\nkeyword = ""',
        'call[1].keyword: must be a keyword, such as keyword = "table"',
    ),
    "call with an unknown key": (
        USERS + '[[call]]\nname = "f"\nkeywords = "t"',
        "call[1].keywords: unknown key; did you mean keyword?",
    ),
    "call of something that is no name": (
        USERS + '[[call]]\nname = "db.insert()"',
        'call[1].name: \'db.insert()\' is no dotted name; write it as it is called, such as "db.insert" or "simple_*"',
    ),
    "call of anything": (
        USERS + '[[call]]\nname = "*.*"',
        'call[1].name: \'*.*\' is no dotted name; write it as it is called, such as "db.insert" or "simple_*"',
    ),
    "dialect is a table": (USERS + '[dialect]\nname = "a"', "dialect: must be an array of tables; write [[dialect]]"),
    "dialect without paths": (
        USERS + '[[dialect]]\nname = "sqlite"',
        'dialect[1].paths: missing; write paths = ["..."]',
    ),
    "dialect without a name": (
        USERS + '[[dialect]]\nname = " "\npaths = ["a"]',
        'dialect[1].name: must not be empty; write name = "sqlite"',
    ),
    "no from": ('[[move]]\nto = "a"\ntables = ["b"]', 'move[1].from: missing; write from = "..."'),
    "no to": ('[[move]]\nfrom = "a"\ntables = ["b"]', 'move[1].to: missing; write to = "..."'),
    "no tables": (MOVE, 'move[1].tables: missing; write tables = ["..."]'),
    "empty tables": (MOVE + "tables = []", "move[1].tables: must not be empty"),
    "tables is text": (
        MOVE + 'tables = "users"',
        'move[1].tables: must be an array of strings, such as tables = ["..."]',
    ),
    "tables of numbers": (
        MOVE + "tables = [1]",
        'move[1].tables: must be an array of strings, such as tables = ["..."]',
    ),
    "from is a list": (
        '[[move]]\nfrom = ["a"]\nto = "b"\ntables = ["c"]',
        'move[1].from: must be a string, such as from = "..."',
    ),
    "to is a number": (
        '[[move]]\nfrom = "a"\nto = 1\ntables = ["c"]',
        'move[1].to: must be a string, such as to = "..."',
    ),
    "rename is a list": (
        USERS + 'rename = ["x"]',
        'move[1].rename: must be a string, such as rename = "..."',
    ),
    "rename of two": (
        MOVE + 'tables = ["a", "b"]\nrename = "c"',
        "move[1].rename: needs exactly one table, not 2; give each its own move",
    ),
    "empty paths": (USERS + "paths = []", "move[1].paths: must not be empty"),
    "paths is text": (
        USERS + 'paths = "x.py"',
        'move[1].paths: must be an array of strings, such as paths = ["..."]',
    ),
    "empty search path": ("search_path = []\n" + USERS, "search_path: must not be empty"),
    "search path is text": (
        'search_path = "public"\n' + USERS,
        'search_path: must be an array of strings, such as search_path = ["..."]',
    ),
    "bare is true": (
        "bare = true\n" + USERS,
        'bare: must be an array of strings, such as bare = ["..."]',
    ),
    "a dot": (
        MOVE + 'tables = ["public.users"]',
        "move[1].tables: 'public.users' has a dot: put the schema into `from`",
    ),
    "capitals": (
        MOVE + 'tables = ["Users"]',
        "move[1].tables: 'Users' could mean 'users' or '\"Users\"' (quoted); write the one you mean",
    ),
    "blanks": (
        MOVE + 'tables = ["order items"]',
        "move[1].tables: 'order items' is no plain name; in quotes it would be '\"order items\"'",
    ),
    "a digit first": (
        MOVE + 'tables = ["2users"]',
        "move[1].tables: '2users' is no plain name; in quotes it would be '\"2users\"'",
    ),
    "an empty name": (MOVE + 'tables = [""]', "move[1].tables: '' is no name"),
    "an open quote": (MOVE + "tables = ['\"users']", "move[1].tables: '\"users' is no name"),
    "empty quotes": (MOVE + "tables = ['\"\"']", "move[1].tables: '\"\"' is no name"),
    "twice in a list": (MOVE + 'tables = ["a", "a"]', "move[1].tables: a stands there twice; remove one"),
}

# What no JSON Schema can say: it compares no two values.
CONTRADICTIONS = {
    "two owners": (
        USERS + '[grants.a]\napp = "owner"\n[grants.b]\napp = "owner"',
        "grants: schema app needs one role as its owner, not a, b",
    ),
    "target is source": (
        '[[move]]\nfrom = "a"\nto = "a"\ntables = ["b"]',
        "move[1].to: is the same as from (a); change one, or add a rename",
    ),
    "renamed to itself": (
        '[[move]]\nfrom = "a"\nto = "a"\ntables = ["b"]\nrename = "b"',
        "move: a.b moves onto itself; change its `to` or give it a `rename`",
    ),
    "twice in every file": (
        USERS + '[[move]]\nfrom = "public"\nto = "new"\ntables = ["users"]',
        "move: public.users moves twice in every file; keep one move or make their paths apart",
    ),
    "twice in one file": (
        USERS + 'paths = ["app/**"]\n' + '[[move]]\nfrom = "public"\nto = "new"\ntables = ["users"]\npaths = ["*.py"]',
        "move: public.users moves twice in *.py and app/**; keep one move or make their paths apart",
    ),
    "two onto one": (
        USERS + '[[move]]\nfrom = "old"\nto = "app"\ntables = ["users"]',
        "move: public.users and old.users both move onto app.users; rename one",
    ),
    "two onto one by a rename": (
        USERS + '[[move]]\nfrom = "public"\nto = "app"\ntables = ["people"]\nrename = "users"',
        "move: public.users and public.people both move onto app.users; rename one",
    ),
    "a chain": (
        USERS + '[[move]]\nfrom = "app"\nto = "end"\ntables = ["users"]',
        "move: app.users is a target and moves itself; name where public.users ends up",
    ),
    "twice, spelt in two ways": (
        MOVE + "tables = ['users', '\"users\"']",
        "move[1].tables: users stands there twice; remove one",
    ),
}


def accepted(toml: str) -> bool:
    """Whether the JSON Schema takes the document."""
    return bool(Draft202012Validator(SCHEMA).is_valid(tomllib.loads(toml)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str) -> None:
    rules = parse_rules(VALID[name], "rules.toml")
    assert rules.moves
    assert accepted(VALID[name])
    printed = to_toml(rules)
    assert parse_rules(printed, "printed") == rules
    assert accepted(printed)


@pytest.mark.parametrize("name", INVALID)
def test_invalid(name: str) -> None:
    toml, message = INVALID[name]
    with pytest.raises(RuleError) as error:
        parse_rules(toml, "rules.toml")
    assert str(error.value) == f"rules.toml: {message}"
    assert not accepted(toml)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name: str) -> None:
    toml, message = CONTRADICTIONS[name]
    with pytest.raises(RuleError) as error:
        parse_rules(toml, "rules.toml")
    assert str(error.value) == f"rules.toml: {message}"
    assert accepted(toml)


def test_not_toml() -> None:
    with pytest.raises(RuleError, match=r"^rules\.toml: not TOML: .*line 1"):
        parse_rules("[[move]", "rules.toml")


def test_every_key_of_the_schema_is_described() -> None:
    move = SCHEMA["$defs"]["move"]
    for key, entry in {**SCHEMA["properties"], **move["properties"]}.items():
        assert entry["title"], key
        assert entry["description"], key


def test_rule_sets_merge_or_say_whose_move_contradicts() -> None:
    one = parse_rules(USERS, "one.toml")
    other = parse_rules(MOVE + 'tables = ["jobs"]', "other.toml")
    assert merge([("one.toml", one), ("other.toml", other)]).moves == one.moves + other.moves
    with pytest.raises(RuleError) as error:
        merge([("one.toml", one), ("again.toml", one)])
    assert str(error.value) == (
        "again.toml (after one.toml): move: public.users moves twice in every file; "
        "keep one move or make their paths apart"
    )
    third = parse_rules('search_path = ["app"]\n' + USERS, "third.toml")
    with pytest.raises(RuleError) as error:
        merge([("one.toml", one), ("third.toml", third)])
    assert str(error.value) == "third.toml: search_path: differs from that of one.toml; make them the same"


@pytest.mark.parametrize("name", VALID)
def test_the_inverse_is_a_rule_set_that_can_be_written_and_read(name: str) -> None:
    inverse = parse_rules(VALID[name], "rules.toml").inverse()
    assert parse_rules(to_toml(inverse), "inverse") == inverse
    assert accepted(to_toml(inverse))


def test_a_strategy_for_django_is_merged_and_written() -> None:
    """One file may say it; two may not differ; what is written says it again."""
    one = parse_rules(USERS + '[django]\nstrategy = "quoted"', "one")
    both = merge([("one", one), ("other", parse_rules(MOVE + 'tables = ["jobs"]', "other"))])
    assert both.django == "quoted"
    assert parse_rules(to_toml(both), "both").django == "quoted"
    assert both.widened_path == ("public", "app")
    third = parse_rules(MOVE + 'tables = ["x"]\n[django]\nstrategy = "report"', "third")
    with pytest.raises(RuleError, match=r"third: django\.strategy: differs"):
        merge([("one", one), ("third", third)])
