import { integer, jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** What a live process says of one change. */
export interface ProcessChange {
  /** Hash of its declaration. */
  hash: string
  /** The phase by which it acts now. */
  phase: string
  /** The oldest phase of its open units of work, counted from their decision. */
  oldestPhase: string
  /** The epoch it has seen. */
  epoch: number
  /** Read decisions of units with a key, made in read-switch. */
  keyedReads: {
    old: number
    new: number /** Milliseconds between the last one on old and this renewal. */
    lastOldAgoMs: number | null
  }
}

/** The registry: one row per live process, with a lease on the database's clock. */
export const processes = expandContract.table('processes', {
  instance: uuid('instance').primaryKey(),
  scope: text('scope').notNull().default('default'),
  name: text('name').notNull(),
  release: text('release').notNull(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** `database`, `unleash`, `memory` …: who decides reads in this process. */
  flags: text('flags').notNull(),
  /** Tables it declares, as "schema.name", so that a process that declares a changed table and not the change is seen. */
  tables: jsonb('tables').$type<string[]>().notNull(),
  changes: jsonb('changes').$type<Record<string, ProcessChange>>().notNull(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
  renewedAt: timestamp('renewed_at', { withTimezone: true }).notNull().defaultNow(),
  leaseUntil: timestamp('lease_until', { withTimezone: true }).notNull(),
})
