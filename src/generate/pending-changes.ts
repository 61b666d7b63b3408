import type { AnyChange } from '../change/change.ts'
import { differences, recordedDeclaration } from '../change/recorded.ts'
import { type Sides, sidesOf } from '../change/sides.ts'
import { withoutColumns } from '../drizzle/column-parts.ts'
import type { Casing } from '../drizzle/physical-table.ts'
import type { Snapshot } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import { type GeneratedChange, hasColumns } from './generated-changes.ts'
import { quotedList } from './in-words.ts'

/** A declared change that gets its files in this run. */
export interface PendingChange {
  readonly change: AnyChange
  readonly sides: Sides
}

/** The schema without any new column, then with those of the first change, and so on up to the schema itself. */
export function layersOf(declared: Snapshot, pending: readonly PendingChange[]): readonly Snapshot[] {
  const layers = [declared]
  for (const { sides } of pending.toReversed()) {
    layers.unshift(
      withoutColumns(
        layers[0]!,
        sides.table,
        sides.next.map(({ name }) => name),
      ),
    )
  }
  return layers
}

/**
 * The declared changes that have no files yet.
 *
 * @throws ExpandContractError EC_GENERATE where the files of a change are those of another declaration.
 */
export function pendingChanges(
  changes: readonly AnyChange[],
  casing: Casing | undefined,
  declared: Snapshot,
  generated: ReadonlyMap<string, GeneratedChange>,
): readonly PendingChange[] {
  const pending: PendingChange[] = []
  for (const change of changes) {
    const sides = sidesOf(change, casing)
    const declaration = recordedDeclaration(change, sides)
    const files = generated.get(change.id)
    if (files !== undefined) {
      refuseAbandoned(files)
      refuseAnotherDeclaration(change, differences(files.declaration, declaration))
    } else if (hasColumns(declared, declaration, [...declaration.old, ...declaration.new])) {
      pending.push({ change, sides })
    } else {
      throw failure('EC_GENERATE', {
        problem: `Change "${change.id}" is declared for table "${sides.table.name}", but the schema has no such table with columns ${quotedList([...declaration.old, ...declaration.new])}.`,
        advice:
          'Name the file that exports the table in "schema" of the configuration, with the same `casing` as your database instance has.',
      })
    }
  }
  return pending
}

function refuseAbandoned({ id, tags }: GeneratedChange): void {
  if (tags.abandon === undefined) return
  throw failure('EC_GENERATE', {
    problem: `Change "${id}" was abandoned (${tags.abandon}), and databases have recorded that.`,
    advice: 'Declare the change under another id.',
  })
}

function refuseAnotherDeclaration(change: AnyChange, found: readonly string[]): void {
  if (found.length === 0) return
  throw failure('EC_GENERATE', {
    problem: `Change "${change.id}" has migration files that were generated from another declaration (${found.join('; ')}).`,
    advice: 'Give the new change an id of its own, or restore the declaration.',
  })
}
