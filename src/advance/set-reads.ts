import { failure } from '../errors/index.ts'
import { applyReads } from './apply-transition.ts'
import { readSituation } from './read-facts.ts'
import type { Target } from './target.ts'

/**
 * Sets how many of a hundred keys read new while in read-switch, and lifts a hold. In other phases the percentage is
 * kept and obeyed by nobody: flags request, the database permits.
 *
 * @returns the phase of the change.
 * @throws ExpandContractError EC_OPTION_INVALID, EC_CHANGE_UNRECORDED, EC_EPOCH_CONFLICT, EC_LOCK_TIMEOUT
 */
export async function setReads(target: Target, percent: number) {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    throw failure('EC_OPTION_INVALID', {
      option: 'percent',
      problem: `${percent} is not a whole number from 0 to 100.`,
    })
  }
  const { row, facts } = await readSituation(target)
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: target.change.id })
  await applyReads(target, { row, facts }, percent)
  return row.phase
}
