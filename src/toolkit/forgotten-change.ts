import type { RecordedDeclaration } from '../change/recorded.ts'
import type { PhysicalTable } from '../drizzle/physical-table.ts'
import { failure } from '../errors/index.ts'
import { isBefore, type Phase } from '../phase/phase.ts'

/** What the database records of a change, as far as a process that does not declare it has to know. */
interface Recorded {
  readonly id: string
  readonly phase: string
  readonly declaration: Readonly<Record<string, unknown>>
}

/**
 * Refuses code from after the end of a change that has not ended here: the declaration and the old column were deleted
 * before the drop. Code from before the change has the old column, and is fine in every phase until that is refused.
 *
 * @throws ExpandContractError EC_CHANGE_FORGOTTEN
 */
export function refuseForgotten(recorded: Recorded, tables: readonly PhysicalTable[]): void {
  if (recorded.phase === 'abandoned' || !isBefore(recorded.phase as Phase, 'contracted')) return
  const { schema, table: name, old, new: next } = recorded.declaration as unknown as RecordedDeclaration
  const table = tables.find((candidate) => candidate.schema === schema && candidate.name === name)
  const columns = new Set([...(table?.columns.values() ?? [])].map((column) => column.name))
  const [oldColumn] = old.filter((column) => !columns.has(column))
  if (oldColumn === undefined || !next.some((column) => columns.has(column))) return
  throw failure('EC_CHANGE_FORGOTTEN', { id: recorded.id, phase: recorded.phase, table: name, oldColumn })
}
