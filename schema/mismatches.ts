import { bigint, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** Rows whose sides were found to disagree, confirmed under the row's lock. Keys only, never values. */
export const mismatches = expandContract.table(
  'mismatches',
  {
    number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    key: jsonb('key').$type<string[]>().notNull(),
    foundAt: timestamp('found_at', { withTimezone: true }).notNull().defaultNow(),
    repairedAt: timestamp('repaired_at', { withTimezone: true }),
  },
  (table) => [index('mismatches_of_change').on(table.scope, table.changeId, table.number)],
)
