import { type ChangeRow, compareAndSet } from '../control/change-row.ts'
import { appendHistory } from '../control/history.ts'
import { failure } from '../errors/index.ts'
import type { Target } from './target.ts'

/**
 * Sets how many of a hundred keys read new while in read-switch, and lifts a hold. In other phases the percentage is
 * kept and obeyed by nobody: flags request, the database permits.
 *
 * @throws ExpandContractError EC_OPTION_INVALID, EC_EPOCH_CONFLICT
 */
export async function setReads({ session: { db } }: Target, row: ChangeRow, percent: number): Promise<void> {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    throw failure('EC_OPTION_INVALID', {
      option: 'percent',
      problem: `${percent} is not a whole number from 0 to 100.`,
    })
  }
  await db.transaction(async (tx) => {
    const epoch = await compareAndSet(tx, row, { readPercent: percent, hold: null })
    const evidence = { from: row.readPercent, to: percent, ...(row.hold === null ? {} : { liftedHold: row.hold }) }
    await appendHistory(tx, {
      changeId: row.id,
      action: 'reads',
      fromPhase: row.phase,
      toPhase: row.phase,
      epoch,
      evidence,
    })
  })
}
