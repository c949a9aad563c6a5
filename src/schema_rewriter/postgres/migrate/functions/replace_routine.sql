-- Gives a routine another body, if it still has the one that this file was made from.
CREATE OR REPLACE FUNCTION pg_temp.sr_replace_routine(routine pg_catalog.text, was pg_catalog.text, becomes pg_catalog.text,
  definition pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  found oid;  now text;
BEGIN
  PERFORM pg_temp.sr_alone();
  found := pg_temp.sr_find_routine(routine);
  SELECT md5(prosrc) INTO now FROM pg_proc WHERE oid = found;
  IF now IS NULL THEN
    RAISE NOTICE '% is not there: skipped', routine;
    RETURN 'is not there';
  ELSIF now = becomes THEN
    RETURN 'is so already';
  ELSIF now <> was THEN
    RAISE EXCEPTION 'schema-rewrite: % has changed since this file was made', routine
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run schema-rewrite migrate again.';
  END IF;
  PERFORM set_config('check_function_bodies', 'off', true);  -- on the way back the old names may come later
  EXECUTE definition;
  RAISE NOTICE '% replaced', routine;
  RETURN 'replaced';
END
$sr$;
