-- Drops the compatibility view. Never anything else: a table under the old name was made by an old program that still runs.
CREATE OR REPLACE FUNCTION pg_temp.sr_contract(old pg_catalog.text, new pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  here text := pg_temp.sr_kind(old);  o text[] := parse_ident(old);
BEGIN
  IF here IN ('nothing', 'tombstone') THEN
    RETURN 'has no compatibility view (any more)';
  ELSIF here <> 'compatibility view' THEN
    RAISE EXCEPTION 'schema-rewrite: % is a %, not our compatibility view for %', old, here, new USING ERRCODE = 'wrong_object_type',
      HINT = CASE WHEN pg_temp.sr_kind(new) = 'nothing' THEN 'It was not moved: run the expand phase first.'
        ELSE 'An old program made it again: find it, save the rows it wrote here, drop this one.' END;
  END IF;
  EXECUTE format('DROP VIEW %I.%I', o[1], o[2]);  -- without CASCADE: what was built on it must not go in silence
  RETURN 'lost its compatibility view';
END
$sr$;
