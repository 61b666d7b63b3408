import { uniqueNames } from '../drizzle/column-parts.ts'
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
          change.sync === 'trigger'
            ? `${where} "${sides.next.name}" has a check that "${sides.old.name}" has not. The trigger copies what old releases write, so from the expand step on the check holds for them too, and a row that fails it is refused.`
            : `${where} "${sides.next.name}" has a check that "${sides.old.name}" has not. From dual-write on a row that fails it is refused, and a row that is there already stops the backfill.`,
        ]
      : []),
    ...(change.sync === 'trigger' && old.column.default !== undefined && !old.column.notNull
      ? [
          `${where} "${sides.old.name}" may be NULL and has a default. The default leaves the column with the expand step: an INSERT that leaves it out stores NULL from then on.`,
        ]
      : []),
    ...(change.copyBack ? [] : notesWithoutCopyBack(where, sides.old.name, old)),
  ]
}

function notesWithoutCopyBack(where: string, name: string, old: ChangeContext['old']): readonly string[] {
  const constraints = [...Object.keys(old.checkConstraints), ...Object.keys(old.foreignKeys)]
  const unique = uniqueNames(old)
  return [
    ...(constraints.length === 0
      ? []
      : [
          `${where} the handover takes "${constraints.join('", "')}" from "${name}", which is not written from new-only on. On the way back they do not return.`,
        ]),
    ...(unique.length === 0
      ? []
      : [
          `${where} "${name}" is unique and stays behind from new-only on. An old release may then be refused a value that another row has given up, and so may \`back\` while it fills "${name}".`,
        ]),
  ]
}
