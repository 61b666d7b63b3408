import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { columnsOf } from '../drizzle/clone-table.ts'
import type { TableVariant } from '../drizzle/variant-table.ts'
import { errorCode } from '../errors/index.ts'
import { updateValues, type Values } from './write-values.ts'

/** Sets everything that the row gave, except the keys by which the conflict was found, and what `$onUpdate` asks for. */
export function setAllGiven(variant: TableVariant, row: Values, target: readonly string[]): Values {
  const columns = columnsOf(variant.excluded)
  const ofTarget = new Set(target.flatMap((key) => sidesOf(variant, key)))
  const given = Object.keys(row).flatMap((key) => (row[key] === undefined ? [] : sidesOf(variant, key)))
  const toSet = given.filter((key) => !ofTarget.has(key))
  return { ...updateValues(variant, {}), ...Object.fromEntries(toSet.map((key) => [key, excluded(columns[key]!)])) }
}

/** Sets nothing anew, so that PostgreSQL returns the row that is there, which DO NOTHING does not. */
export function setNothing(variant: TableVariant, target: readonly string[]): Values {
  const columns = columnsOf(variant.excluded)
  return Object.fromEntries(target.map((key) => [key, excluded(columns[key]!)]))
}

function sidesOf(variant: TableVariant, key: string): readonly string[] {
  const twinKey = variant.writes.find((write) => write.key === key)?.twinKey
  return twinKey === undefined ? [key] : [key, twinKey]
}

function excluded(column: PgColumn): SQL {
  return sql`excluded.${sql.identifier(column.name)}`
}

/** SQLSTATE of a unique violation. */
const uniqueViolation = '23505'
const attempts = 5

/**
 * While both columns of a change are unique, ON CONFLICT names one of them. Of two upserts of the same new row at the
 * same moment, one may meet the other at the index of the twin first, where PostgreSQL raises an error instead of
 * updating. By then the other one has committed, so the next attempt finds its row.
 */
export async function retryTwinConflict<R>(attempt: () => Promise<R>): Promise<R> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (number === attempts || errorCode(error) !== uniqueViolation) throw error
    }
  }
}

/** True where the conflict is looked for in one of two columns that are written and unique. */
export function hasTwinTarget(variant: TableVariant, target: readonly string[]): boolean {
  return variant.writes.some(({ key, twinKey }) => twinKey !== undefined && target.includes(key))
}
