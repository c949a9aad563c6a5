-- What PostgreSQL makes of a statement, found out and undone. Each function runs the statement in a block of its own,
-- which an exception rolls back; variables keep what was found. Everything is pg_catalog's: the search_path is the code's.

-- A query or DML: parsed as the body of a function, whose dependencies are the relations, columns, types and sequences
-- that it names (manual, CREATE FUNCTION, sql_body). Parameters are inferred; those that can't be are text.
-- `shallow`: only whether it is taken, which is much faster.
CREATE FUNCTION pg_temp.sr_query(stmt text, count int, shallow boolean)
RETURNS TABLE (state text, said text, deps text[], body text) LANGUAGE plpgsql AS $sr$
#variable_conflict use_variable
DECLARE
    types text[] := array_fill('unknown'::text, ARRAY[count]);
    listed text := '';
    which int;
    named text := 'sr_' || pg_catalog.md5(pg_catalog.clock_timestamp()::text);  -- dead rows of one name slow its search
BEGIN
    IF count > 0 OR shallow THEN
        FOR attempt IN 0..count LOOP
            BEGIN
                EXECUTE 'PREPARE sr_probe' || CASE WHEN count > 0 THEN
                    ' (' || pg_catalog.array_to_string(types, ', ') || ')' ELSE '' END || E' AS\n' || stmt;
                SELECT pg_catalog.array_to_string(p.parameter_types::text[], ', ') INTO listed
                FROM pg_catalog.pg_prepared_statements p WHERE p.name = 'sr_probe';
                DEALLOCATE sr_probe;
                EXIT;
            EXCEPTION
                WHEN indeterminate_datatype OR ambiguous_parameter THEN
                    which := (pg_catalog.regexp_match(SQLERRM, '\$(\d+)'))[1]::int;
                    IF which IS NULL OR which > count OR types[which] = 'text' THEN
                        state := SQLSTATE; said := SQLERRM; RETURN NEXT; RETURN;
                    END IF;
                    types[which] := 'text';
                WHEN OTHERS THEN
                    state := SQLSTATE; said := SQLERRM; RETURN NEXT; RETURN;
            END;
        END LOOP;
    END IF;
    IF shallow THEN
        state := ''; said := ''; RETURN NEXT; RETURN;
    END IF;
    BEGIN
        EXECUTE 'CREATE FUNCTION pg_temp.' || named || '(' || listed || E') RETURNS void LANGUAGE sql BEGIN ATOMIC\n'
            || stmt || E'\n; END';
        SELECT pg_catalog.array_agg(DISTINCT d.refclassid::regclass::text || ' ' || d.refobjid || ' ' || d.refobjsubid)
        INTO deps FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_depend d
            ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
            AND d.refclassid <> 'pg_catalog.pg_namespace'::regclass
        WHERE p.proname = named AND p.pronamespace = pg_catalog.pg_my_temp_schema();
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
        SELECT pg_catalog.pg_get_function_sqlbody(p.oid) INTO body FROM pg_catalog.pg_proc p
        WHERE p.proname = named AND p.pronamespace = pg_catalog.pg_my_temp_schema();
        RAISE EXCEPTION USING ERRCODE = 'SR000';
    EXCEPTION
        WHEN SQLSTATE 'SR000' THEN state := ''; said := '';
        WHEN OTHERS THEN state := SQLSTATE; said := SQLERRM; deps := NULL; body := NULL;
    END;
    RETURN NEXT;
END
$sr$;

