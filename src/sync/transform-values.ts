import { filledIn, type SqlTransform } from '../change/sql-transform.ts'
import { boundedName, qualified } from '../sql/identifier.ts'
import { syncSchema } from './names.ts'

/** `forward`: new from old. `backward`: old from new. */
export type Direction = 'forward' | 'backward'
export const directions: readonly Direction[] = ['forward', 'backward']

interface Transformed {
  readonly transform: SqlTransform
}

/** The values of the new columns, as SQL, from those of the old ones. */
export function forwardValues(changeId: string, sides: Transformed, old: readonly string[]): readonly string[] {
  return valuesBy('forward', changeId, sides, old)
}

/** The values of the old columns, as SQL, from those of the new ones. */
export function backwardValues(changeId: string, sides: Transformed, next: readonly string[]): readonly string[] {
  return valuesBy('backward', changeId, sides, next)
}

export function valuesBy(
  direction: Direction,
  changeId: string,
  { transform }: Transformed,
  operands: readonly string[],
): readonly string[] {
  if (transform.isIdentity) return operands
  return transform[direction].map((_, index) => `${valueFunction(changeId, direction, index)}(${operands.join(', ')})`)
}

/**
 * The values of the new columns as the expressions themselves: for statements that run with the rights of a writer, who
 * may have none on the schema of the functions.
 */
export function forwardExpressions({ transform }: Transformed, old: readonly string[]): readonly string[] {
  return transform.isIdentity ? old : transform.forward.map((template) => filledIn(template, old))
}

/** The function that computes one column of one side, quoted, with its schema. */
export function valueFunction(changeId: string, direction: Direction, index: number): string {
  return qualified({ schema: syncSchema, name: boundedName(`${direction}${index + 1}_`, changeId) })
}

/** The function that says whether the sides of a row agree, for a transform that may raise; quoted, with its schema. */
export function verdictFunction(changeId: string, direction: Direction): string {
  return qualified({ schema: syncSchema, name: boundedName(`verdict_${direction}_`, changeId) })
}
