import type { Phase, Side } from '../../../../src/phase/phase.ts'
import { modeIn } from '../../../../src/phase/phase.ts'
import type { Decider, Decision } from '../../../../src/repository/index.ts'

/** One way in which a process may meet the two columns of a rename, and which of them exist then. */
export interface Situation {
  readonly name: string
  readonly phase: Phase
  readonly wish?: Side
  readonly columns: readonly Side[]
}

/** All that a release lives through, from the first deployment to the day after the drop. */
export const situations: readonly Situation[] = [
  { name: 'planned, the new column does not exist', phase: 'planned', columns: ['old'] },
  { name: 'expanded', phase: 'expanded', columns: ['old', 'new'] },
  { name: 'dual-write', phase: 'dual-write', columns: ['old', 'new'] },
  { name: 'read-switch, reading old', phase: 'read-switch', wish: 'old', columns: ['old', 'new'] },
  { name: 'read-switch, reading new', phase: 'read-switch', wish: 'new', columns: ['old', 'new'] },
  { name: 'read-new', phase: 'read-new', columns: ['old', 'new'] },
  { name: 'new-only', phase: 'new-only', columns: ['old', 'new'] },
  { name: 'contracted, the old column is gone', phase: 'contracted', columns: ['new'] },
]

export function decisionIn({ phase, wish }: Pick<Situation, 'phase' | 'wish'>): Decision {
  return { phase, mode: modeIn(phase, wish), epoch: 1 }
}

/** Decides the same for every change. */
export function always(situation: Pick<Situation, 'phase' | 'wish'>): Decider {
  return { decide: () => decisionIn(situation) }
}

/** The sides that hold a value after a write in this situation. */
export function writtenSides(situation: Situation): readonly Side[] {
  const { write } = decisionIn(situation).mode
  return write === 'both' ? ['old', 'new'] : [write]
}
