import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

/** What Drizzle's columns of arrays and enums hold beyond their declared type. */
interface ColumnInsides {
  readonly baseColumn?: PgColumn
  readonly enum?: { readonly enumName: string; readonly schema?: string | undefined }
  readonly dimensions?: number
}

/**
 * The type of a column as the target of a cast.
 *
 * Without its length or precision: an explicit cast to `varchar(3)` cuts a value that is too long, where the assignment
 * that follows raises an error, as it does without the cast.
 */
export function castType(column: PgColumn): SQL {
  return typeOf(column, withoutModifier)
}

/**
 * The type of a column as the target of a cast after which a value is as the column would store it: with the precision of
 * types that round to it. A value that is too long for its column is not cut: storing it raises an error.
 */
export function storedType(column: PgColumn): SQL {
  return typeOf(column, (type) => (roundsToPrecision.test(type) ? type : withoutModifier(type)))
}

const roundsToPrecision = /^(numeric|decimal|dec|timestamp|timestamptz|time|timetz|interval)\b/i

function typeOf(column: PgColumn, named: (type: string) => string): SQL {
  const { baseColumn, enum: enumType, dimensions = 0 } = column as PgColumn & ColumnInsides
  // An array is a column around another one in Drizzle 0.45, and a property of the column in Drizzle 1.0.
  if (baseColumn !== undefined) return sql`${typeOf(baseColumn, named)}[]`
  const element = enumType === undefined ? sql.raw(named(column.getSQLType())) : enumName(enumType)
  return sql`${element}${sql.raw('[]'.repeat(dimensions))}`
}

function enumName({ enumName, schema }: NonNullable<ColumnInsides['enum']>): SQL {
  const name = sql.identifier(enumName)
  return schema === undefined ? sql`${name}` : sql`${sql.identifier(schema)}.${name}`
}

/** Types that mean a length of 1 where they are written without one, and the unlimited type in their place. */
const unlimited: Readonly<Record<string, string>> = { char: 'bpchar', character: 'bpchar', bit: 'varbit' }

function withoutModifier(type: string): string {
  const bare = type.replace(/\s*\([^)]*\)/g, '')
  const base = bare.replace(/(\[\d*\])+$/, '')
  return `${unlimited[base] ?? base}${bare.slice(base.length)}`
}
