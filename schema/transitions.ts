import { bigint, index, jsonb, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** Append-only history of everything that was decided about a change. */
export const transitions = expandContract.table(
  'transitions',
  {
    number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    /** What was done: `transition`, `reads`, `backfill` …; all of them are `HistoryAction` of `control/history.ts`. */
    action: text('action').notNull(),
    fromPhase: text('from_phase').notNull(),
    toPhase: text('to_phase').notNull(),
    /** The epoch after it. */
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    /** Operating-system user and host, and the database role. */
    who: text('who').notNull(),
    /** What the guards saw: counts and names, never values. */
    evidence: jsonb('evidence').$type<Record<string, unknown>>().notNull().default({}),
    /** The reason given with --force, where a courtesy guard was overridden. */
    overrideReason: text('override_reason'),
  },
  (table) => [index('transitions_of_change').on(table.scope, table.changeId, table.number)],
)
