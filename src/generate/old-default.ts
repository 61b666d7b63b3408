import type { ColumnSnapshot } from '../drizzle/snapshot.ts'

/**
 * What becomes of the old column's default. It has to leave the column: an INSERT that names the new side alone would
 * seem to write both, and be refused or overwritten. Where old is NOT NULL the sync trigger gives it instead.
 */
export function oldDefault({ default: value, notNull }: ColumnSnapshot): {
  readonly intoTrigger: string | undefined
  /** The comment of the statement that drops it; undefined where there is none to drop. */
  readonly why: string | undefined
} {
  if (value === undefined) return { intoTrigger: undefined, why: undefined }
  return notNull
    ? {
        intoTrigger: String(value),
        why: 'The default moves into the trigger, which gives it to both columns; old releases see no difference. Catalog only.',
      }
    : {
        intoTrigger: undefined,
        why: 'On the column the default would look like a writer of it. It may be NULL, so a value left out is NULL from now on. Catalog only.',
      }
}
