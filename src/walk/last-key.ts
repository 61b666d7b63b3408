import type { ClientBase } from 'pg'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { qualified } from '../sql/identifier.ts'
import { keyAsJson, keyOrder } from './key-sql.ts'
import type { KeyColumn } from './table-shape.ts'

/** The key of the last row of a table, in the order of its primary key; null where it is empty. */
export async function lastKeyOf(
  client: ClientBase,
  table: Pick<PhysicalTable, 'schema' | 'name'>,
  key: readonly KeyColumn[],
): Promise<string[] | null> {
  const { rows } = await client.query<{ key: string[] }>(
    `SELECT ${keyAsJson(key)} AS key FROM ${qualified(table)} AS t ORDER BY ${keyOrder(key, 'DESC')} LIMIT 1`,
  )
  return rows[0]?.key ?? null
}
