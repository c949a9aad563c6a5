-- Drops a schema that this migration made, once nothing is in it.
CREATE OR REPLACE FUNCTION pg_temp.sr_drop_schema(name pg_catalog.text, ours boolean) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
BEGIN
  IF to_regnamespace(name) IS NULL THEN
    RETURN 'is gone';
  ELSIF NOT ours AND coalesce(obj_description(to_regnamespace(name), 'pg_namespace'), '') <> 'schema-rewrite:made' THEN
    RETURN 'stays: it was there before';
  END IF;
  EXECUTE format('DROP SCHEMA %s', name);  -- without CASCADE
  RETURN 'was dropped';
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE WARNING 'schema-rewrite: schema % stays: something is in it that did not come from here', name;
  RETURN 'stays';
END
$sr$;
