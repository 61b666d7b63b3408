import { and, eq, lt, type SQL, sql } from 'drizzle-orm'
import { defaultScope } from '../../schema/namespace.ts'
import { type ProcessChange, processes } from '../../schema/processes.ts'
import type { Database } from '../drizzle/database.ts'
import { longestLeaseMs } from './lease.ts'
import { mergedPhaseLeases, phaseLeasesOf } from './phase-leases.ts'
import { mergedChanges } from './shared-reads.ts'

export type { ProcessChange } from '../../schema/processes.ts'

/** What a process says of itself in the registry. */
export interface Registration {
  readonly instance: string
  readonly name: string
  readonly release: string
  readonly host: string
  readonly pid: number
  readonly flags: string
  /** The row is shared by all short-lived processes of the release. */
  readonly isShared: boolean
  readonly tables: readonly string[]
  readonly changes: Readonly<Record<string, ProcessChange>>
}

/**
 * Writes or renews the row of this process. The lease runs on the database's clock, so clocks of hosts do not matter.
 *
 * Everything is written anew, so a row that somebody has edited by hand mends with the next renewal. Only of a shared row
 * the phases, the end of the lease and the last read of old are merged with what the others have written.
 */
export async function renewRegistration(db: Database, registration: Registration, leaseMs: number): Promise<void> {
  const { instance, isShared, changes } = registration
  const leaseUntil = endOfLease(leaseMs)
  const row = {
    ...registration,
    tables: [...registration.tables],
    changes: { ...changes },
    phaseLeases: isShared ? phaseLeasesOf(changes, leaseUntil) : sql`'{}'::jsonb`,
    renewedAt: sql`now()`,
    leaseUntil,
  }
  const { instance: _, ...renewed } = row
  const set = isShared
    ? { ...renewed, changes: mergedChanges, phaseLeases: mergedPhaseLeases, leaseUntil: laterLease }
    : renewed
  await db
    .insert(processes)
    .values({ ...row, instance })
    .onConflictDoUpdate({ target: processes.instance, set })
}

function endOfLease(leaseMs: number): SQL {
  return sql`now() + make_interval(secs => ${leaseMs / 1000})`
}

/** Of those who share a row the one with the longest lease counts. */
const laterLease = sql`least(greatest(processes.lease_until, excluded.lease_until), now() + make_interval(secs => ${longestLeaseMs / 1000}))`

/** Takes the row of this process out, unless others share it, and those of processes that crashed long ago. */
export async function leaveRegistry(
  db: Database,
  { instance, isShared }: Pick<Registration, 'instance' | 'isShared'>,
): Promise<void> {
  if (!isShared) await db.delete(processes).where(eq(processes.instance, instance))
  await db
    .delete(processes)
    .where(and(eq(processes.scope, defaultScope), lt(processes.leaseUntil, sql`now() - interval '1 day'`)))
}
