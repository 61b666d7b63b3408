import { bigint, boolean, integer, jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { expandContract } from './namespace.ts'

/**
 * Which transactions a drain waits for: first those that were open when it began, then those that had been prepared by
 * the time the last of them was gone, as one of them may have become one of these.
 */
export interface Drain {
  /** Of the change when it began; a transition ends it. */
  epoch: number
  /** ISO 8601, by the database's clock. */
  begunAt: string
  /** As `pg_locks` has them; empty once all are gone. */
  transactions: { virtualxid: string; pid: number; application: string }[]
  /** Global ids of prepared transactions; not known, and empty, until the transactions are gone. */
  prepared: string[]
  /** When each process or release below the phase was last seen; one that is seen again makes the drain begin anew. */
  laggards: Record<string, string>
}

/** One row per change: where it is. Every transition is a compare-and-set on `epoch`. */
export const changes = expandContract.table(
  'changes',
  {
    scope: text('scope').notNull().default('default'),
    id: text('id').notNull(),
    /** The names that the declaration stood for when it was expanded; a process declared otherwise is refused. */
    declaration: jsonb('declaration').$type<Record<string, unknown>>().notNull(),
    declarationHash: text('declaration_hash').notNull(),
    phase: text('phase').notNull(),
    phaseSince: timestamp('phase_since', { withTimezone: true }).notNull().defaultNow(),
    /** Grows with every transition. */
    epoch: bigint('epoch', { mode: 'number' }).notNull().default(1),
    /** Argument of the sync trigger, or null without one: `old`, `both`, `new`, `forward` or `fence`. */
    triggerMode: text('trigger_mode'),
    triggerModeSince: timestamp('trigger_mode_since', { withTimezone: true }),
    /** The epoch since which both sides have been written without a gap; null while they are not. */
    syncSince: bigint('sync_since', { mode: 'number' }),
    backfillState: text('backfill_state').notNull().default('pending'),
    backfillDirection: text('backfill_direction').notNull().default('forward'),
    /** The epoch in which the last verification without a mismatch began; verified while not below `sync_since`. */
    verifiedEpoch: bigint('verified_epoch', { mode: 'number' }),
    verifiedAt: timestamp('verified_at', { withTimezone: true }),
    verifiedRows: bigint('verified_rows', { mode: 'number' }),
    /** For `databaseFlags()`: how many of a hundred keys read new in read-switch. */
    readPercent: integer('read_percent').notNull().default(0),
    /** Why reads are forced to old in read-switch; null while they are not. */
    hold: text('hold'),
    /** What keeps both sides together: `trigger` or `none`. */
    sync: text('sync').notNull().default('trigger'),
    /** Which version of the sync trigger the toolkit set last; another one in the catalog was altered by hand. */
    triggerVersion: text('trigger_version'),
    /** Transactions that were open when a drain began, in the epoch in which it did. */
    drain: jsonb('drain').$type<Drain>(),
    /** Since when, and by whom, it is attested that nothing but repositories writes the table; asked for without a trigger. */
    attestedAt: timestamp('attested_at', { withTimezone: true }),
    attestedBy: text('attested_by'),
    copyBack: boolean('copy_back').notNull().default(true),
    soakMs: bigint('soak_ms', { mode: 'number' }).notNull(),
    confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
    confirmedBy: text('confirmed_by'),
    retiredAt: timestamp('retired_at', { withTimezone: true }),
    droppedAt: timestamp('dropped_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.id] })],
)
