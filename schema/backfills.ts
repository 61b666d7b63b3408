import { bigint, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** Runs of the backfill. The cursor is committed in the transaction of the page that it stands for. */
export const backfills = expandContract.table(
  'backfills',
  {
    run: bigint('run', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    direction: text('direction').notNull(),
    /** `running`, `done`, or `void` when a later run took its place. */
    state: text('state').notNull(),
    /** The value of the change's `sync_since` when the run began; a page checks that it still is. */
    syncSince: bigint('sync_since', { mode: 'number' }).notNull(),
    /** Primary key of the last row of the last page, as text in key order; null before the first page. */
    cursor: jsonb('cursor').$type<string[]>(),
    /** Primary key of the last row of the table when the run began; null where the table was empty. */
    upperBound: jsonb('upper_bound').$type<string[]>(),
    pages: bigint('pages', { mode: 'number' }).notNull().default(0),
    rowsSeen: bigint('rows_seen', { mode: 'number' }).notNull().default(0),
    rowsChanged: bigint('rows_changed', { mode: 'number' }).notNull().default(0),
    rowsEstimated: bigint('rows_estimated', { mode: 'number' }).notNull().default(0),
    startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index('backfills_of_change').on(table.scope, table.changeId, table.run)],
)
