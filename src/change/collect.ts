import { physicalTable, tableIdentity } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { type AnyChange, type Changes, isChange } from './change.ts'

/**
 * All changes of a module, record or array, in the order of their declaration.
 *
 * @throws ExpandContractError EC_CHANGE_ID_TAKEN where two share an id, EC_OVERLAPPING_CHANGES where two use one column.
 */
export function collectChanges(changes: Changes): readonly AnyChange[] {
  const collected = new Map<string, AnyChange>()
  for (const change of new Set(Object.values(changes).filter(isChange))) {
    if (collected.has(change.id)) throw failure('EC_CHANGE_ID_TAKEN', { id: change.id })
    collected.set(change.id, change)
  }
  refuseOverlap([...collected.values()])
  return [...collected.values()]
}

/** Two changes on one table may run side by side as long as no column belongs to both. */
function refuseOverlap(changes: readonly AnyChange[]): void {
  const users = new Map<string, AnyChange>()
  for (const change of changes) {
    for (const key of [...change.from, ...change.to]) {
      const column = `${tableIdentity(change.table)}.${key}`
      const other = users.get(column)
      if (other !== undefined) {
        throw failure('EC_OVERLAPPING_CHANGES', {
          first: other.id,
          second: change.id,
          table: physicalTable(change.table).name,
          key,
        })
      }
      users.set(column, change)
    }
  }
}

/** The changes of one table. */
export function changesOf(changes: readonly AnyChange[], table: AnyChange['table']): readonly AnyChange[] {
  const identity = tableIdentity(table)
  return changes.filter((change) => tableIdentity(change.table) === identity)
}
