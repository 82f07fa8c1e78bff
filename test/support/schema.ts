import type { Sql } from './sql.js';

// Everything that a migration can make, as PostgreSQL itself would write it; the migrations' own table apart.
const CATALOG = `
  WITH relations AS (
    SELECT c.oid, c.relname, c.relkind, c.reloptions, c.relispartition, c.relacl, n.nspname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
       AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname NOT LIKE 'migrations%'
  )
  SELECT format('relation %I.%I kind %s options %s acl %s bound %s key %s', nspname, relname, relkind, reloptions,
                relacl, (SELECT pg_get_expr(relpartbound, oid) FROM pg_class p WHERE p.oid = r.oid),
                CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END) AS line
    FROM relations r
  UNION ALL
  SELECT format('column %I.%I %s type %s null %s default %s identity %s generated %s', relname, attname, attnum,
                format_type(atttypid, atttypmod), NOT attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated)
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE relkind <> 'S'
  UNION ALL
  SELECT format('constraint %I on %I %s', conname, relname, pg_get_constraintdef(k.oid))
    FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
  UNION ALL
  SELECT format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
    FROM relations r JOIN pg_index i ON i.indrelid = r.oid
  UNION ALL
  SELECT format('trigger %s', pg_get_triggerdef(t.oid))
    FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT tgisinternal
  UNION ALL
  SELECT format('function %s acl %s', pg_get_functiondef(p.oid), proacl)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
  UNION ALL
  SELECT format('type %I.%I', n.nspname, typname)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname = 'user_service' AND typtype IN ('e', 'd')
  UNION ALL
  SELECT format('extension %I', extname) FROM pg_extension
  ORDER BY line`;

/** One line for each thing in the schema; equal lists mean equal schemas. */
export async function describeSchema(sql: Sql): Promise<string[]> {
  return (await sql.query<{ line: string }>(CATALOG)).map(({ line }) => line);
}
