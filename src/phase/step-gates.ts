import type { Step } from '../change/step.ts'
import type { Facts } from './facts.ts'
import { processesBelow, processStanding } from './live-process.ts'
import { isBefore } from './phase.ts'

/** What decides whether a migration step may run. */
export type StepFacts = Pick<Facts, 'phase' | 'retiredAt' | 'soakMs' | 'now' | 'steps' | 'processes'>

/** What a step waits for, in words; undefined where it may run. A step whose gate is closed is deferred, not failed. */
type StepGate = (facts: StepFacts) => string | undefined

/** When each step of a change may run. */
export const stepGates: Readonly<Record<Step, StepGate>> = {
  expand: () => undefined,
  handover: ({ phase }) =>
    isBefore(phase, 'read-new') ? 'all reads to be on the new side (phase read-new)' : undefined,
  retire: (facts) =>
    facts.phase === 'contracted' ? waitForThoseThatNameOld(facts) : 'the contract (phase contracted)',
  drop: (facts) =>
    isSoakOver(facts) ? waitForThoseThatNameOld(facts) : 'the retired column to have gone unused for the soak',
  abandon: (facts) => waitBeforeAbandoning(facts),
}

/** True where the retired column has gone unused for as long as the change asks for. */
export function isSoakOver({ phase, retiredAt, soakMs, now }: StepFacts): boolean {
  return phase === 'contracted' && retiredAt !== null && now.getTime() - retiredAt.getTime() >= soakMs
}

/** One that slept past its lease was not there to be asked at the contract. */
function waitForThoseThatNameOld({ processes }: StepFacts): string | undefined {
  const below = processesBelow(processes, 'new-only')
  return below.length === 0
    ? undefined
    : `processes that may still name the old column to end: ${below.map(processStanding).join(', ')}`
}

/**
 * The new column may go where nobody needs it: old holds the truth and is all that is written, and no process is left
 * whose queries name it. An expanded change needs no `back` first; its code has given it up already.
 */
function waitBeforeAbandoning({ phase, steps, processes }: StepFacts): string | undefined {
  if (isHandedOver(steps.handover)) {
    return 'a decision: the handover step has been applied here, so the change can only go on. Put its key and its declaration back'
  }
  if (phase !== 'expanded' && phase !== 'abandoned') {
    return `the change to be taken back to "expanded" here, from a release that declares it: it is in "${phase}"`
  }
  // A process whose row cannot be believed may declare it.
  const declaring = processes.filter(({ oldestPhase, problem }) => oldestPhase !== undefined || problem !== undefined)
  return declaring.length === 0
    ? undefined
    : `processes that still declare the change to end: ${declaring.map(processStanding).join(', ')}`
}

/** The handover relaxes what old promised, which nobody restores; half of it is too much. */
export function isHandedOver(handover: StepFacts['steps']['handover']): boolean {
  return handover === 'done' || handover === 'running'
}
