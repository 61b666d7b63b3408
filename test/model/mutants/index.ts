import { guardMutants } from './guards.ts'
import type { Mutant } from './mutant.ts'
import { pageMutants } from './pages.ts'
import { phaseMutants } from './phases.ts'
import { raisingMutants } from './raising.ts'
import { splitMutants } from './split.ts'
import { triggerMutants } from './trigger.ts'
import { writerMutants } from './writers.ts'

export type { Mutant } from './mutant.ts'

/** Every wrong protocol that the model has to find out. */
export const mutants: readonly Mutant[] = [
  ...pageMutants,
  ...triggerMutants,
  ...phaseMutants,
  ...writerMutants,
  ...raisingMutants,
  ...splitMutants,
  ...guardMutants,
]
