-- Moves a relation, under its new name if it gets one, with its extended statistics, which would stay behind. Does
-- nothing where it was done; refuses where two relations claim the name. A compatibility view or tombstone of ours makes room.
CREATE OR REPLACE FUNCTION pg_temp.sr_move(old pg_catalog.text, new pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $sr$
DECLARE
  here text := pg_temp.sr_kind(old);  there text := pg_temp.sr_kind(new);
  o text[] := parse_ident(old);  n text[] := parse_ident(new);
  what text := upper(replace(here, 'partitioned ', ''));  relation oid := to_regclass(old);  s record;
BEGIN
  IF here IN ('nothing', 'compatibility view', 'tombstone') THEN
    RETURN CASE WHEN there IN ('nothing', 'compatibility view', 'tombstone')
      THEN 'is not there: skipped (who makes it later must make it as ' || new || ')' ELSE 'was moved before' END;
  ELSIF there = 'compatibility view' THEN
    EXECUTE format('DROP VIEW %I.%I', n[1], n[2]);
  ELSIF there = 'tombstone' THEN
    EXECUTE format('DROP TYPE %I.%I', n[1], n[2]);
  ELSIF there <> 'nothing' THEN
    RAISE EXCEPTION 'schema-rewrite: % (%) and % (%) both exist', old, here, new, there USING ERRCODE = 'duplicate_table',
      HINT = 'An old program may have made the first one again. Compare their rows, drop the wrong one, run this again.';
  END IF;
  IF o[2] <> n[2] AND to_regclass(format('%I.%I', n[1], o[2])) IS NOT NULL AND o[1] <> n[1] THEN
    EXECUTE format('ALTER %s %I.%I RENAME TO %I', what, o[1], o[2], n[2]);  -- the old name is taken over there
    o[2] := n[2];
  END IF;
  IF o[1] <> n[1] THEN
    EXECUTE format('ALTER %s %I.%I SET SCHEMA %I', what, o[1], o[2], n[1]);
  END IF;
  IF o[2] <> n[2] THEN
    EXECUTE format('ALTER %s %I.%I RENAME TO %I', what, n[1], o[2], n[2]);
  END IF;
  IF here = 'foreign table' AND EXISTS (SELECT FROM pg_foreign_table f JOIN pg_foreign_server v ON v.oid = f.ftserver
    JOIN pg_foreign_data_wrapper w ON w.oid = v.srvfdw WHERE f.ftrelid = relation AND w.fdwname = 'postgres_fdw')
  THEN  -- it asks the other server for its name here, unless its options say another
    PERFORM pg_temp.sr_remote_name(relation, 'schema_name', o[1], n[1]);
    PERFORM pg_temp.sr_remote_name(relation, 'table_name', (parse_ident(old))[2], n[2]);
  END IF;
  FOR s IN SELECT stxname FROM pg_statistic_ext WHERE stxrelid = relation AND stxnamespace = to_regnamespace(quote_ident(o[1]))
    AND o[1] <> n[1]
  LOOP
    EXECUTE format('ALTER STATISTICS %I.%I SET SCHEMA %I', o[1], s.stxname, n[1]);
  END LOOP;
  RETURN 'moved';
END
$sr$;
