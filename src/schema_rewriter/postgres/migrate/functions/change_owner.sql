-- Gives a relation, and with it the sequences of its columns, another owner. What that role was granted before goes, as
-- an owner needs no grants: ALTER .. OWNER would mix them with the owner's rights for good.
CREATE OR REPLACE FUNCTION pg_temp.sr_change_owner(relation pg_catalog.text, owner pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  what text := upper(replace(pg_temp.sr_kind(relation), 'partitioned ', ''));  r text[] := parse_ident(relation);  s record;
BEGIN
  IF what = 'NOTHING' THEN
    RETURN 'is not there';
  ELSIF (SELECT pg_get_userbyid(relowner) = owner FROM pg_class WHERE oid = to_regclass(relation)) THEN
    RETURN 'belongs to ' || owner;
  END IF;
  FOR s IN
    SELECT c.relkind, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = to_regclass(relation) OR c.relkind = 'S' AND c.oid IN (SELECT objid FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND refobjid = to_regclass(relation) AND deptype IN ('a', 'i'))
  LOOP
    EXECUTE format('REVOKE ALL ON %s %I.%I FROM %I', CASE s.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
      s.nspname, s.relname, owner);
  END LOOP;
  EXECUTE format('ALTER %s %I.%I OWNER TO %I', what, r[1], r[2], owner);
  RETURN 'belongs to ' || owner || ' now';
END
$sr$;
