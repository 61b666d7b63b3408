import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/** Indexes of a table that a concurrent build left invalid when it failed. Reads the catalog only. */
export async function invalidIndexes(client: ClientBase, table: TableName): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT i.relname AS name
       FROM pg_index x
       JOIN pg_class i ON i.oid = x.indexrelid
       JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace
      WHERE n.nspname = $1 AND t.relname = $2 AND NOT x.indisvalid
      ORDER BY 1`,
    [table.schema, table.name],
  )
  return rows.map(({ name }) => `"${name}"`)
}
