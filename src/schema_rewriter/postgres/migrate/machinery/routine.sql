-- A routine by its name and types; NULL also where one of the types is not there, which to_regprocedure may refuse.
CREATE OR REPLACE FUNCTION pg_temp.sr_routine(name text) RETURNS oid LANGUAGE plpgsql AS $sr$
BEGIN
  RETURN to_regprocedure(name);
EXCEPTION WHEN invalid_schema_name OR undefined_object THEN
  RETURN NULL;
END
$sr$;
