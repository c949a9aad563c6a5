"""Names of relations within string constants: 'events'::regclass, nextval('events_id_seq') ... Knows tokens only.

Source: PostgreSQL manual, sections 8.19 (object identifier types), 9.17 (sequence functions), 9.26 (system information
functions), 9.27 (administration functions).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation, fold
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import Reference, Role, UnresolvedName
from schema_rewriter.sql.tree import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_FIRST = frozenset(
    """nextval currval setval to_regclass pg_get_serial_sequence pg_relation_size pg_total_relation_size pg_table_size
    pg_indexes_size pg_relation_filepath pg_relation_filenode pg_relation_is_publishable pg_get_viewdef pg_prewarm
    pg_partition_tree pg_partition_root pg_partition_ancestors pg_sequence_last_value row_security_active
    currtid2 pg_relation_is_updatable pg_column_is_updatable pg_get_replica_identity_index pg_extension_config_dump
    table_to_xml table_to_xmlschema table_to_xml_and_xmlschema pgstattuple pgstattuple_approx pgstatindex
    pgstatginindex pgstathashindex pg_relpages pg_visibility pg_visibility_map pg_visibility_map_summary pg_freespace
    pg_truncate_visibility_map pg_check_frozen pg_check_visible brin_summarize_new_values brin_summarize_range
    brin_desummarize_range gin_clean_pending_list pg_index_has_property pg_index_column_has_property bt_index_check
    bt_index_parent_check verify_heapam get_raw_page bt_metap bt_page_stats bt_page_items bt_multi_page_stats
    heap_page_items hash_bitmap_info pgrowlocks pg_buffercache_evict_relation pg_get_statisticsobjdef_columns
    create_hypertable add_dimension set_chunk_time_interval add_retention_policy remove_retention_policy
    add_compression_policy remove_compression_policy add_columnstore_policy add_reorder_policy
    add_continuous_aggregate_policy refresh_continuous_aggregate hypertable_size hypertable_detailed_size
    hypertable_index_size show_chunks drop_chunks create_distributed_table create_distributed_table_concurrently
    create_reference_table undistribute_table alter_distributed_table citus_add_local_table_to_metadata
    citus_table_size citus_relation_size citus_total_relation_size""".split()
)
"""Functions whose first argument names a relation: PostgreSQL's, its modules', TimescaleDB's and Citus's."""

_CALLED = frozenset(
    "relation relname rel index regclass relid table tab hypertable table_name continuous_aggregate".split()
)
"""What such an argument is called where it is given by name."""

_FROM_END = {
    "has_table_privilege": 2,
    "has_any_column_privilege": 2,
    "has_sequence_privilege": 2,
    "has_column_privilege": 3,
}
"""Functions whose argument, counted from the last one, names a relation: a role may come before it."""

_SECOND = frozenset(("gist_page_items", "brin_page_items", "heap_page_item_attrs"))
"""Functions of pageinspect whose second argument names a relation: the first is a page of it."""

_PARTS = re.compile(
    r'"(?:[^"]|"")+"|[A-Za-z_\u0080-\ud7ff\ue100-\U0010ffff][A-Za-z0-9_$\u0080-\ud7ff\ue100-\U0010ffff]*'
)
_ELEMENTS = re.compile(r'\s*((?:"(?:[^"]|"")*"|[^,"{}\\])+)\s*(?:,|$)')
_LONGEST = 1000
"""Characters of the longest constant that is looked into: a name, or an array of some."""
_TYPES = ("regclass", "regtype")


_HOLED = re.compile(rf"(?:({_PARTS.pattern})\.)?[^.,]*?(?:\ue000|{{[^{{}},]+}}).*")


def constants(tokens: Sequence[Token], text: str, names: Collection[str]) -> Iterator[Reference | UnresolvedName]:
    """The references to relations of these names in a statement's string constants, and those with a hole as name."""
    words: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind is not Kind.STRING or text[token.start] != "'":
            continue
        content = text[token.start + 1 : token.stop - 1]
        if len(content) > _LONGEST:
            continue
        holed = _HOLED.fullmatch(content)
        if not holed and not any(fold(part) in names for part in _PARTS.findall(content)):
            continue
        words = words or [each.word if each.kind in (Kind.NAME, Kind.OTHER) else "" for each in tokens] + [""] * 8
        read = _read_as(words, index)
        if holed:
            if read == "regclass":
                known = Relation(fold(holed[1]) if holed[1] else None, "")
                reason = "only the running program knows this name"
                yield UnresolvedName(Span(token.start + 1, token.stop - 1), "dynamic-relation", reason, known)
            continue
        if read == "array" and content[:1] == "{" and content[-1:] == "}":
            parts = [(part[1], part.start(1)) for part in _ELEMENTS.finditer(content[1:-1])]
            named = [_reference(part, token.start + 2 + at) for part, at in parts if '"' not in part]
        else:
            named = [_reference(content, token.start + 1, is_type=read == "regtype")] if read else []
        if read == "beside":
            doubt = "a page goes with it, whose relation is told elsewhere; change both together"
            named = [found and replace(found, doubt=doubt) for found in named]
        yield from (found for found in named if found is not None and found.relation.name in names)


