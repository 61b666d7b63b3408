/** What teams use in their own tests. */
export { type MemoryFlag, type MemoryFlags, memoryFlags } from '../flags/memory.ts'
export type { Side } from '../phase/phase.ts'
export type { PhaseOnTheWay } from './each-phase.ts'
export {
  type InEveryPhaseOptions,
  inEveryPhase,
  type PhaseDatabase,
  type PhaseSituation,
  type PhaseWork,
} from './in-every-phase.ts'
