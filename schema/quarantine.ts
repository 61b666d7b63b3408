import { bigint, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/**
 * Rows whose transform rejects what they hold. The sync trigger appends one with every write that is rejected, so a key may
 * be there several times; backfill and verification remove what is settled. Keys only, never values.
 */
export const quarantine = expandContract.table(
  'quarantine',
  {
    number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    key: jsonb('key').$type<string[]>().notNull(),
    /** The SQLSTATE that the transform raised, and the column that it could not make: `22P02 amount_in_cents`. */
    reason: text('reason').notNull(),
    since: timestamp('since', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('quarantine_of_change').on(table.scope, table.changeId, table.key, table.number)],
)
