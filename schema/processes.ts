import { boolean, integer, jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/** What a live process says of one change. */
export interface ProcessChange {
  /** Hash of its declaration. */
  hash: string
  /** The phase by which it acts now. */
  phase: string
  /** The oldest phase of its open units of work, counted from their decision. */
  oldestPhase: string
  /** The newest phase by which it acts, its open units of work counted likewise. Absent in rows of earlier versions. */
  newestPhase?: string
  /** The epoch it has seen. */
  epoch: number
  /** Units of work open for longer than a minute, which hold up the next step. Absent in rows of earlier versions. */
  longUnits?: number
  /** Read decisions of units with a key, made in read-switch. */
  keyedReads: {
    old: number
    new: number
    /** Milliseconds between the last one on old and this renewal. */
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
  /** One row for all short-lived processes of a release (functions, jobs), instead of one for each. */
  isShared: boolean('is_shared').notNull().default(false),
  /** Of a shared row: until when each phase of each change may be in use, `{ "<change>": { "<phase>": <time> } }`. */
  phaseLeases: jsonb('phase_leases').$type<Record<string, Record<string, string>>>().notNull().default({}),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
  renewedAt: timestamp('renewed_at', { withTimezone: true }).notNull().defaultNow(),
  leaseUntil: timestamp('lease_until', { withTimezone: true }).notNull(),
})
