import { goingBack, goingBackWithoutCopies } from './going-back.ts'
import { kills } from './kills.ts'
import { operatorsAtOnce } from './operators.ts'
import { standbyPromotion } from './promotion.ts'
import type { Scenario } from './scenario.ts'
import { storm } from './storm.ts'
import { walks } from './walk.ts'
import { withoutATrigger } from './without-a-trigger.ts'

/** One entry of the lab's programme. */
export interface Entry {
  readonly scenario: Scenario
  /** Its part of the time that there is. */
  readonly weight: number
  /** About how long it takes in CI, in milliseconds; 0 for what takes as long as it takes. */
  readonly inCiMs: number
}

/** Every scenario. In CI the first three bring 200 SIGKILLs, and 60 s of storm through all phases. */
export const scenarios: readonly Entry[] = [
  { scenario: kills, weight: 3, inCiMs: 76_000 },
  { scenario: storm, weight: 3, inCiMs: 60_000 },
  { scenario: withoutATrigger, weight: 2, inCiMs: 25_000 },
  { scenario: goingBack, weight: 2, inCiMs: 0 },
  { scenario: goingBackWithoutCopies, weight: 2, inCiMs: 0 },
  { scenario: operatorsAtOnce, weight: 1, inCiMs: 0 },
  { scenario: standbyPromotion, weight: 1, inCiMs: 8_000 },
  ...walks.map((scenario) => ({ scenario, weight: 1, inCiMs: 2_000 })),
]
