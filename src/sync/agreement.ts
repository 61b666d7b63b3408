import type { SqlTransform } from '../change/sql-transform.ts'
import type { PhysicalColumn } from '../drizzle/physical-table.ts'
import type { Side } from '../phase/phase.ts'
import { identifier } from '../sql/identifier.ts'
import { backwardValues, forwardValues } from './transform-values.ts'

/** The columns that are compared, and how the values of one side come from those of the other. */
export interface ComparedSides {
  readonly old: readonly ComparedColumn[]
  readonly next: readonly ComparedColumn[]
  readonly transform: SqlTransform
}

/** A column by its name and its type, as DDL or the catalog has it. */
export type ComparedColumn = Pick<PhysicalColumn, 'name' | 'sqlType'>

/** Expressions for the columns of both sides of one row, each in the order of the columns. */
export interface SideValues {
  readonly old: readonly string[]
  readonly next: readonly string[]
}

/** Both sides of the row that a qualifier names: `t`, `NEW`. */
export function valuesOf({ old, next }: Pick<ComparedSides, 'old' | 'next'>, row: string): SideValues {
  const columns = (side: ComparedSides['old']) => side.map(({ name }) => `${row}.${identifier(name)}`)
  return { old: columns(old), next: columns(next) }
}

/**
 * SQL that is true where the sides of a row do not agree: new is not what `forward` makes of old, nor old what `backward`
 * makes of new. Either suffices, so that a transform that loses something never undoes what a writer of new wrote.
 *
 * While old holds the truth, a new side without any value agrees only where that is what `forward` makes of old: what
 * `backward` makes of nothing says nothing of a row that nobody has filled yet.
 *
 * This is the one test of agreement: the sync trigger, the backfill and the verification all use it, so that what one
 * of them leaves alone none of the others calls a difference.
 */
export function disagree(changeId: string, sides: ComparedSides, values: SideValues, truth: Side = 'old'): string {
  const { next, transform } = sides
  const forward = anyDiffers(values.next, forwardValues(changeId, sides, values.old), next)
  if (transform.isIdentity) return forward
  return `((${forward}) AND NOT ${backwardAgrees(changeId, sides, values, truth === 'new')})`
}

/**
 * SQL that is true where the sides agree by what `backward` makes of new.
 *
 * @param isTruthNew SQL, or whether new holds the truth.
 */
export function backwardAgrees(
  changeId: string,
  sides: ComparedSides,
  values: SideValues,
  isTruthNew: boolean | string,
): string {
  const agrees = `NOT (${anyDiffers(values.old, backwardValues(changeId, sides, values.next), sides.old)})`
  if (isTruthNew === true) return `(${agrees})`
  const given = anyGiven(values.next)
  return `(${isTruthNew === false ? given : `(${isTruthNew} OR ${given})`} AND ${agrees})`
}

/**
 * True where at least one of some values is not NULL. IS DISTINCT FROM NULL: of a composite value, IS NOT NULL would ask
 * whether all its fields are set.
 */
export function anyGiven(values: readonly string[]): string {
  const given = values.map((value) => `${value} IS DISTINCT FROM NULL`).join(' OR ')
  return values.length > 1 ? `(${given})` : given
}

/** True where at least one of some values is not the same as its counterpart. */
export function anyDiffers(left: readonly string[], right: readonly string[], columns: readonly Typed[]): string {
  return columns.map((column, index) => differ(left[index]!, right[index]!, column)).join(' OR ')
}

type Typed = Pick<PhysicalColumn, 'sqlType'>

/**
 * SQL that is true where two values of one type are not the same, NULL counting as a value like any other.
 *
 * **The same** means identical, not equal. Many types hold values that are equal and yet differ: `1.0` and `1.00`
 * (numeric), `-0` and `0` (float), `1 month` and `30 days` (interval), `Ada` and `ADA` (citext, or text with a
 * nondeterministic collation), numbers inside jsonb. A change that took them for the same would lose the write that
 * turns one into the other. Other types (json, xml, point …) have no equality at all.
 *
 * @param left an expression of the type of the column; it is put in parentheses.
 * @param column a column of that type.
 */
export function differ(left: string, right: string, column: Typed): string {
  const type = column.sqlType.toLowerCase()
  if (equalMeansIdentical.test(type)) return `(${left}) IS DISTINCT FROM (${right})`
  if (comparedByBytes.test(type)) return `(${left}) COLLATE "C" IS DISTINCT FROM (${right}) COLLATE "C"`
  // Compares the stored bytes of any type, out-of-line values included; NULLs are identical to each other. It builds a
  // row for each operand, so types that need it less have cheaper forms above. Without the casts PostgreSQL would compare
  // the fields of the rows with the operator.
  return `ROW(${left})::record OPERATOR(pg_catalog.*<>) ROW(${right})::record`
}

/** Fixed-size values with one representation each, and raw bytes. */
const equalMeansIdentical =
  /^(boolean|smallint|integer|bigint|uuid|date|bytea|timestamp( ?\(\d\))?( with(out)? time zone)?|time( ?\(\d\))?( without time zone)?)$/

/** With the collation "C" text is compared by its bytes, whatever collations the two columns have. */
const comparedByBytes = /^(text|(varchar|char|character varying|character)( ?\(\d+\))?)$/
