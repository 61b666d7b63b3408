import { uniqueNames } from '../drizzle/column-parts.ts'
import type { ChangeContext } from './change-context.ts'
import { forCount, quotedColumns } from './in-words.ts'

/** What is no error in a change and yet worth a sentence to its author. */
export function notesOf(context: ChangeContext): readonly string[] {
  const { change, sides, old, next } = context
  const where = `Change "${change.id}":`
  const [oldNames, newNames] = [quotedColumns(sides.old), quotedColumns(sides.next)]
  const have = (side: readonly unknown[]) => forCount(side, 'has', 'have')
  const isIndexed = (parts: ChangeContext['old']) =>
    Object.keys(parts.indexes).length + Object.keys(parts.uniqueConstraints).length > 0
  return [
    ...(isIndexed(old) && !isIndexed(next)
      ? [
          `${where} ${oldNames} ${have(sides.old)} an index and ${newNames} ${have(sides.next)} none, so reads by ${forCount(sides.next, 'it', 'them')} will be slow. Declare one in the schema before you merge.`,
        ]
      : []),
    ...(Object.keys(next.checkConstraints).length > Object.keys(old.checkConstraints).length
      ? [
          change.sync === 'trigger'
            ? `${where} ${newNames} ${have(sides.next)} a check that ${oldNames} ${have(sides.old)} not. The trigger copies what old releases write, so from the expand step on the check holds for them too, and a row that fails it is refused.`
            : `${where} ${newNames} ${have(sides.next)} a check that ${oldNames} ${have(sides.old)} not. From dual-write on a row that fails it is refused, and a row that is there already stops the backfill.`,
        ]
      : []),
    ...old.columns
      .filter((column) => change.sync === 'trigger' && column.default !== undefined && !column.notNull)
      .map(
        ({ name }) =>
          `${where} "${name}" may be NULL and has a default. The default leaves the column with the expand step: an INSERT that leaves it out stores NULL from then on.`,
      ),
    ...(sides.transform.isIdentity ? [] : notesOfTransform(where, context)),
    ...(change.copyBack ? [] : notesWithoutCopyBack(where, context)),
  ]
}

function notesOfTransform(where: string, { sides, old, next }: ChangeContext): readonly string[] {
  const names = quotedColumns(sides.next)
  const mayBeNull = old.columns.some(({ notNull }) => !notNull)
  const required = next.columns.filter(({ notNull }) => notNull)
  return [
    ...(uniqueNames(next).length === 0
      ? []
      : [
          `${where} "${uniqueNames(next).join('", "')}" of ${names} refuses rows that \`forward\` makes the same: the handover stops at them, and from then on so do writes of old releases.`,
        ]),
    ...(mayBeNull && required.length > 0
      ? [
          `${where} ${quotedColumns(sides.old)} may be NULL and ${quotedColumns(required)} may not. Where \`forward\` makes NULL of it, the handover stops, and from then on so do writes of old releases.`,
        ]
      : []),
  ]
}

function notesWithoutCopyBack(where: string, { sides, old }: ChangeContext): readonly string[] {
  const names = quotedColumns(sides.old)
  const are = forCount(sides.old, 'is', 'are')
  const constraints = [...Object.keys(old.checkConstraints), ...Object.keys(old.foreignKeys)]
  const unique = uniqueNames(old)
  return [
    ...(constraints.length === 0
      ? []
      : [
          `${where} the handover takes "${constraints.join('", "')}" from ${names}, which ${are} not written from new-only on. On the way back they do not return.`,
        ]),
    ...(unique.length === 0
      ? []
      : [
          `${where} ${names} ${are} unique and ${forCount(sides.old, 'stays', 'stay')} behind from new-only on. An old release may then be refused a value that another row has given up, and so may \`back\` while it fills ${names}.`,
        ]),
  ]
}
