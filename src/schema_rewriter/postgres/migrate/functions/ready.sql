-- Tells beforehand why a relation could not be moved: rights of who runs this, names that are taken over there.
CREATE OR REPLACE FUNCTION pg_temp.sr_ready(old pg_catalog.text, new pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  here text := pg_temp.sr_kind(old);  there text := pg_temp.sr_kind(new);
  o text[] := parse_ident(old);  n text[] := parse_ident(new);  relation oid := to_regclass(old);  found text;
BEGIN
  IF here IN ('nothing', 'compatibility view', 'tombstone') THEN
    RETURN CASE WHEN there IN ('nothing', 'compatibility view', 'tombstone') THEN 'is not there yet' ELSE 'was moved before' END;
  ELSIF there NOT IN ('nothing', 'compatibility view', 'tombstone') THEN
    RAISE EXCEPTION 'schema-rewrite: % (%) and % (%) both exist', old, here, new, there USING ERRCODE = 'duplicate_table';
  ELSIF here = 'index' THEN
    RAISE EXCEPTION 'schema-rewrite: % is an index, which moves with its table', old USING ERRCODE = 'wrong_object_type';
  END IF;
  IF NOT (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = relation) THEN
    RAISE EXCEPTION 'schema-rewrite: % may not move %: it is not the owner', current_user, old
      USING ERRCODE = 'insufficient_privilege', HINT = 'Run the migration as the owner, or as a member of that role.';
  END IF;
  FOREACH found IN ARRAY ARRAY[o[1], n[1]] LOOP
    IF NOT has_schema_privilege(to_regnamespace(quote_ident(found))::oid, 'CREATE') THEN
      RAISE EXCEPTION 'schema-rewrite: % may not create in schema %', current_user, found
        USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT CREATE ON SCHEMA %I TO %I;', found, current_user);
    END IF;
  END LOOP;
  IF o[1] <> n[1] AND here NOT IN ('sequence', 'type') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  THEN
    SELECT pg_get_userbyid(relowner) INTO found FROM pg_class WHERE oid = relation;
    IF found <> current_user AND NOT has_schema_privilege(found, to_regnamespace(quote_ident(o[1]))::oid, 'CREATE') THEN
      RAISE EXCEPTION 'schema-rewrite: %, the owner of %, may not create in schema %, where a view is made for it', found, old,
        o[1] USING ERRCODE = 'insufficient_privilege', HINT = format('GRANT CREATE ON SCHEMA %I TO %I;', o[1], found);
    END IF;
  END IF;
  -- Its indexes and owned sequences go along, under their names.
  SELECT string_agg(format('%I.%I', n[1], taken.relname), ', ') INTO found
  FROM pg_class own JOIN pg_class taken ON taken.relname = own.relname AND taken.oid <> own.oid
    AND taken.relnamespace = to_regnamespace(quote_ident(n[1]))
  WHERE o[1] <> n[1] AND (own.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = relation)
    OR own.oid IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
      AND refobjid = relation AND deptype IN ('a', 'i')));
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'schema-rewrite: % exists, and an index or sequence of % needs the name', found, old
      USING ERRCODE = 'duplicate_table', HINT = 'Rename one of the two.';
  END IF;
  RETURN 'is ready to move to ' || new;
END
$sr$;
