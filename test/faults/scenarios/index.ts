import { goingBack, goingBackWithoutCopies } from './going-back.ts'
import { kills } from './kills.ts'
import { operatorsAtOnce } from './operators.ts'
import type { Scenario } from './scenario.ts'
import { storm } from './storm.ts'
import { walks } from './walk.ts'

/** Every scenario, with its part of the time that there is. */
export const scenarios: readonly { readonly scenario: Scenario; readonly weight: number }[] = [
  { scenario: kills, weight: 3 },
  { scenario: storm, weight: 3 },
  { scenario: goingBack, weight: 2 },
  { scenario: goingBackWithoutCopies, weight: 2 },
  { scenario: operatorsAtOnce, weight: 1 },
  ...walks.map((scenario) => ({ scenario, weight: 1 })),
]
