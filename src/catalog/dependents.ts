import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/**
 * What stops columns from being dropped, or would break without them: views, policies, triggers, foreign keys of other
 * tables, functions with parsed bodies. Indexes, defaults and constraints of the table itself go with the columns.
 */
export async function columnDependents(
  client: ClientBase,
  table: TableName,
  columns: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ dependent: string }>(
    `SELECT DISTINCT CASE WHEN d.classid = 'pg_rewrite'::regclass
                          THEN (SELECT CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || v.oid::regclass
                                  FROM pg_rewrite w JOIN pg_class v ON v.oid = w.ev_class WHERE w.oid = d.objid)
                          ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS dependent
       FROM pg_class t
       JOIN pg_namespace n ON n.oid = t.relnamespace
       JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = ANY ($3) AND NOT a.attisdropped
       JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid = a.attnum
      WHERE n.nspname = $1 AND t.relname = $2 AND d.deptype = 'n'
        AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (
              SELECT FROM pg_trigger g WHERE g.oid = d.objid AND starts_with(g.tgname, '~ec_')))
      ORDER BY 1`,
    [table.schema, table.name, columns],
  )
  return rows.map(({ dependent }) => dependent)
}
