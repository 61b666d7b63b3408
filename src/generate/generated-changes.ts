import type { RecordedDeclaration } from '../change/recorded.ts'
import { type ForwardStep, readStepHead, type Step, steps } from '../change/step.ts'
import type { KitFolder } from '../drizzle/kit-folder.ts'
import { type Snapshot, tableKey } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'

/** A change whose four files are in the folder, and perhaps the fifth that gives it up. */
export interface GeneratedChange {
  readonly id: string
  readonly declaration: RecordedDeclaration
  /** Tag of the migration of each step. */
  readonly tags: Tags
  /** The schema has given one of the columns up since: the old one after the drop, or the new one of an abandoned change. */
  readonly isClosed: boolean
}

type Tags = Readonly<Record<ForwardStep, string> & { abandon?: string }>

/**
 * The changes that the step files of a folder belong to, by id.
 *
 * @throws ExpandContractError EC_GENERATE where a change has some of its steps only.
 */
export function generatedChanges(folder: KitFolder): ReadonlyMap<string, GeneratedChange> {
  const found = new Map<string, { declaration: RecordedDeclaration; tags: Partial<Record<Step, string>> }>()
  for (const { tag } of folder.entries) {
    const { header, declaration } = readStepHead(folder.texts.get(tag)!) ?? {}
    if (header === undefined || declaration === undefined) continue
    const { tags } = found.get(header.changeId) ?? { tags: {} }
    found.set(header.changeId, { declaration, tags: { ...tags, [header.step]: tag } })
  }
  return new Map([...found].map(([id, { declaration, tags }]) => [id, complete(folder, id, declaration, tags)]))
}

function complete(
  folder: KitFolder,
  id: string,
  declaration: RecordedDeclaration,
  tags: Partial<Record<Step, string>>,
): GeneratedChange {
  const missing = steps.filter((step) => tags[step] === undefined)
  if (missing.length > 0) {
    throw failure('EC_GENERATE', {
      problem: `Change "${id}" has migration files for some of its steps in ${folder.path}, but none for: ${missing.join(', ')}.`,
      advice: 'Restore the files and their journal entries from version control; the four steps belong together.',
    })
  }
  const all = tags as Tags
  return { id, declaration, tags: all, isClosed: all.abandon !== undefined || isClosed(folder, declaration, all.drop) }
}

function isClosed(folder: KitFolder, declaration: RecordedDeclaration, dropTag: string): boolean {
  const tags = folder.entries.map(({ tag }) => tag)
  return tags.slice(tags.indexOf(dropTag)).some((tag) => {
    const snapshot = folder.snapshots.get(tag)
    return snapshot !== undefined && !hasColumns(snapshot, declaration, declaration.old)
  })
}

/** True where the snapshot has the table of a change with all of these columns. */
export function hasColumns(snapshot: Snapshot, declaration: RecordedDeclaration, columns: readonly string[]): boolean {
  const table = snapshot.tables[tableKey({ schema: declaration.schema, name: declaration.table })]
  return table !== undefined && columns.every((column) => table.columns[column] !== undefined)
}
