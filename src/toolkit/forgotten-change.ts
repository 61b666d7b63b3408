import type { RecordedDeclaration } from '../change/recorded.ts'
import { type ChangeRecord, parseChangeRow, readDeclaration } from '../control/parse-change-row.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { isBefore } from '../phase/phase.ts'

/**
 * The old column that code from after the end of a change has given up: it has neither the declaration nor that column,
 * but the new one. Undefined for code from before the change, which has the old column, and for code without the table.
 */
export function forgottenColumn(
  { schema, table: name, old, new: next }: RecordedDeclaration,
  tables: readonly PhysicalTable[],
): string | undefined {
  const table = tables.find((candidate) => candidate.schema === schema && candidate.name === name)
  const columns = new Set([...(table?.columns.values() ?? [])].map((column) => column.name))
  return next.some((column) => columns.has(column)) ? old.find((column) => !columns.has(column)) : undefined
}

/**
 * Refuses code from after the end of a change that has not ended here: the declaration and the old column were deleted
 * before the drop. Code from before the change is fine in every phase until its writes are refused.
 *
 * Of a row that a hand has edited only what this code needs has to be readable: one change must not stop the services of
 * other tables.
 *
 * @throws ExpandContractError EC_CHANGE_FORGOTTEN, EC_ROW_UNREADABLE where it cannot be told whether the change has ended.
 */
export function refuseForgotten(record: ChangeRecord, tables: readonly PhysicalTable[]): void {
  const declaration = readDeclaration(record)
  if (declaration === undefined) return
  const oldColumn = forgottenColumn(declaration, tables)
  if (oldColumn === undefined) return
  const { id, phase } = parseChangeRow(record)
  if (phase === 'abandoned' || !isBefore(phase, 'contracted')) return
  throw failure('EC_CHANGE_FORGOTTEN', { id, phase, table: declaration.table, oldColumn })
}
