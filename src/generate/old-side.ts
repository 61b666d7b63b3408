import { columnParts } from '../drizzle/column-parts.ts'
import type { Snapshot } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import type { GeneratedChange } from './generated-changes.ts'

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
      const [before, after] = [columnParts(from, table, column), columnParts(to, table, column)]
      if (before === undefined || after === undefined || JSON.stringify(before) === JSON.stringify(after)) continue
      throw failure('EC_GENERATE', {
        problem: `The schema changes column "${column}" of table "${declaration.table}", or an index, constraint, policy or view of it. The column is the old side of change "${id}", and in a fresh database ${tags.drop} has dropped it before a migration written now would run.`,
        advice: `Leave "${column}" and what hangs on it as it is; it goes with the second pull request. Make the change on "${declaration.new.join('", "')}" instead.`,
      })
    }
  }
}
