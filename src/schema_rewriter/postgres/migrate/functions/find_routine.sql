-- A routine by its name and types; NULL also where one of the types is not there, which to_regprocedure may refuse.
CREATE OR REPLACE FUNCTION pg_temp.sr_find_routine(name pg_catalog.text) RETURNS pg_catalog.oid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
BEGIN
  RETURN to_regprocedure(name);
EXCEPTION WHEN invalid_schema_name OR undefined_object THEN
  RETURN NULL;
END
$sr$;
