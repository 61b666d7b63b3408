import type { ChangeContext } from './new-column.ts'

/** What is no error in a change and yet worth a sentence to its author. */
export function notesOf({ change, sides, old, next }: ChangeContext): readonly string[] {
  const where = `Change "${change.id}":`
  const isIndexed = (parts: ChangeContext['old']) =>
    Object.keys(parts.indexes).length + Object.keys(parts.uniqueConstraints).length > 0
  return [
    ...(isIndexed(old) && !isIndexed(next)
      ? [
          `${where} "${sides.old.name}" has an index and "${sides.next.name}" has none, so reads by it will be slow. Declare one in the schema before you merge.`,
        ]
      : []),
    ...(Object.keys(next.checkConstraints).length > Object.keys(old.checkConstraints).length
      ? [
          `${where} "${sides.next.name}" has a check that "${sides.old.name}" has not. The trigger copies what old releases write, so from the expand step on the check holds for them too, and a row that fails it is refused.`,
        ]
      : []),
    ...(old.column.default !== undefined && !old.column.notNull
      ? [
          `${where} "${sides.old.name}" may be NULL and has a default. The default leaves the column with the expand step: an INSERT that leaves it out stores NULL from then on.`,
        ]
      : []),
  ]
}
