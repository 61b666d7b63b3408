import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/**
 * Roles that may read or write an old column and not every new one. Grants on the table cover both sides; grants on columns
 * have to be repeated for the new ones, or a release that writes both sides, or reads new, fails for that role.
 */
export async function rolesWithoutNewSide(
  client: ClientBase,
  table: TableName,
  columns: { readonly old: readonly string[]; readonly next: readonly string[] },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT DISTINCT r.rolname AS role
       FROM pg_roles r,
            pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_attribute o ON o.attrelid = t.oid AND o.attname = ANY ($3) AND NOT o.attisdropped
            JOIN pg_attribute w ON w.attrelid = t.oid AND w.attname = ANY ($4) AND NOT w.attisdropped
      WHERE n.nspname = $1 AND t.relname = $2 AND NOT r.rolsuper AND r.rolname !~ '^pg_'
        AND EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS verb
                     WHERE has_column_privilege(r.oid, t.oid, o.attnum, verb)
                       AND NOT has_column_privilege(r.oid, t.oid, w.attnum, verb))
      ORDER BY 1`,
    [table.schema, table.name, columns.old, columns.next],
  )
  return rows.map(({ role }) => role)
}
