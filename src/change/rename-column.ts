import { is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { type PhysicalColumn, type PhysicalTable, physicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { asChange, type Change } from './change.ts'
import { type ChangeOptions, checkedId, duration, syncOptions } from './options.ts'
import type { SameData, Simplify } from './types.ts'

/** Names of a rename, for the compiler. */
type RenameTypes<T extends PgTable, From, To> = Simplify<{
  schema: T['_']['schema']
  table: T['_']['name']
  from: From & string
  to: To & string
}>

/**
 * Declares that the values of one column move to another column of the same table.
 *
 * Both columns stand side by side in the Drizzle schema while the change is under way, the new one as it shall end
 * (`notNull`, `default`, `unique`). Repositories speak the new key in every phase.
 *
 * ```ts
 * export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
 * ```
 *
 * @param declaration.table the Drizzle table that holds both columns; it needs a primary key.
 * @param declaration.from TypeScript key of the old column.
 * @param declaration.to TypeScript key of the new column, of the same type.
 * @throws ExpandContractError EC_CHANGE_ID, EC_UNKNOWN_KEY, EC_SAME_KEY, EC_TYPE_MISMATCH, EC_NO_PRIMARY_KEY,
 *   EC_COLUMN_NOT_CHANGEABLE, EC_OPTION_INVALID
 */
export function renameColumn<
  T extends PgTable,
  const From extends keyof T['_']['columns'] & string,
  const To extends SameData<T, NoInfer<From>>[keyof SameData<T, NoInfer<From>>],
>(
  declaration: ChangeOptions & {
    readonly table: T
    readonly from: From
    readonly to: To
  },
): Change<RenameTypes<T, From, To>> {
  const id = checkedId(declaration.id)
  const { from, to } = declaration as { from: string; to: string }
  refuseUnlessTable(id, declaration.table)
  refuseUnlessRenameable(id, physicalTable(declaration.table), from, to)
  return asChange<RenameTypes<T, From, To>>({
    kind: 'rename-column',
    id,
    table: declaration.table,
    from: [from],
    to: [to],
    flag: declaration.flag ?? id,
    stickiness: declaration.stickiness ?? 'userId',
    ...syncOptions(declaration),
    soakMs: duration(`soak of change "${id}"`, declaration.soak ?? '7 days'),
  })
}

function refuseUnlessTable(id: string, table: unknown): void {
  if (is(table, PgTable)) return
  throw failure('EC_OPTION_INVALID', {
    option: `table of change "${id}"`,
    problem:
      'it is no Drizzle table of PostgreSQL. Views and queries have no columns of their own that could be renamed.',
  })
}

function refuseUnlessRenameable(id: string, table: PhysicalTable, from: string, to: string): void {
  const [old, next] = [from, to].map((key) => existingColumn(id, table, key)) as [PhysicalColumn, PhysicalColumn]
  if (from === to) throw failure('EC_SAME_KEY', { id, key: from })
  if (table.primaryKey.length === 0) throw failure('EC_NO_PRIMARY_KEY', { id, table: table.name })
  for (const column of [old, next]) {
    const reason = reasonAgainst(column)
    if (reason !== undefined) {
      throw failure('EC_COLUMN_NOT_CHANGEABLE', { id, table: table.name, key: column.key, reason })
    }
  }
  if (typeOf(old) !== typeOf(next)) {
    throw failure('EC_TYPE_MISMATCH', { id, from, to, fromType: typeOf(old), toType: typeOf(next) })
  }
}

/** Why a column can be neither side of a rename. */
function reasonAgainst(column: PhysicalColumn): string | undefined {
  if (column.isPrimary) return 'it is part of the primary key, by which rows are found while they are filled'
  if (column.isGenerated) return 'the database generates its values, so it cannot be written'
  if (/^(small|big)?serial$/.test(column.sqlType)) {
    return `it is declared as ${column.sqlType}, whose default only the database knows; declare it as an integer with default(sql\`nextval(…)\`), which is the same column`
  }
  return undefined
}

/** The type in the database and in TypeScript: a timestamp as a Date is not one as text. */
function typeOf({ sqlType, column }: PhysicalColumn): string {
  return `${sqlType}, read as ${column.columnType.replace(/^Pg/, '')}`
}

function existingColumn(id: string, table: PhysicalTable, key: string): PhysicalColumn {
  const column = table.columns.get(key)
  if (column === undefined) {
    throw failure('EC_UNKNOWN_KEY', { id, table: table.name, key, keys: [...table.columns.keys()] })
  }
  return column
}
