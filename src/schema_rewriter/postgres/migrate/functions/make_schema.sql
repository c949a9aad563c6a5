-- Makes the schema; gives USAGE in it to every role that reaches the relations now: by a grant on one of them, on a
-- column or an owned sequence; as its owner, or as the owner of the other end of a foreign key (foreign keys are
-- checked with the rights of owners); CREATE to owners that may create where the relations are; and copies the default
-- privileges. Partitions and inheritance children count.
CREATE OR REPLACE FUNCTION pg_temp.sr_make_schema(schema pg_catalog.text, sources pg_catalog.text[], relations pg_catalog.text[])
RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  named oid[];  r record;
BEGIN
  PERFORM pg_temp.sr_alone();
  IF to_regnamespace(schema) IS NULL THEN  -- IF NOT EXISTS would ask for CREATE on the database even where it is there
    EXECUTE format('CREATE SCHEMA %s', schema);
    EXECUTE format('COMMENT ON SCHEMA %s IS %L', schema, 'schema-rewrite:made');
  END IF;
  WITH RECURSIVE tree (oid) AS (
    SELECT to_regclass(name)::oid FROM unnest(relations) name WHERE to_regclass(name) IS NOT NULL
    UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid)
  SELECT array_agg(oid) INTO named FROM tree;
  FOR r IN
    WITH rels AS (
      SELECT oid, relacl, relowner, relnamespace FROM pg_class WHERE oid = ANY (named) OR oid IN (SELECT objid FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND refobjid = ANY (named))),
    need AS (
      SELECT (aclexplode(relacl)).grantee AS role, false AS creates FROM rels
      UNION ALL SELECT (aclexplode(attacl)).grantee, false FROM pg_attribute WHERE attrelid = ANY (named)
      UNION ALL SELECT relowner, has_schema_privilege(relowner, relnamespace, 'CREATE') FROM rels
      UNION ALL SELECT c.relowner, false FROM pg_constraint k JOIN pg_class c ON c.oid IN (k.conrelid, k.confrelid)
        WHERE k.contype = 'f' AND (k.conrelid = ANY (named) OR k.confrelid = ANY (named)))
    SELECT CASE role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END AS role,
      role = 0 OR NOT has_schema_privilege(nullif(role, 0), to_regnamespace(schema)::oid, 'USAGE') AS lacks_usage,
      bool_or(creates) AND NOT has_schema_privilege(nullif(role, 0), to_regnamespace(schema)::oid, 'CREATE') AS lacks_create
    FROM need GROUP BY role
  LOOP
    IF r.lacks_usage THEN EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', schema, r.role); END IF;
    IF r.lacks_create THEN EXECUTE format('GRANT CREATE ON SCHEMA %s TO %s', schema, r.role); END IF;
  END LOOP;
  FOR r IN
    SELECT d.defaclrole::regrole::text AS creator, x.privilege_type AS privilege,
      CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' END AS objects,
      CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
        || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS grantee
    FROM pg_default_acl d, aclexplode(d.defaclacl) x
    WHERE d.defaclnamespace IN (SELECT to_regnamespace(name) FROM unnest(sources) name) AND x.grantee <> d.defaclrole
  LOOP
    BEGIN
      EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT %s ON %s TO %s',
        r.creator, schema, r.privilege, r.objects, r.grantee);
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE WARNING 'schema-rewrite: only % may set its default privileges in schema %; have it done', r.creator, schema;
    END;
  END LOOP;
  RETURN 'schema ' || schema || ' is ready';
END
$sr$;
