-- Drops the compatibility view and puts an empty type in its place: an old CREATE TABLE IF NOT EXISTS then finds the name taken,
-- and whoever uses it gets an error, where otherwise an empty table would come back and take rows in silence.
CREATE OR REPLACE FUNCTION pg_temp.sr_tombstone(old pg_catalog.text, new pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  o text[] := parse_ident(old);
BEGIN
  PERFORM pg_temp.sr_contract(old, new);
  IF pg_temp.sr_kind(old) = 'nothing' AND to_regtype(old) IS NULL THEN
    EXECUTE format('CREATE TYPE %I.%I AS ()', o[1], o[2]);
    EXECUTE format('COMMENT ON TYPE %I.%I IS %L', o[1], o[2], 'schema-rewrite:tombstone ' || new);
  END IF;
  RETURN 'has a tombstone';
END
$sr$;
