import { jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** Every release that has registered, and what it declares: from it the oldest one that is safe to deploy is told. */
export const releases = expandContract.table(
  'releases',
  {
    scope: text('scope').notNull().default('default'),
    name: text('name').notNull(),
    release: text('release').notNull(),
    /** Tables it declares, as "schema.name". */
    tables: jsonb('tables').$type<string[]>().notNull(),
    /** Change id → hash of its declaration. */
    declarations: jsonb('declarations').$type<Record<string, string>>().notNull(),
    firstSeenAt: timestamp('first_seen_at', { withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.name, table.release] })],
)
