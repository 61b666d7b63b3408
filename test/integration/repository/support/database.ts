import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { createTestDatabase } from '../../../support/database.ts'

export interface LoggedQuery {
  readonly sql: string
  readonly params: readonly unknown[]
}

/** A database of one's own with everything that Drizzle sends to it. */
export interface WiredDatabase {
  readonly db: NodePgDatabase
  readonly pool: pg.Pool
  readonly url: string
  readonly wire: LoggedQuery[]
  /** The same database with further options of Drizzle's. */
  drizzle(config: object): NodePgDatabase
}

export async function wiredDatabase(): Promise<WiredDatabase> {
  const { pool, url } = await createTestDatabase()
  const wire: LoggedQuery[] = []
  const logger = { logQuery: (sql: string, params: unknown[]) => void wire.push({ sql, params }) }
  const withConfig = (config: object): NodePgDatabase => drizzle({ client: pool, logger, ...config })
  return { db: withConfig({}), pool, url, wire, drizzle: withConfig }
}
