import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/**
 * What of a column refuses rows for what it holds, or does away with them: NOT NULL, checks that name it, and its foreign
 * keys. Reads the catalog only; empty where the column does not exist.
 */
export async function columnConstraints(
  client: ClientBase,
  table: TableName,
  column: string,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ constraint: string }>(
    `WITH sought AS (
       SELECT a.attrelid, a.attnum, a.attnotnull
         FROM pg_attribute a
         JOIN pg_class t ON t.oid = a.attrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname = $1 AND t.relname = $2 AND a.attname = $3 AND NOT a.attisdropped
     )
     SELECT 'NOT NULL' AS constraint FROM sought WHERE attnotnull
     UNION ALL
     SELECT format('constraint %I', c.conname)
       FROM sought JOIN pg_constraint c ON c.conrelid = sought.attrelid AND sought.attnum = ANY (c.conkey)
      WHERE c.contype IN ('c', 'f')
      ORDER BY 1`,
    [table.schema, table.name, column],
  )
  return rows.map(({ constraint }) => constraint)
}
