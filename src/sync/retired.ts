import type { Sides } from '../change/sides.ts'
import { retiredPrefix } from '../change/step.ts'
import { boundedName } from '../sql/identifier.ts'

/** The sides of a change once its old column has been renamed out of the way. */
export function retiredSides(sides: Sides): Sides {
  return { ...sides, old: { ...sides.old, name: boundedName(retiredPrefix, sides.old.name) } }
}
