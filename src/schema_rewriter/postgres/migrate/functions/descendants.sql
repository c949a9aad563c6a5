-- The names of a relation's partitions and inheritance children in either of two schemas, wherever it is now, but
-- for those in `stay`.
CREATE OR REPLACE FUNCTION pg_temp.sr_descendants(old pg_catalog.text, new pg_catalog.text, stay pg_catalog.text[])
RETURNS pg_catalog.text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $sr$
  WITH RECURSIVE tree (oid) AS (
    SELECT c.oid FROM pg_class c WHERE c.oid IN (to_regclass(old), to_regclass(new)) AND c.relkind IN ('r', 'p', 'f')
    UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid)
  SELECT coalesce(array_agg(c.relname::text ORDER BY c.relname), '{}')
  FROM tree JOIN pg_class c USING (oid) JOIN pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname IN ((parse_ident(old))[1], (parse_ident(new))[1])
    AND c.oid IS DISTINCT FROM to_regclass(old) AND c.oid IS DISTINCT FROM to_regclass(new)
    AND c.relname::text <> ALL (stay)
$sr$;
