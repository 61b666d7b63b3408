import type { PhysicalColumn } from '../drizzle/physical-table.ts'

/**
 * SQL that is true where two values of a change's columns are not the same, NULL counting as a value like any other.
 *
 * This is the one test of agreement: the sync trigger, the backfill and the verification all use it, so that what one
 * of them leaves alone none of the others calls a difference.
 *
 * **The same** means identical, not equal. Many types hold values that are equal and yet differ: `1.0` and `1.00`
 * (numeric), `-0` and `0` (float), `1 month` and `30 days` (interval), `Ada` and `ADA` (citext, or text with a
 * nondeterministic collation), numbers inside jsonb. A rename that took them for the same would lose the write that
 * turns one into the other. Other types (json, xml, point …) have no equality at all.
 *
 * @param left an expression of the type of the column; it is put in parentheses.
 * @param column either column of the pair: both have one type.
 */
export function disagree(left: string, right: string, column: Pick<PhysicalColumn, 'sqlType'>): string {
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