def _reference(content: str, at: int, *, is_type: bool = False) -> Reference | None:
    """The name that a constant's content is, at its places; None if it is none. A type may be an array's."""
    if "'" in content:
        return None
    parts = list(_PARTS.finditer(content))
    rest = _PARTS.sub("", content).replace(" ", "")
    if is_type:
        rest = rest.removesuffix("[]")
        if len(parts) == 1 and fold(parts[0][0]) in TYPES:
            return None
    if not 1 <= len(parts) <= 3 or rest != "." * (len(parts) - 1):
        return None
    name, schema = parts[-1], parts[-2] if len(parts) > 1 else None
    return Reference(
        Span(at + name.start(), at + name.end()),
        Relation(fold(schema[0]) if schema else None, fold(name[0])),
        Role.NAME,
        Span(at + schema.start(), at + schema.end()) if schema else None,
    )


def _read_as(words: Sequence[str], index: int) -> str:
    """What the constant at a token is read as: "regclass" or "regtype" (a name), "array" of names, or "".

    "beside" is a name beside a page, which may be any relation's: its call is left to a person.
    """
    before = words[max(0, index - 4) : index]
    if before[-1:] in (["regclass"], ["regtype"]) and before[-2:-1] != [":"]:
        return before[-1]
    if before[-1:] == ["("] and before[-2:-1] == ["to_regtype"]:
        return "regtype"
    if (cast := _cast(words, index + 1)) or (cast := _compared(before)):
        return cast
    opening = _opening(words, index)
    if not opening:
        return ""
    if words[opening] == "[":
        cast = _cast(words, _closing(words, opening) + 1) if words[opening - 1] == "array" else ""
        return "regclass" if cast == "array" else ""
    if words[max(0, opening - 4) : opening] in ([":", ":", "regclass", "in"], [":", "regclass", "not", "in"]):
        return "regclass"
    function = words[opening - 1]
    position, count = _argument(words, opening, index)
    if function in _SECOND and position == 1:
        return "beside"
    if (
        (function in _FIRST and position == 0)
        or _FROM_END.get(function, 0) == count - position
        or (function in _FIRST and words[index - 1] in ("=", ">") and _named(words, index) in _CALLED)
    ):
        return "regclass"
    return ""


def _cast(words: Sequence[str], index: int) -> str:
    """The cast behind an operand, perhaps by way of text: `::regclass`, `::text::regclass`, `AS regclass)`."""
    if words[index : index + 4] == [":", ":", "text", ")"] and words[index + 4 : index + 7] == [":", ":", "regclass"]:
        return "regclass"
    if words[index : index + 3] == [":", ":", "text"]:
        index += 3
    if words[index : index + 2] == [":", ":"]:
        index += 2
    elif words[index] == "as" and words[index + 2] in (")", "["):
        index += 1
    else:
        return ""
    if words[index] == "pg_catalog" and words[index + 1] == ".":
        index += 2
    cast = words[index] if words[index] in _TYPES else ""
    return "array" if cast == "regclass" and words[index + 1] == "[" else cast


def _compared(before: Sequence[str]) -> str:
    """regclass, where what stands before compares something cast to it."""
    equal = before[-4:] in ([":", ":", "regclass", "="], [":", "regclass", "<", ">"], [":", "regclass", "!", "="])
    return "regclass" if equal else ""


def _named(words: Sequence[str], index: int) -> str:
    """The name that an argument is given by: `name => ..` or `name := ..`."""
    return words[index - 3] if words[index - 2 : index] in (["=", ">"], [":", "="]) else ""


def _closing(words: Sequence[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(words) - 8):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if depth == 0:
            return place
    return len(words) - 8


def _opening(words: Sequence[str], index: int) -> int | None:
    """The parenthesis or bracket that a token stands right within."""
    depth = 0
    for place in range(index - 1, -1, -1):
        depth += (words[place] in (")", "]")) - (words[place] in ("(", "["))
        if depth < 0:
            return place
    return None


def _argument(words: Sequence[str], opening: int, index: int) -> tuple[int, int]:
    """The position of an argument that is one token, or a token with a cast, and how many arguments there are."""
    depth = position = count = 0
    for place in range(opening, len(words)):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if depth == 0:
            break
        if words[place] == "," and depth == 1:
            count += 1
        if place == index:
            position = count
    alone = words[index - 1] in ("(", ",") and words[index + 1 : index + 2] in ([","], [")"], [":"])
    return (position if alone else -1), count + 1
