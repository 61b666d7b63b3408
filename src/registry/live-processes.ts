import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { defaultScope } from '../../schema/namespace.ts'
import { processes } from '../../schema/processes.ts'
import type { Database } from '../drizzle/database.ts'
import type { LiveProcess } from '../phase/facts.ts'
import type { Phase } from '../phase/phase.ts'

/** The processes with a valid lease that declare a table, and what each says of one change of it. */
export async function liveProcesses(
  db: Database,
  of: { readonly changeId: string; readonly table: { readonly schema: string; readonly name: string } },
): Promise<readonly LiveProcess[]> {
  const rows = await db
    .select()
    .from(processes)
    .where(
      and(
        eq(processes.scope, defaultScope),
        gt(processes.leaseUntil, sql`now()`),
        sql`${processes.tables} ? ${`${of.table.schema}.${of.table.name}`}`,
      ),
    )
    .orderBy(asc(processes.name), asc(processes.host), asc(processes.pid))
  return rows.map(({ changes, ...row }) => {
    const change = changes[of.changeId]
    return {
      name: row.name,
      release: row.release,
      host: row.host,
      pid: row.pid,
      flags: row.flags,
      oldestPhase: change?.oldestPhase as Phase | undefined,
      keyedReads: {
        old: change?.keyedReads.old ?? 0,
        new: change?.keyedReads.new ?? 0,
        lastOldAgoMs: change?.keyedReads.lastOldAgoMs ?? null,
      },
    }
  })
}
