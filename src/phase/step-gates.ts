import type { Step } from '../change/step.ts'
import { isBefore, type Phase } from './phase.ts'

/** What of a change's row decides whether a migration step may run. */
export interface StepFacts {
  readonly phase: Phase
  readonly retiredAt: Date | null
  readonly soakMs: number
  /** By the clock of the database. */
  readonly now: Date
}

/** When each step of a change may run. A step whose gate is closed is deferred, not failed. */
export const stepGates: Readonly<
  Record<Step, { readonly isOpen: (facts: StepFacts) => boolean; readonly waitsFor: string }>
> = {
  expand: { isOpen: () => true, waitsFor: 'nothing' },
  handover: {
    isOpen: ({ phase }) => !isBefore(phase, 'read-new'),
    waitsFor: 'all reads to be on the new side (phase read-new)',
  },
  retire: { isOpen: ({ phase }) => phase === 'contracted', waitsFor: 'the contract (phase contracted)' },
  drop: {
    isOpen: ({ phase, retiredAt, soakMs, now }) =>
      phase === 'contracted' && retiredAt !== null && now.getTime() - retiredAt.getTime() >= soakMs,
    waitsFor: 'the retired column to have gone unused for the soak',
  },
}
