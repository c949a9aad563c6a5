-- The same step for a relation and for its partitions and inheritance children in the same schema, one by one: those too
-- that were made after this file. `stay` are names of children that were in the new schema before. Like all that commits
-- it can't have a search_path of its own: every name in it is written with pg_catalog.
CREATE OR REPLACE PROCEDURE pg_temp.sr_retry_with_children(action pg_catalog.text, old pg_catalog.text, new pg_catalog.text,
  stay pg_catalog.text[] DEFAULT '{}')
LANGUAGE plpgsql AS $sr$
DECLARE
  o pg_catalog.text[] := pg_catalog.parse_ident(old);  n pg_catalog.text[] := pg_catalog.parse_ident(new);
  child pg_catalog.text;
BEGIN
  FOREACH child IN ARRAY pg_temp.sr_descendants(old, new, stay) LOOP
    CALL pg_temp.sr_retry(action, pg_catalog.format('%I.%I', o[1], child), pg_catalog.format('%I.%I', n[1], child));
  END LOOP;
  CALL pg_temp.sr_retry(action, old, new);
END
$sr$;
