import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/**
 * What of some columns refuses rows for what they hold, or does away with them: NOT NULL, checks that name them, and their
 * foreign keys. Reads the catalog only; empty where there are no such columns.
 */
export async function columnConstraints(
  client: ClientBase,
  table: TableName,
  columns: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ constraint: string }>(
    `WITH sought AS (
       SELECT a.attrelid, a.attnum, a.attnotnull
         FROM pg_attribute a
         JOIN pg_class t ON t.oid = a.attrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname = $1 AND t.relname = $2 AND a.attname = ANY ($3::text[]) AND NOT a.attisdropped
     )
     SELECT 'NOT NULL' AS constraint FROM sought WHERE attnotnull
     UNION
     SELECT format('constraint %I', c.conname)
       FROM sought JOIN pg_constraint c ON c.conrelid = sought.attrelid AND sought.attnum = ANY (c.conkey)
      WHERE c.contype IN ('c', 'f')
      ORDER BY 1`,
    [table.schema, table.name, columns],
  )
  return rows.map(({ constraint }) => constraint)
}
