import type { Sides } from '../change/sides.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, qualified } from '../sql/identifier.ts'
import { anyDiffers, backwardAgrees } from './agreement.ts'
import { type Direction, forwardValues, valuesBy, verdictFunction } from './transform-values.ts'

/**
 * The function that judges a row whose transform may raise, and never raises itself: one row must not fail a statement
 * that walks a table. Its parameters are the old and the new columns; it gives
 *
 * - NULL where the sides agree, by either direction,
 * - an empty text where they do not, and the one side can be made from the other,
 * - the SQLSTATE and the column where the transform rejects what it would be made from.
 *
 * Its search path is that of the sync function, so that both come to the same whoever calls it. Measured, a call takes
 * 1.7 µs with it and 1 µs without, beside what reading the row takes.
 *
 * It is called in WHERE and in SET, never as a table: PostgreSQL evaluates it anew for a row that it has waited for.
 */
export function createVerdictFunction(
  changeId: string,
  direction: Direction,
  sides: Sides,
  parameterTypes: string,
): string {
  const { table, old, next } = sides
  const parameters = [...old, ...next].map((_, index) => `$${index + 1}`)
  const values = { old: parameters.slice(0, old.length), next: parameters.slice(old.length) }
  const [from, to] =
    direction === 'forward'
      ? ([values.old, { columns: next, values: values.next }] as const)
      : ([values.next, { columns: old, values: values.old }] as const)
  const agreesOtherwise =
    direction === 'forward'
      ? backwardAgrees(changeId, sides, values, false)
      : `NOT (${anyDiffers(values.next, forwardValues(changeId, sides, values.old), next)})`
  const made = to.columns.map((_, index) => `made${index + 1}`)
  const body = `
DECLARE
  ${typedAs(table, to.columns, made).join('\n  ')}
  making text;
  verdict text := '';
BEGIN
  BEGIN
    ${makeEach(to.columns, made, valuesBy(direction, changeId, sides, from)).join('\n    ')}
    IF NOT (${anyDiffers(to.values, made, to.columns)}) THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    verdict := SQLSTATE || ' ' || making;
  END;
  BEGIN
    IF ${agreesOtherwise} THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL; -- rejected in the other direction as well
  END;
  RETURN verdict;
END`
  return `CREATE OR REPLACE FUNCTION ${verdictFunction(changeId, direction)}(${parameterTypes})
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS ${dollarQuoted(body, 'verdict')}`
}

/**
 * Declarations of variables of the types of columns, with their lengths: what is assigned to one is rejected where the
 * column would reject it.
 */
export function typedAs(table: Sides['table'], columns: Sides['old'], variables: readonly string[]): readonly string[] {
  return columns.map(({ name }, index) => `${variables[index]} ${qualified(table)}.${identifier(name)}%TYPE;`)
}

/** Assigns values to variables, one after the other; `making` says for which column, should one of them raise. */
export function makeEach(
  columns: Sides['old'],
  variables: readonly string[],
  values: readonly string[],
): readonly string[] {
  return columns.map(({ name }, index) => `making := ${literal(name)}; ${variables[index]} := ${values[index]};`)
}
