-- Stops before old names end, unless somebody has said that no old code runs: a migration tool runs all that is there, one
-- right after the other. Where no compatibility view stands, nothing ends.
CREATE OR REPLACE FUNCTION pg_temp.sr_gate(names pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  standing text := (SELECT string_agg(name, ', ') FROM unnest(names) name WHERE pg_temp.sr_kind(name) = 'compatibility view');
BEGIN
  IF standing IS NULL THEN
    RETURN 'no old name stands';
  ELSIF lower(current_setting('schema_rewrite.contract', true)) IN ('yes', 'on', 'true', '1') THEN
    RETURN 'old names may end';
  END IF;
  RAISE EXCEPTION 'schema-rewrite: contract waits: it ends %, which old code may still use', standing
    USING ERRCODE = 'object_not_in_prerequisite_state',
    DETAIL = 'Nothing was changed by it; what came before it is done, and stays.',
    HINT = 'Once the new code is deployed everywhere, ask who still uses them: schema-rewrite audit --expect unused. Then run '
      'this again with SCHEMA_REWRITE_CONTRACT=yes in the environment; in a database for tests, set that always.';
END
$sr$;
