import type { RecordedDeclaration } from '../change/recorded.ts'
import type { ChangeRow } from '../control/change-row.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { isBefore } from '../phase/phase.ts'

/** What the database records of a change, as far as code that does not declare it has to know. */
type Recorded = Pick<ChangeRow, 'id' | 'phase' | 'declaration'>

/**
 * The old column that code from after the end of a change has given up: it has neither the declaration nor that column,
 * but the new one. Undefined for code from before the change, which has the old column, and for code without the table.
 */
export function forgottenColumn({ declaration }: Recorded, tables: readonly PhysicalTable[]): string | undefined {
  const { schema, table: name, old, new: next } = declaration as unknown as RecordedDeclaration
  const table = tables.find((candidate) => candidate.schema === schema && candidate.name === name)
  const columns = new Set([...(table?.columns.values() ?? [])].map((column) => column.name))
  return next.some((column) => columns.has(column)) ? old.find((column) => !columns.has(column)) : undefined
}

/**
 * Refuses code from after the end of a change that has not ended here: the declaration and the old column were deleted
 * before the drop. Code from before the change is fine in every phase until its writes are refused.
 *
 * @throws ExpandContractError EC_CHANGE_FORGOTTEN
 */
export function refuseForgotten(recorded: Recorded, tables: readonly PhysicalTable[]): void {
  const { id, phase, declaration } = recorded
  if (phase === 'abandoned' || !isBefore(phase, 'contracted')) return
  const oldColumn = forgottenColumn(recorded, tables)
  if (oldColumn === undefined) return
  throw failure('EC_CHANGE_FORGOTTEN', { id, phase, table: String(declaration.table), oldColumn })
}
