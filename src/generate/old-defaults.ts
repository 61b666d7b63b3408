import type { ColumnSnapshot } from '../drizzle/snapshot.ts'

/**
 * What becomes of the defaults of the old columns. They have to leave their columns: an INSERT that names the new side
 * alone would seem to write both, and be refused or overwritten. Where old is NOT NULL the sync trigger gives it instead.
 */
export function oldDefaults(columns: readonly ColumnSnapshot[]): {
  /** By the name of the column. */
  readonly intoTrigger: ReadonlyMap<string, string>
  /** The defaults to drop, each with the comment of the statement that does. */
  readonly drops: readonly { readonly column: string; readonly why: string }[]
} {
  const withDefault = columns.filter((column) => column.default !== undefined)
  return {
    intoTrigger: new Map(
      withDefault.filter(({ notNull }) => notNull).map(({ name, default: value }) => [name, String(value)]),
    ),
    drops: withDefault.map(({ name, notNull }) => ({ column: name, why: notNull ? whyMoved : whyDropped })),
  }
}

const whyMoved =
  'The default moves into the trigger, which gives it to both columns; old releases see no difference. Catalog only.'
const whyDropped =
  'On the column the default would look like a writer of it. It may be NULL, so a value left out is NULL from now on. Catalog only.'
