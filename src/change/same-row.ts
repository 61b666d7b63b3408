import { is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import type { PhysicalColumn, PhysicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'

/** What every change within the rows of one table asks of it. @throws EC_OPTION_INVALID */
export function refuseUnlessTable(id: string, table: unknown): void {
  if (is(table, PgTable)) return
  throw failure('EC_OPTION_INVALID', {
    option: `table of change "${id}"`,
    problem:
      'it is no Drizzle table of PostgreSQL. Views and queries have no columns of their own that could be changed.',
  })
}

/**
 * The columns of both sides.
 *
 * @throws EC_UNKNOWN_KEY, EC_SAME_KEY, EC_NO_PRIMARY_KEY, EC_COLUMN_NOT_CHANGEABLE, and EC_OPTION_INVALID for a side
 *   without columns, or with one twice.
 */
export function refuseUnlessChangeable(
  id: string,
  table: PhysicalTable,
  from: readonly string[],
  to: readonly string[],
): { readonly old: readonly PhysicalColumn[]; readonly next: readonly PhysicalColumn[] } {
  const columns = (option: string, keys: readonly string[]) => {
    const refuse = (problem: string) => failure('EC_OPTION_INVALID', { option: `${option} of change "${id}"`, problem })
    if (keys.length === 0) throw refuse('it names no column.')
    const twice = keys.find((key, index) => keys.indexOf(key) < index)
    if (twice !== undefined) throw refuse(`it names "${twice}" twice.`)
    return keys.map((key) => existingColumn(id, table, key))
  }
  const [old, next] = [columns('from', from), columns('to', to)]
  const onBothSides = from.find((key) => to.includes(key))
  if (onBothSides !== undefined) throw failure('EC_SAME_KEY', { id, key: onBothSides })
  if (table.primaryKey.length === 0) throw failure('EC_NO_PRIMARY_KEY', { id, table: table.name })
  for (const column of [...old, ...next]) {
    const reason = reasonAgainst(column)
    if (reason !== undefined) {
      throw failure('EC_COLUMN_NOT_CHANGEABLE', { id, table: table.name, key: column.key, reason })
    }
  }
  return { old, next }
}

/** Why a column can be on neither side of a change. */
function reasonAgainst(column: PhysicalColumn): string | undefined {
  if (column.isPrimary) return 'it is part of the primary key, by which rows are found while they are filled'
  if (column.isGenerated) return 'the database generates its values, so it cannot be written'
  if (/^(small|big)?serial$/.test(column.sqlType)) {
    return `it is declared as ${column.sqlType}, whose default only the database knows; declare it as an integer with default(sql\`nextval(…)\`), which is the same column`
  }
  return undefined
}

function existingColumn(id: string, table: PhysicalTable, key: string): PhysicalColumn {
  const column = table.columns.get(key)
  if (column === undefined) {
    throw failure('EC_UNKNOWN_KEY', { id, table: table.name, key, keys: [...table.columns.keys()] })
  }
  return column
}
