import { Column, is, Param, Placeholder, SQL, type SQLChunk, Subquery, sql, Table, View } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { literal } from '../sql/identifier.ts'
import { castType, storedType } from './cast-type.ts'
import type { PhysicalColumn } from './physical-table.ts'

/** SQL text with places for operands: a number stands for the operand of that index. */
export type Template = readonly (string | number)[]

/** The value of a parameter that stands for an operand. */
class Operand {
  readonly index: number
  constructor(index: number) {
    this.index = index
  }
}

/** Separates operands from text: no SQL text can hold it. */
const separator = '\0'

/**
 * The text of what `build` makes of operands, for each of some columns in their order, as the column would store it.
 * Values become literals, since DDL takes no parameters.
 *
 * @param results keys of the results, in the order of `columns`.
 * @param keys keys of the operands; a number in the templates is an index of this list.
 * @throws TransformProblem where it names anything but its operands, or a value that has no literal of one meaning.
 */
export function operandTemplates(
  keys: readonly string[],
  results: readonly string[],
  columns: readonly PhysicalColumn[],
  build: (operands: Readonly<Record<string, SQL>>) => Readonly<Record<string, SQL>>,
): readonly Template[] {
  const built: Readonly<Record<string, unknown>> = build(operandsOf(keys))
  return results.map((key, index) => {
    const expression = built[key]
    if (!is(expression, SQL)) throw new TransformProblem(`it gives no SQL expression for "${key}"`)
    expression.queryChunks.forEach(refuseOtherNames)
    return templateOf(sql`CAST(${expression} AS ${storedType(columns[index]!.column)})`)
  })
}

/** An expression for each key; any other key is refused, since what is undefined leaves a hole in the text. */
function operandsOf(keys: readonly string[]): Readonly<Record<string, SQL>> {
  const operands = new Map<string | symbol, SQL>(
    keys.map((key, index) => [key, new SQL([new Param(new Operand(index))])]),
  )
  return new Proxy(Object.fromEntries(operands), {
    get: (_, key) => {
      const operand = operands.get(key)
      if (operand === undefined) throw new TransformProblem(`it uses "${String(key)}", which is none of its operands`)
      return operand
    },
  })
}

/** A template as SQL for a query; each operand is put in parentheses. */
export function filledWith(template: Template, operands: readonly SQLChunk[]): SQL {
  return new SQL(template.flatMap((part) => (typeof part === 'number' ? sql`(${operands[part]!})` : sql.raw(part))))
}

/** The text of SQL without parameters, for a place that takes text alone. */
export function sqlText(expression: SQL): string {
  return textDialect.sqlToQuery(expression).sql
}

/** The type of a column as text, to cast to: without its length or precision. */
export function typeName(column: PhysicalColumn['column']): string {
  return sqlText(castType(column))
}

/** What is wrong with a transform, to be told with the change that it belongs to. */
export class TransformProblem extends Error {}

function templateOf(expression: SQL): Template {
  const parts = textDialect.sqlToQuery(expression).sql.split(separator)
  // Text and indexes alternate.
  return parts.map((part, at) => (at % 2 === 0 ? part : Number(part))).filter((part) => part !== '')
}

const textDialect: PgDialect = Object.assign(Object.create(new PgDialect()) as PgDialect, {
  escapeParam: (_number: number, value?: unknown): string =>
    value instanceof Operand ? `${separator}${value.index}${separator}` : literalOf(value),
})

function literalOf(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return checkedText(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return `(${value})`
  if (typeof value === 'number' && Number.isFinite(value)) return `(${value})`
  throw new TransformProblem(
    `it holds a value (${typeof value === 'object' ? value.constructor.name : String(typeof value)}) that has no literal of one meaning; write it into the SQL text, a time with its zone`,
  )
}

function checkedText(value: string): string {
  if (value.includes(separator)) throw new TransformProblem('it holds a text with a NUL, which PostgreSQL cannot store')
  return literal(value)
}

/** Operands stand for the columns; whatever else a transform names is not there in a trigger. */
function refuseOtherNames(chunk: unknown): void {
  if (Array.isArray(chunk)) chunk.forEach(refuseOtherNames)
  else if (is(chunk, SQL)) chunk.queryChunks.forEach(refuseOtherNames)
  else if (is(chunk, SQL.Aliased)) refuseOtherNames(chunk.sql)
  else if (otherNames.some((kind) => is(chunk, kind))) {
    throw new TransformProblem('it names a table, a column or a placeholder; it may use its operands alone')
  }
}

const otherNames = [Column, Table, View, Subquery, Placeholder]
