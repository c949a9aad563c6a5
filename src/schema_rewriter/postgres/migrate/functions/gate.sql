-- Stops before old names end, unless somebody has said that no old code runs, or, with `alone`, nobody else is connected: who runs
-- all files that there are, one right after the other, ends no name that is used. Where no compatibility view stands, nothing ends.
CREATE OR REPLACE FUNCTION pg_temp.sr_gate(names pg_catalog.text[], alone pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  standing text := (SELECT string_agg(name, ', ') FROM unnest(names) name WHERE pg_temp.sr_kind(name) = 'compatibility view');
  others bigint := 0;
BEGIN
  IF standing IS NULL THEN
    RETURN 'no old name stands';
  ELSIF lower(current_setting('schema_rewrite.contract', true)) IN ('yes', 'on', 'true', '1') THEN
    RETURN 'old names may end';
  END IF;
  FOR turn IN 1 .. 10 LOOP  -- the session that ran the file before this one may be about to end
    PERFORM pg_stat_clear_snapshot();
    others := (SELECT count(*) FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL
      AND a.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND coalesce(a.backend_type, 'client backend') = 'client backend');
    IF alone AND others = 0 THEN
      RETURN 'old names may end: nobody else is connected';
    END IF;
    EXIT WHEN NOT alone;
    PERFORM pg_sleep(0.1);
  END LOOP;
  RAISE EXCEPTION 'schema-rewrite: contract waits: it ends %, which old code may still use', standing
    USING ERRCODE = 'object_not_in_prerequisite_state',
    DETAIL = 'Nothing was changed by it; what came before it is done, and stays.',
    HINT = 'Once the new code is deployed everywhere, ask who still uses them: schema-rewrite audit --expect unused. Then run '
      || CASE WHEN alone THEN format('this again after SET schema_rewrite.contract = yes; (psql: -c "SET .." before -f); '
        'connected now besides: %s.', others)
      ELSE 'this again with SCHEMA_REWRITE_CONTRACT=yes in the environment; in a database for tests, set that always.' END;
END
$sr$;
