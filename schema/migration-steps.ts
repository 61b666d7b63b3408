import { integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/**
 * The real state of each step of a change. Drizzle's journal holds a deferred step like an applied one, so this table
 * alone decides whether our runner still runs it.
 */
export const migrationSteps = expandContract.table(
  'migration_steps',
  {
    scope: text('scope').notNull().default('default'),
    changeId: text('change_id').notNull(),
    /** `expand`, `handover`, `retire`, `drop`, or `abandon` where the change is given up. */
    step: text('step').notNull(),
    /** `deferred`, `running`, `done`, `void`. */
    state: text('state').notNull(),
    /** How many statements of the file are done; where a running step goes on. */
    statement: integer('statement').notNull().default(0),
    /** The migration's tag (0.45) or folder (1.0), and the hash that Drizzle's journal holds. */
    migration: text('migration').notNull(),
    hash: text('hash').notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.changeId, table.step] })],
)
