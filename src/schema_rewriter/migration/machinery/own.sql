-- Gives a relation, and with it the sequences of its columns, another owner.
CREATE OR REPLACE FUNCTION pg_temp.sr_own(relation text, owner text) RETURNS text LANGUAGE plpgsql AS $sr$
DECLARE
  what text := upper(replace(pg_temp.sr_kind(relation), 'partitioned ', ''));  r text[] := parse_ident(relation);
BEGIN
  IF what = 'NOTHING' THEN
    RETURN 'is not there';
  ELSIF (SELECT pg_get_userbyid(relowner) = owner FROM pg_class WHERE oid = to_regclass(relation)) THEN
    RETURN 'belongs to ' || owner;
  END IF;
  EXECUTE format('ALTER %s %I.%I OWNER TO %I', what, r[1], r[2], owner);
  RETURN 'belongs to ' || owner || ' now';
END
$sr$;
