import { Column, is, Param, Placeholder, SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { cloneColumn } from './clone-table.ts'
import { computedFrom, type PlaceOf, type SharedExpression } from './evaluate-once.ts'
import { filledWith, type Template } from './sql-template.ts'

/** The value of a column in a row that is written: as such, and as an operand of what is computed from it. */
export interface WrittenValue {
  /** The expressions in it that have to be evaluated once. */
  readonly shared: readonly SharedExpression[]
  /** What Drizzle is given for the column. */
  readonly itself: (placeOf: PlaceOf) => unknown
  readonly operand: (placeOf: PlaceOf) => SQL
}

/** Hands a value to Drizzle, as one entry of a row or a patch. */
export function entryOf({ shared, itself }: WrittenValue): unknown {
  if (shared.length > 0) return computedFrom(shared, (placeOf) => itself(placeOf) as SQL)
  return itself(noPlace)
}

const noPlace: PlaceOf = () => {
  throw new Error('a value without shared expressions asks for none')
}

/** A value that goes to one column and nothing is computed from: Drizzle encodes it with that column. */
export function passedOn(value: unknown): WrittenValue {
  return { shared: [], itself: () => value, operand: () => sql`${value}` }
}

/** The value of a column in the row that is there. */
export function columnValue(column: PgColumn): WrittenValue {
  return { shared: [], itself: () => sql`${column}`, operand: () => sql`${column}` }
}

/**
 * What a caller gave for a column, wherever it is needed: an expression is evaluated once, a literal encoded once.
 *
 * @param type that of the column, which the value has as an operand: PostgreSQL could not tell it of a parameter.
 */
export function givenValue(value: unknown, column: PgColumn, type: SQL): WrittenValue {
  if (is(value, SQL)) return evaluated({ expression: value, type })
  const cast = (operand: unknown) => sql`cast(${operand} as ${type})`
  if (value === null || is(value, Column) || is(value, Param)) {
    return { shared: [], itself: () => value, operand: () => cast(value) }
  }
  if (is(value, Placeholder)) return { shared: [], itself: () => value, operand: () => cast(new Param(value, column)) }
  const driverValue: unknown = column.mapToDriverValue(value)
  if (is(driverValue, SQL)) return evaluated({ expression: driverValue, type })
  const parameter = () => new SQL([new Param(driverValue, takingEncoded(column))])
  return { shared: [], itself: parameter, operand: () => cast(parameter()) }
}

function evaluated(shared: SharedExpression): WrittenValue {
  const place = (placeOf: PlaceOf) => placeOf(shared)
  return { shared: [shared], itself: place, operand: place }
}

const encodedColumns = new WeakMap<PgColumn, PgColumn>()

/** The same column, which takes a value as it has encoded it before. Made once for each. */
function takingEncoded(column: PgColumn): PgColumn {
  let known = encodedColumns.get(column)
  if (known === undefined) {
    known = cloneColumn(column, { mapToDriverValue: (value: unknown) => value as never })
    encodedColumns.set(column, known)
  }
  return known
}

/** What a template makes of values; one that is an operand and nothing else hands on the value itself. */
export function transformed(template: Template, values: readonly WrittenValue[]): WrittenValue {
  const [only] = template
  if (template.length === 1 && typeof only === 'number') return values[only]!
  const operands = new Set(template.filter((part) => typeof part === 'number').map((index) => values[index]!))
  const filled = (placeOf: PlaceOf) =>
    filledWith(
      template,
      values.map(({ operand }) => operand(placeOf)),
    )
  return { shared: [...new Set([...operands].flatMap(({ shared }) => shared))], itself: filled, operand: filled }
}
