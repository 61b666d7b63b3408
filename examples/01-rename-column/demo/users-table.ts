import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import type { Pool } from 'pg'
import type { Ledger } from './ledger.ts'

const oldMigrations = fileURLToPath(new URL('../old-release/drizzle', import.meta.url))

/** The database as the old release made it, by Drizzle's own `migrate()`: nothing in it knows of the rename. */
export async function createUsersTable(pool: Pool): Promise<void> {
  await migrate(drizzle({ client: pool }), { migrationsFolder: oldMigrations })
}

/** Fills the table, and enters every row into the ledger as version 0, acknowledged. */
export async function seedUsers(pool: Pool, rows: number, ledger: Ledger): Promise<void> {
  await pool.query(`INSERT INTO users (id, name) SELECT id, 'User ' || id FROM generate_series(1, $1::int) AS id`, [
    rows,
  ])
  await pool.query('VACUUM ANALYZE users')
  ledger.append(
    Array.from({ length: rows }, (_, index) => ({
      operation: 'seed' as const,
      key: index + 1,
      value: `User ${index + 1}`,
      version: 0,
      outcome: 'acknowledged' as const,
      sent: 0,
      done: 0,
    })),
  )
}

/** The users as the table has them, by the columns that are still there. */
export async function readUsers(pool: Pool): Promise<ReadonlyMap<number, readonly (string | null)[]>> {
  const { rows: columns } = await pool.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = 'users'::regclass AND attname IN ('name', 'full_name') AND NOT attisdropped`,
  )
  const names = columns.map(({ name }) => name).join(', ')
  const { rows } = await pool.query<[number, ...(string | null)[]]>({
    text: `SELECT id, ${names} FROM users`,
    rowMode: 'array',
  })
  return new Map(rows.map(([id, ...values]) => [id, values]))
}