-- All that a command can change or make, as lines; those that begin with "name" are names, the others hold OIDs.
CREATE FUNCTION pg_temp.sr_state() RETURNS SETOF text LANGUAGE sql AS $sr$
    SELECT 'class ' || c.oid || ' @' || c.ctid FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relkind <> 't'
    UNION ALL SELECT 'column ' || a.attrelid || ' ' || a.attname || ' @' || a.ctid FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind NOT IN ('t', 'i', 'I')
        WHERE a.attrelid >= 16384 AND a.attnum > 0
    UNION ALL SELECT 'comment ' || d.classoid || ' ' || d.objoid || ' ' || d.objsubid || ' @' || d.ctid
        FROM pg_catalog.pg_description d WHERE d.objoid >= 16384
    UNION ALL SELECT 'routine ' || p.oid || ' @' || p.ctid FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
    UNION ALL SELECT 'depend ' || d.classid || ' ' || d.objid || ' ' || d.objsubid || ' ' || d.refclassid || ' '
        || d.refobjid || ' ' || d.refobjsubid || ' ' || d.deptype::text FROM pg_catalog.pg_depend d
        WHERE d.refobjid >= 16384 AND d.classid <> 'pg_catalog.pg_type'::regclass
          AND d.refclassid <> 'pg_catalog.pg_namespace'::regclass
    UNION ALL SELECT 'name ' || c.relkind::text || ' ' || CASE WHEN c.relkind IN ('i', 'I') OR EXISTS (
            SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND d.deptype IN ('a', 'i') AND c.relkind = 'S') THEN pg_catalog.quote_ident(c.relname)
            ELSE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384 AND c.relkind NOT IN ('t', 'c') AND n.nspname !~ '^pg_toast'
    UNION ALL SELECT 'name function ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE p.oid >= 16384 AND n.oid <> pg_catalog.pg_my_temp_schema()
    UNION ALL SELECT 'name trigger ' || t.tgrelid || ' ' || t.tgname FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal
    UNION ALL SELECT 'name policy ' || p.polrelid || ' ' || p.polname FROM pg_catalog.pg_policy p
    UNION ALL SELECT 'name constraint ' || k.conrelid || ' ' || k.conname || ' ' || k.confrelid
        FROM pg_catalog.pg_constraint k WHERE k.oid >= 16384
    UNION ALL SELECT 'name published ' || r.prpubid || ' ' || r.prrelid FROM pg_catalog.pg_publication_rel r
$sr$;

-- A command: run, and what it changed, made and locked. `existing`, of that `kind`, is dropped before: the command makes it.
CREATE FUNCTION pg_temp.sr_command(stmt text, existing oid, kind text)
RETURNS TABLE (state text, said text, changed text[], newest bigint) LANGUAGE plpgsql AS $sr$
#variable_conflict use_variable
DECLARE
    start text[];
    stop text[];
    clear text;
BEGIN
    SELECT pg_catalog.max(x.oid::bigint) INTO newest FROM (
        SELECT c.oid FROM pg_catalog.pg_class c UNION ALL SELECT t.oid FROM pg_catalog.pg_type t
        UNION ALL SELECT p.oid FROM pg_catalog.pg_proc p UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k) x;
    BEGIN
        SELECT CASE kind
            WHEN 'trigger' THEN (SELECT pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
                                 FROM pg_catalog.pg_trigger t WHERE t.oid = existing)
            WHEN 'policy' THEN (SELECT pg_catalog.format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass)
                                FROM pg_catalog.pg_policy p WHERE p.oid = existing)
            WHEN 'rule' THEN (SELECT pg_catalog.format('DROP RULE %I ON %s', r.rulename, r.ev_class::regclass)
                              FROM pg_catalog.pg_rewrite r WHERE r.oid = existing)
            WHEN 'constraint' THEN (
                SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', k.conrelid::regclass, k.conname)
                FROM pg_catalog.pg_constraint k WHERE k.oid = existing)
            ELSE (SELECT 'DROP ' || CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                        WHEN 'S' THEN 'SEQUENCE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END || ' ' || c.oid::regclass || ' CASCADE'
                  FROM pg_catalog.pg_class c WHERE c.oid = existing) END INTO clear;
        IF clear IS NOT NULL THEN
            EXECUTE clear;
        END IF;
        start := ARRAY(SELECT pg_temp.sr_state());
        EXECUTE stmt;
        stop := ARRAY(SELECT pg_temp.sr_state());
        changed := ARRAY(
            SELECT s FROM (SELECT pg_catalog.unnest(stop) s EXCEPT SELECT pg_catalog.unnest(start)) x
            UNION ALL SELECT 'gone ' || s FROM (
                SELECT pg_catalog.unnest(start) s EXCEPT SELECT pg_catalog.unnest(stop)) y WHERE s NOT LIKE '%@%'
            UNION ALL SELECT 'lock ' || l.relation || ' ' || l.mode FROM pg_catalog.pg_locks l
            WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384);
        RAISE EXCEPTION USING ERRCODE = 'SR000';
    EXCEPTION
        WHEN SQLSTATE 'SR000' THEN state := ''; said := '';
        WHEN OTHERS THEN state := SQLSTATE; said := SQLERRM; changed := NULL;
    END;
    RETURN NEXT;
END
$sr$;
