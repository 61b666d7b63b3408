import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { ClientBase } from 'pg'
import { identifier } from '../../src/sql/identifier.ts'

const common = {
  id: integer().primaryKey(),
  bio: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
}

/** The table in mid-change: `name` is to become `full_name`. */
export const users = pgTable('users', {
  ...common,
  name: text().notNull(),
  fullName: text('full_name').notNull(),
})

/** Its twin, as it was before anybody thought of a change. */
export const plainUsers = pgTable('plain_users', { ...common, name: text().notNull() })

export interface SeedOptions {
  readonly table: 'users' | 'users_without_trigger' | 'plain_users'
  readonly rows: number
  /** `both`: filled on both sides; `old`: the new column is there and empty; `single`: there is no new column. */
  readonly columns: 'both' | 'old' | 'single'
  /** Unique index on the old column and index on the new one, as the expand step leaves them. Default: `false`. */
  readonly indexed?: boolean
}

/**
 * Creates a table of rows of 240 bytes with the keys 1 to `rows`, vacuumed and analysed. Autovacuum keeps away from it: it
 * would come during one variant and not during the other.
 */
export async function createUsers(client: ClientBase, options: SeedOptions): Promise<void> {
  const { rows, columns, indexed = false } = options
  const table = identifier(options.table)
  const hasNew = columns !== 'single'
  await client.query(
    `CREATE TABLE ${table} (
       id integer PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), bio text NOT NULL,
       name text NOT NULL${hasNew ? ', full_name text' : ''}
     ) WITH (autovacuum_enabled = off)`,
  )
  const name = `'user ' || lpad(n::text, 12, '0')`
  const bio = Array.from({ length: 5 }, (_, part) => `md5(n::text || '${part}')`).join(' || ')
  await client.query(
    `INSERT INTO ${table} (id, bio, name${columns === 'both' ? ', full_name' : ''})
     SELECT n, ${bio}, ${name}${columns === 'both' ? `, ${name}` : ''} FROM generate_series(1, $1::integer) AS n`,
    [rows],
  )
  if (indexed) await createNameIndexes(client, options)
  await client.query(`VACUUM (FREEZE, ANALYZE) ${table}`)
}

export async function createNameIndexes(
  client: ClientBase,
  { table, columns }: Pick<SeedOptions, 'table' | 'columns'>,
): Promise<void> {
  await client.query(`CREATE UNIQUE INDEX ON ${identifier(table)} (name)`)
  if (columns !== 'single') await client.query(`CREATE INDEX ON ${identifier(table)} (full_name)`)
}

/** Keys that jump about in the table, each once before any comes again: the same for every variant. */
export function scatteredKey(number: number, rows: number): number {
  // A prime that divides no size of a table that is a product of smaller numbers.
  return ((number * 7_919) % rows) + 1
}

/** Names, never the same one twice, so that every update changes its row and no unique index minds. */
export function distinctNames(): () => string {
  let version = 0
  return () => {
    version += 1
    return `user version ${version}`
  }
}
