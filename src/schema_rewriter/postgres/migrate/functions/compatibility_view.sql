-- Puts a view under the old name, for code that still says it: with the rights of who asks (security_invoker, so row
-- level security holds), the table's owner and the table's grants.
CREATE OR REPLACE FUNCTION pg_temp.sr_compatibility_view(old pg_catalog.text, new pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  here text := pg_temp.sr_kind(old);  there text := pg_temp.sr_kind(new);
  o text[] := parse_ident(old);  n text[] := parse_ident(new);  base oid := to_regclass(new);  g record;
BEGIN
  IF here = 'tombstone' THEN
    EXECUTE format('DROP TYPE %I.%I', o[1], o[2]);
    here := 'nothing';
  END IF;
  IF here = 'compatibility view' THEN
    RETURN 'has its compatibility view';
  ELSIF there IN ('nothing', 'compatibility view', 'tombstone') THEN
    RETURN 'needs no compatibility view: ' || new || ' is not there';
  ELSIF there IN ('sequence', 'type') THEN
    RETURN 'can have no compatibility view, it is a ' || there || ': code that says its old name fails from now on';
  ELSIF here <> 'nothing' THEN
    RAISE EXCEPTION 'schema-rewrite: % (%) and % (%) both exist', old, here, new, there USING ERRCODE = 'duplicate_table',
      HINT = 'An old program may have made the first one again. Compare their rows, drop the wrong one, run this again.';
  END IF;
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE format('CREATE VIEW %I.%I WITH (security_invoker = true) AS SELECT * FROM %I.%I', o[1], o[2], n[1], n[2]);
  ELSIF (SELECT relrowsecurity FROM pg_class WHERE oid = base) THEN
    RAISE EXCEPTION 'schema-rewrite: % has row level security, which a view before PostgreSQL 15 would bypass', old
      USING HINT = 'Use the single-step migration, in a maintenance window.';
  ELSE
    EXECUTE format('CREATE VIEW %I.%I AS SELECT * FROM %I.%I', o[1], o[2], n[1], n[2]);
  END IF;
  EXECUTE format('COMMENT ON VIEW %I.%I IS %L', o[1], o[2], 'schema-rewrite:compat ' || new);
  SELECT pg_get_userbyid(relowner) AS owner INTO g FROM pg_class WHERE oid = base;
  IF g.owner <> current_user THEN
    EXECUTE format('ALTER VIEW %I.%I OWNER TO %I', o[1], o[2], g.owner);
  END IF;
  FOR g IN  -- default privileges of the schema may have granted something: begin with nothing
    SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee
    FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = to_regclass(old) AND x.grantee <> c.relowner
  LOOP
    EXECUTE format('REVOKE ALL ON %I.%I FROM %s', o[1], o[2], g.grantee);
  END LOOP;
  FOR g IN
    SELECT x.privilege_type || coalesce(' (' || quote_ident(x.attname) || ')', '') AS privilege,
      CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
        || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS grantee
    FROM pg_class c, LATERAL (
        SELECT e.*, NULL::name AS attname FROM aclexplode(c.relacl) e
        UNION ALL SELECT e.*, a.attname FROM pg_attribute a, aclexplode(a.attacl) e
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) x
    WHERE c.oid = base AND x.grantee <> c.relowner AND x.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  LOOP
    EXECUTE format('GRANT %s ON %I.%I TO %s', g.privilege, o[1], o[2], g.grantee);
  END LOOP;
  RETURN 'has a compatibility view for ' || new;
END
$sr$;
