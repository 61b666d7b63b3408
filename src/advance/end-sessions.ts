import type { Drain } from '../../schema/changes.ts'
import type { OpenTransaction } from '../catalog/open-transactions.ts'
import type { ChangeRow } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { errorCode } from '../errors/index.ts'
import type { Target } from './target.ts'

/** What became of a session that was to be ended. */
export interface EndedSession {
  readonly transaction: OpenTransaction
  /** `gone`: its transaction ended by itself. `not-permitted`: this role may not signal that session. */
  readonly outcome: 'ended' | 'gone' | 'not-permitted'
}

const insufficientPrivilege = '42501'

/**
 * Ends the sessions whose transactions a drain waits for, as long as each is still in that very transaction; what they
 * have not committed is rolled back. It goes into the history first, so that nobody has to guess who did it.
 */
export async function endSessions(
  target: Target,
  row: ChangeRow,
  transactions: readonly OpenTransaction[],
): Promise<readonly EndedSession[]> {
  const { db } = target.session
  const terminated = transactions.map(({ pid, application, role }) => ({ pid, application, role }))
  await appendHistory(db, {
    changeId: row.id,
    action: 'drain',
    fromPhase: row.phase,
    toPhase: row.phase,
    epoch: row.epoch,
    evidence: { terminated },
  })
  const ended: EndedSession[] = []
  for (const transaction of transactions) ended.push({ transaction, outcome: await endSession(target, transaction) })
  return ended
}

/** The session may have gone on to another transaction, whose virtual id is another one; that is left alone. */
async function endSession(
  { session: { client } }: Target,
  { virtualxid, pid }: Drain['transactions'][number],
): Promise<EndedSession['outcome']> {
  try {
    const { rows } = await client.query<{ signalled: boolean }>(
      `SELECT pg_terminate_backend(pid) AS signalled FROM pg_locks
        WHERE locktype = 'virtualxid' AND virtualxid = $1 AND pid = $2 AND mode = 'ExclusiveLock' AND granted`,
      [virtualxid, pid],
    )
    return rows[0]?.signalled ? 'ended' : 'gone'
  } catch (error) {
    if (errorCode(error) === insufficientPrivilege) return 'not-permitted'
    throw error
  }
}
