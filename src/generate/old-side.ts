import { type ColumnParts, columnParts } from '../drizzle/column-parts.ts'
import type { Snapshot } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import type { GeneratedChange } from './generated-changes.ts'
import { quotedColumns, quotedList } from './in-words.ts'
import type { PendingChange } from './pending-changes.ts'

/**
 * Refuses to take an index, a constraint, a policy or a view from an old column of a change that is declared only now.
 * It would be an ordinary migration, applied at once: what moves to a new column under its old name would be gone from
 * the old one while that is still read and written. What is added may come along.
 *
 * @throws ExpandContractError EC_GENERATE
 */
export function refuseMovedParts(from: Snapshot, to: Snapshot, pending: readonly PendingChange[]): void {
  for (const { change, sides } of pending) {
    for (const { name } of sides.old) {
      const [before, after] = [columnParts(from, sides.table, [name]), columnParts(to, sides.table, [name])]
      if (before === undefined || after === undefined) continue
      const missing = takenFrom(before, after)
      if (missing === undefined) continue
      throw failure('EC_GENERATE', {
        problem: `"${missing}" of the old column "${name}" of table "${sides.table.name}" changes or goes together with change "${change.id}". That would be applied at once, while the column is still in use.`,
        advice: `Keep it on "${name}" as it is, and give what belongs to ${quotedColumns(sides.next)} a name of its own. If the difference has nothing to do with the change, generate it before the change is declared.`,
      })
    }
  }
}

/** The name of the first index, constraint, policy or view that is not as it was. */
function takenFrom(before: ColumnParts, after: ColumnParts): string | undefined {
  const groups = ['indexes', 'uniqueConstraints', 'checkConstraints', 'foreignKeys', 'policies', 'views'] as const
  return groups
    .flatMap((group) =>
      Object.keys(before[group]).filter(
        (name) => JSON.stringify(before[group][name]) !== JSON.stringify(after[group][name]),
      ),
    )
    .at(0)
}

/**
 * Refuses differences that concern the old column of a change under way. In a fresh database all four steps run before a
 * migration that is generated now, so it would name a column, or an index of it, that has gone.
 *
 * @throws ExpandContractError EC_GENERATE
 */
export function refuseChangesOfOldSides(from: Snapshot, to: Snapshot, changes: Iterable<GeneratedChange>): void {
  for (const { id, declaration, tags } of changes) {
    const table = { schema: declaration.schema, name: declaration.table }
    for (const column of declaration.old) {
      const [before, after] = [columnParts(from, table, [column]), columnParts(to, table, [column])]
      if (before === undefined || after === undefined || JSON.stringify(before) === JSON.stringify(after)) continue
      throw failure('EC_GENERATE', {
        problem: `The schema changes column "${column}" of table "${declaration.table}", or an index, constraint, policy or view of it. The column is the old side of change "${id}", and in a fresh database ${tags.drop} has dropped it before a migration written now would run.`,
        advice: `Leave "${column}" and what hangs on it as it is; it goes with the second pull request. Make the change on ${quotedList(declaration.new)} instead.`,
      })
    }
  }
}
