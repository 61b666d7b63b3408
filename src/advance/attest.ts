import { and, eq, sql } from 'drizzle-orm'
import { changes } from '../../schema/changes.ts'
import { appendHistory, person } from '../control/history.ts'
import { failure } from '../errors/index.ts'
import { orderedPhases, phases } from '../phase/phase.ts'
import { shortTransaction } from '../walk/short-transaction.ts'
import { readSituation } from './read-facts.ts'
import type { Target } from './target.ts'

/** Where an answer is asked for: both sides are written, and one of them is being filled or has been. */
const attestedIn = orderedPhases.filter((phase) => phases[phase].write === 'both')

/** @throws ExpandContractError EC_OPTION_INVALID for an answer that says nothing. */
export function requireStatement(how: string): string {
  const statement = how.trim()
  if (statement !== '' && !statement.startsWith('-')) return statement
  throw failure('EC_OPTION_INVALID', { option: '--attest', problem: 'say how you know; it is kept in the history.' })
}

/**
 * Records that somebody answers for it that nothing but repositories writes the table, and how he knows. Asked for where
 * no sync trigger would see another writer; what it lets pass is the backfill.
 *
 * @throws ExpandContractError EC_OPTION_INVALID, EC_OPTION_UNFIT, EC_CHANGE_UNRECORDED, EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT
 */
export async function attest(target: Target, how: string): Promise<void> {
  const statement = requireStatement(how)
  const { row, facts } = await readSituation(target)
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: target.change.id })
  const refuse = (problem: string) => failure('EC_OPTION_UNFIT', { id: row.id, option: '--attest', problem })
  if (facts.sync === 'trigger') throw refuse('its sync trigger sees every writer, and names them')
  if (!attestedIn.includes(row.phase)) {
    throw refuse(`it is in "${row.phase}", and the answer is asked for in ${attestedIn.join(', ')}`)
  }
  const waiting = { patienceMs: target.lockTimeoutMs, signal: target.signal }
  await shortTransaction(target.session, row.id, waiting, async (tx) => {
    const recorded = await tx
      .update(changes)
      .set({ attestedAt: sql`now()`, attestedBy: person() })
      .where(and(eq(changes.scope, row.scope), eq(changes.id, row.id), eq(changes.epoch, row.epoch)))
      .returning({ id: changes.id })
    if (recorded.length === 0) throw failure('EC_EPOCH_CONFLICT', { id: row.id })
    await appendHistory(tx, {
      changeId: row.id,
      action: 'attest',
      fromPhase: row.phase,
      toPhase: row.phase,
      epoch: row.epoch,
      evidence: { statement },
    })
  })
}
