import type { PgTable } from 'drizzle-orm/pg-core'
import { type PhysicalColumn, physicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { asChange, type Change } from './change.ts'
import { type ChangeOptions, checkedId, duration, syncOptions } from './options.ts'
import { refuseUnlessChangeable, refuseUnlessTable } from './same-row.ts'
import { identityTransform } from './transform.ts'
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
  const { old, next } = refuseUnlessChangeable(id, physicalTable(declaration.table), [from], [to])
  const [fromType, toType] = [typeOf(old[0]!), typeOf(next[0]!)]
  if (fromType !== toType) throw failure('EC_TYPE_MISMATCH', { id, from, to, fromType, toType })
  return asChange<RenameTypes<T, From, To>>({
    kind: 'rename-column',
    id,
    table: declaration.table,
    from: [from],
    to: [to],
    transform: identityTransform(from, to),
    flag: declaration.flag ?? id,
    stickiness: declaration.stickiness ?? 'userId',
    ...syncOptions(declaration),
    soakMs: duration(`soak of change "${id}"`, declaration.soak ?? '7 days'),
  })
}

/** The type in the database and in TypeScript: a timestamp as a Date is not one as text. */
function typeOf({ sqlType, column }: PhysicalColumn): string {
  return `${sqlType}, read as ${column.columnType.replace(/^Pg/, '')}`
}
