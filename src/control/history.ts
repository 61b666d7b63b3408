import { hostname, userInfo } from 'node:os'
import { and, asc, eq, max, sql } from 'drizzle-orm'
import { defaultScope } from '../../schema/namespace.ts'
import { transitions } from '../../schema/transitions.ts'
import type { Database } from '../drizzle/database.ts'
import type { Phase } from '../phase/phase.ts'

export type HistoryEntry = typeof transitions.$inferSelect
/** What a step left behind in the history. */
export type HistoryAction =
  | 'transition'
  | 'arm'
  | 'reads'
  | 'hold'
  | 'prove-anew'
  | 'reinstall'
  | 'drain'
  | 'attest'
  | 'backfill'
  | 'verify'
  | 'step'

/** Appends to the history of a change; nothing in it is ever changed or removed. */
export async function appendHistory(
  db: Database,
  entry: {
    readonly changeId: string
    readonly action: HistoryAction
    readonly fromPhase: Phase
    readonly toPhase: Phase
    readonly epoch: number
    /** What was seen: counts and names, never values. */
    readonly evidence?: Record<string, unknown>
    readonly overrideReason?: string | undefined
  },
): Promise<void> {
  await db.insert(transitions).values({
    ...entry,
    overrideReason: entry.overrideReason ?? null,
    who: sql`${person()} || ' as ' || session_user`,
  })
}

/** The history of a change, oldest first. */
export async function readHistory(db: Database, changeId: string): Promise<readonly HistoryEntry[]> {
  return db
    .select()
    .from(transitions)
    .where(and(eq(transitions.scope, defaultScope), eq(transitions.changeId, changeId)))
    .orderBy(asc(transitions.number))
}

/** The changes that this database has a history of, declared still or not. */
export async function changesWithHistory(db: Database): Promise<readonly string[]> {
  const rows = await db
    .select({ id: transitions.changeId })
    .from(transitions)
    .where(eq(transitions.scope, defaultScope))
    .groupBy(transitions.changeId)
    .orderBy(asc(transitions.changeId))
  return rows.map(({ id }) => id)
}

/** Who runs this process: operating-system user and host. */
export function person(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}@${hostname()}` // a container's user without an entry in /etc/passwd
  }
}

/** When a change last came forward into a phase; null where it never did. */
export async function lastEntry(db: Database, changeId: string, phase: Phase): Promise<Date | null> {
  const [entry] = await db
    .select({ at: max(transitions.at) })
    .from(transitions)
    .where(
      and(
        eq(transitions.scope, defaultScope),
        eq(transitions.changeId, changeId),
        eq(transitions.action, 'transition'),
        eq(transitions.toPhase, phase),
        // Coming back into a phase does not begin it anew.
        sql`${transitions.fromPhase} = 'expanded'`,
      ),
    )
  return entry?.at ?? null
}

/** True where a change has ever come into a phase. */
export async function hasBeenIn(db: Database, changeId: string, phase: Phase): Promise<boolean> {
  const entries = await db
    .select({ number: transitions.number })
    .from(transitions)
    .where(
      and(
        eq(transitions.scope, defaultScope),
        eq(transitions.changeId, changeId),
        eq(transitions.action, 'transition'),
        eq(transitions.toPhase, phase),
      ),
    )
    .limit(1)
  return entries.length > 0
}
