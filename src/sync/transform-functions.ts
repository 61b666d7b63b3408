import type { Sides } from '../change/sides.ts'
import { filledIn } from '../change/sql-transform.ts'
import { typeName } from '../drizzle/sql-template.ts'
import { boundedName, qualified } from '../sql/identifier.ts'
import { syncSchema } from './names.ts'

type Transformed = Pick<Sides, 'old' | 'next' | 'transform'>

/**
 * Functions that compute one column of one side from the columns of the other: one implementation of the transform for
 * the trigger, the backfill and the verification. None where values move as they are.
 *
 * Their bodies are parsed when they are created (BEGIN ATOMIC), so the names in a transform mean what they mean to the
 * migration, whoever calls it with whatever search path. PostgreSQL inlines them like the expression itself.
 */
export function createTransformFunctions(changeId: string, sides: Transformed): readonly string[] {
  const { old, next, transform } = sides
  if (transform.isIdentity) return []
  const create = (direction: Direction, from: Sides['old'], to: Sides['next']) =>
    to.map(({ column }, index) => {
      const types = from.map((operand) => typeName(operand.column))
      const operands = from.map((_, at) => `$${at + 1}`)
      const body = filledIn(transform[direction][index]!, operands)
      return `CREATE OR REPLACE FUNCTION ${functionName(changeId, direction, index)}(${types.join(', ')})
RETURNS ${typeName(column)} LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT ${body};
END`
    })
  return [...create('forward', old, next), ...create('backward', next, old)]
}

/** Statements that remove the functions again, once nothing uses them. */
export function dropTransformFunctions(changeId: string, transform: Transformed['transform']): readonly string[] {
  return transformFunctionNames(changeId, transform).map((name) => `DROP FUNCTION IF EXISTS ${name}`)
}

/** The functions of a change's transform, quoted, with their schema. */
export function transformFunctionNames(changeId: string, transform: Transformed['transform']): readonly string[] {
  if (transform.isIdentity) return []
  return directions.flatMap((direction) =>
    transform[direction].map((_, index) => functionName(changeId, direction, index)),
  )
}

/** The values of the new columns, as SQL, from those of the old ones. */
export function forwardValues(
  changeId: string,
  sides: Pick<Sides, 'transform'>,
  old: readonly string[],
): readonly string[] {
  return values(changeId, sides, 'forward', old)
}

/** The values of the old columns, as SQL, from those of the new ones. */
export function backwardValues(
  changeId: string,
  sides: Pick<Sides, 'transform'>,
  next: readonly string[],
): readonly string[] {
  return values(changeId, sides, 'backward', next)
}

const directions = ['forward', 'backward'] as const
type Direction = (typeof directions)[number]

function values(
  changeId: string,
  { transform }: Pick<Sides, 'transform'>,
  direction: Direction,
  operands: readonly string[],
) {
  if (transform.isIdentity) return operands
  return transform[direction].map((_, index) => `${functionName(changeId, direction, index)}(${operands.join(', ')})`)
}

function functionName(changeId: string, direction: Direction, index: number): string {
  return qualified({ schema: syncSchema, name: boundedName(`${direction}${index + 1}_`, changeId) })
}
