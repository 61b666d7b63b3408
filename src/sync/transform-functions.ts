import type { Sides } from '../change/sides.ts'
import { filledIn, type SqlTransform } from '../change/sql-transform.ts'
import { typeName } from '../drizzle/sql-template.ts'
import { type Direction, directions, valueFunction, verdictFunction } from './transform-values.ts'
import { createVerdictFunction } from './verdict-function.ts'

/**
 * Functions that compute one column of one side from the columns of the other: one implementation of the transform for
 * the trigger, the backfill and the verification. None where values move as they are.
 *
 * Their bodies are parsed when they are created (BEGIN ATOMIC), so the names in a transform mean what they mean to the
 * migration, whoever calls it with whatever search path; what a function that they call does in there is its own business
 * (`checkTransform`). PostgreSQL inlines one where its body is IMMUTABLE as well, so not where the declaration has to
 * promise that (`stableBecause`): there each value costs a call. They are not declared PARALLEL SAFE, since nobody knows
 * whether the functions that they call are.
 *
 * Writers call them in the condition of the trigger, so everybody may.
 */
export function createTransformFunctions(changeId: string, sides: Sides): readonly string[] {
  const { old, next, transform } = sides
  if (transform.isIdentity) return []
  const create = (direction: Direction, from: Sides['old'], to: Sides['next']) =>
    to.map(({ column }, index) => {
      const operands = from.map((_, at) => `$${at + 1}`)
      const body = filledIn(transform[direction][index]!, operands)
      return `CREATE OR REPLACE FUNCTION ${valueFunction(changeId, direction, index)}(${parameterTypes(from)})
RETURNS ${typeName(column)} LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT ${body};
END`
    })
  return [
    ...create('forward', old, next),
    ...create('backward', next, old),
    ...createVerdictFunctions(changeId, sides),
    `GRANT EXECUTE ON FUNCTION ${transformFunctionNames(changeId, transform).join(', ')} TO PUBLIC`,
  ]
}

/** Those of them that know the columns by their names, and so have to be created anew when one is renamed. */
export function createVerdictFunctions(changeId: string, sides: Sides): readonly string[] {
  if (!sides.transform.mayRaise) return []
  const types = parameterTypes([...sides.old, ...sides.next])
  return directions.map((direction) => createVerdictFunction(changeId, direction, sides, types))
}

function parameterTypes(columns: Sides['old']): string {
  return columns.map(({ column }) => typeName(column)).join(', ')
}

/** Statements that remove the functions again, once nothing uses them. */
export function dropTransformFunctions(changeId: string, transform: SqlTransform): readonly string[] {
  return transformFunctionNames(changeId, transform).map((name) => `DROP FUNCTION IF EXISTS ${name}`)
}

/** The functions of a change's transform, quoted, with their schema. */
export function transformFunctionNames(changeId: string, transform: SqlTransform): readonly string[] {
  if (transform.isIdentity) return []
  const ofValues = directions.flatMap((direction) =>
    transform[direction].map((_, index) => valueFunction(changeId, direction, index)),
  )
  const ofVerdicts = directions.map((direction) => verdictFunction(changeId, direction))
  return transform.mayRaise ? [...ofValues, ...ofVerdicts] : ofValues
}
