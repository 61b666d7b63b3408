import { eq, lt, sql } from 'drizzle-orm'
import { type ProcessChange, processes } from '../../schema/processes.ts'
import type { Database } from '../drizzle/database.ts'

export type { ProcessChange } from '../../schema/processes.ts'

/** What a process says of itself in the registry. */
export interface Registration {
  readonly instance: string
  readonly name: string
  readonly release: string
  readonly host: string
  readonly pid: number
  readonly flags: string
  readonly tables: readonly string[]
  readonly changes: Readonly<Record<string, ProcessChange>>
}

/** How long a process counts as live after its last renewal, in milliseconds; it renews every fifth of it. */
export const defaultLeaseMs = 15_000

/** Writes or renews the row of this process. The lease runs on the database's clock, so clocks of hosts do not matter. */
export async function renewRegistration(db: Database, registration: Registration, leaseMs: number): Promise<void> {
  const row = {
    ...registration,
    tables: [...registration.tables],
    changes: { ...registration.changes },
    renewedAt: sql`now()`,
    leaseUntil: sql`now() + make_interval(secs => ${leaseMs / 1000})`,
  }
  const { instance: _, ...renewed } = row
  await db.insert(processes).values(row).onConflictDoUpdate({ target: processes.instance, set: renewed })
}

/** Takes the row of this process out, and those of processes that crashed long ago. */
export async function leaveRegistry(db: Database, instance: string): Promise<void> {
  await db.delete(processes).where(eq(processes.instance, instance))
  await db.delete(processes).where(lt(processes.leaseUntil, sql`now() - interval '1 day'`))
}
