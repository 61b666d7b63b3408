import { sql } from 'drizzle-orm'
import { type ChangeRow, compareAndSet, readChangeRow } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import type { Run } from './run.ts'

/**
 * Ends a change that is still expanded here, as `back` would have done: the folder that holds its abandon step says that
 * it leads nowhere. In a transaction that closes the phase pin before it ends. @returns the row as it is then.
 */
export async function abandonChange(run: Run, row: ChangeRow, evidence: Record<string, unknown>): Promise<ChangeRow> {
  const { db } = run.session
  if (row.phase === 'abandoned') return row
  const epoch = await compareAndSet(db, row, { phase: 'abandoned', phaseSince: sql`now()` })
  await appendHistory(db, {
    changeId: row.id,
    action: 'transition',
    fromPhase: row.phase,
    toPhase: 'abandoned',
    epoch,
    evidence,
  })
  return (await readChangeRow(db, row.id))!
}
