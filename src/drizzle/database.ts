import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/**
 * A Drizzle database or transaction of any PostgreSQL driver, as the toolkit uses it: query builders only, whose results
 * are the same for all drivers.
 */
export type Database = Pick<
  NodePgDatabase<Record<string, unknown>>,
  'select' | 'insert' | 'update' | 'delete' | 'transaction'
>
