import type { Pool } from 'pg'

/** Rows that the backfill has been through, by its checkpoint in the database; 0 before it begins. */
export async function backfilledRows(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ seen: number }>(
    'SELECT rows_seen::int AS seen FROM expand_contract.backfills ORDER BY run DESC LIMIT 1',
  )
  return rows[0]?.seen ?? 0
}
