import { bigint, index, inet, integer, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/**
 * Sessions that wrote one side alone although both are to be written. The sync trigger appends them, at most once per
 * session, change and interval, and never waits for a lock to do it: they are named, not counted.
 */
export const unawareWriters = expandContract.table(
  'unaware_writers',
  {
    number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    side: text('side').notNull(),
    operation: text('operation').notNull(),
    role: text('role').notNull(),
    application: text('application').notNull(),
    client: inet('client'),
    pid: integer('pid').notNull(),
  },
  (table) => [index('unaware_writers_of_change').on(table.scope, table.changeId, table.at)],
)
