"""Names of relations within string constants: 'events'::regclass, nextval('events_id_seq') ... Knows tokens only.

Source: PostgreSQL manual, sections 8.19 (object identifier types), 9.17 (sequence functions), 9.26 (system information
functions), 9.27 (administration functions).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_rewriter.edit import Span
from schema_rewriter.relation import Relation, fold
from schema_rewriter.sql.lexer import Kind
from schema_rewriter.sql.names import Reference, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from schema_rewriter.sql.lexer import Token

_FIRST = frozenset(
    """nextval currval setval to_regclass pg_get_serial_sequence pg_relation_size pg_total_relation_size pg_table_size
    pg_indexes_size pg_relation_filepath pg_relation_filenode pg_relation_is_publishable pg_get_viewdef pg_prewarm
    pg_partition_tree pg_partition_root pg_partition_ancestors pg_sequence_last_value row_security_active
    table_to_xml table_to_xmlschema table_to_xml_and_xmlschema pgstattuple pgstattuple_approx pgstatindex
    pgstatginindex pgstathashindex pg_relpages pg_visibility pg_visibility_map pg_freespace pg_truncate_visibility_map
    pg_check_frozen pg_check_visible brin_summarize_new_values brin_summarize_range brin_desummarize_range
    gin_clean_pending_list pg_index_has_property pg_index_column_has_property bt_index_check bt_index_parent_check
    verify_heapam get_raw_page bt_metap bt_page_stats bt_page_items heap_page_items""".split()
)
"""Functions whose first argument names a relation."""

_FROM_END = {
    "has_table_privilege": 2,
    "has_any_column_privilege": 2,
    "has_sequence_privilege": 2,
    "has_column_privilege": 3,
}
"""Functions whose argument, counted from the last one, names a relation: a role may come before it."""

_PARTS = re.compile(
    r'"(?:[^"]|"")+"|[A-Za-z_\u0080-\ud7ff\ue100-\U0010ffff][A-Za-z0-9_$\u0080-\ud7ff\ue100-\U0010ffff]*'
)


def constants(tokens: Sequence[Token], text: str, names: Collection[str]) -> Iterator[Reference]:
    """The references to relations of these names in a statement's string constants."""
    words = [token.word if token.kind in (Kind.NAME, Kind.OTHER) else "" for token in tokens]
    for index, token in enumerate(tokens):
        if token.kind is Kind.STRING and text[token.start] == "'" and _is_name(words, index):
            found = _reference(text[token.start + 1 : token.stop - 1], token.start + 1)
            if found is not None and found.relation.name in names:
                yield found


def _reference(content: str, at: int) -> Reference | None:
    """The name that a constant's content is, at its places; None if it is none."""
    if "'" in content:
        return None
    parts = list(_PARTS.finditer(content))
    rest = _PARTS.sub("", content).replace(" ", "")
    array = rest.endswith("[]")
    if not 1 <= len(parts) <= 3 or rest.removesuffix("[]") != "." * (len(parts) - 1) or array:
        return None
    name, schema = parts[-1], parts[-2] if len(parts) > 1 else None
    return Reference(
        Span(at + name.start(), at + name.end()),
        Relation(fold(schema[0]) if schema else None, fold(name[0])),
        Role.NAME,
        Span(at + schema.start(), at + schema.end()) if schema else None,
    )


def _is_name(words: Sequence[str], index: int) -> bool:
    """Whether the constant at a token is read as the name of a relation; names and signs have words, no others."""
    before, after = words[max(0, index - 4) : index], words[index + 1 : index + 4]
    if after == [":", ":", "regclass"] or after[:2] == ["as", "regclass"] or before[-1:] == ["regclass"]:
        return True
    if before[-4:] in ([":", ":", "regclass", "="], [":", "regclass", "<", ">"]):
        return True
    opening = _opening(words, index)
    if opening is None or not opening:
        return False
    if words[max(0, opening - 4) : opening] == [":", ":", "regclass", "in"]:
        return True
    function = words[opening - 1]
    position, count = _argument(words, opening, index)
    return (function in _FIRST and position == 0) or _FROM_END.get(function, 0) == count - position


def _opening(words: Sequence[str], index: int) -> int | None:
    """The parenthesis that a token stands right within."""
    depth = 0
    for place in range(index - 1, -1, -1):
        depth += (words[place] == ")") - (words[place] == "(")
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
