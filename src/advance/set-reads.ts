import { failure } from '../errors/index.ts'
import { phases } from '../phase/phase.ts'
import { applyHold, applyReads } from './apply-transition.ts'
import type { DecidedOn } from './move.ts'
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
  const decidedOn = await requireRecorded(target)
  await applyReads(target, decidedOn, percent)
  return decidedOn.row.phase
}

/**
 * Forces reads to old by hand while in read-switch, whatever the flag says, until `setReads` or the next step lifts it.
 *
 * @throws ExpandContractError EC_OPTION_INVALID without a reason, EC_OPTION_UNFIT in another phase, else as `setReads`
 */
export async function holdReads(target: Target, reason: string): Promise<void> {
  const given = reason.trim()
  if (given === '' || given.startsWith('-')) {
    throw failure('EC_OPTION_INVALID', { option: '--hold', problem: 'give the reason; it is kept in the history.' })
  }
  const decidedOn = await requireRecorded(target)
  const { id, phase } = decidedOn.row
  const { read } = phases[phase]
  if (read !== 'flag') {
    const way = phase === 'read-new' ? '; `back` takes reads back to old and holds them there' : ''
    const problem = `in "${phase}" all reads are ${read}, and only in "read-switch" is there anything to hold${way}`
    throw failure('EC_OPTION_UNFIT', { id, option: '--hold', problem })
  }
  await applyHold(target, decidedOn, given)
}

async function requireRecorded(target: Target): Promise<DecidedOn> {
  const { row, facts } = await readSituation(target)
  if (row === undefined) throw failure('EC_CHANGE_UNRECORDED', { id: target.change.id })
  return { row, facts }
}
