import type { PgTable } from 'drizzle-orm/pg-core'
import type { Transform } from './transform.ts'
import type { ChangeTypes } from './types.ts'

const brand: unique symbol = Symbol.for('drizzle-expand-contract:change') as never

/**
 * A declared change. Users hold it as an opaque value: export it beside the schema and hand all of them to
 * `createToolkit`. What it does is read by the toolkit through `isChange`.
 */
export interface Change<Types extends ChangeTypes = ChangeTypes> {
  /** Names the change in the database, on the command line and, unless `flag` says otherwise, in the flag service. */
  readonly id: string
  /** For the compiler only; holds nothing at run time. */
  readonly '~'?: Types
}

/** A change as the toolkit sees it: columns of a table, and the columns of the same row that take their place. */
export interface SameRowChange extends Change {
  readonly kind: 'rename-column' | 'change-columns'
  readonly table: PgTable
  /** Keys of the old columns. A rename has one. */
  readonly from: readonly string[]
  /** Keys of the new columns. A rename has one. */
  readonly to: readonly string[]
  /** How the values of one side come from those of the other. */
  readonly transform: Transform
  /** Name of the read flag. */
  readonly flag: string
  /** Which entry of the flag context makes a decision stick to one user. */
  readonly stickiness: string
  /** What keeps both sides together besides the repositories. */
  readonly sync: 'trigger' | 'none'
  /** The old side is kept in sync after new-only, so that every step before the drop can be undone at once. */
  readonly copyBack: boolean
  /** How long a side must have gone unused before the next irreversible step, in milliseconds. */
  readonly soakMs: number
}

/** A change of any kind. */
export type AnyChange = SameRowChange

/** `import * as changes`, a record or an array; exports that are no changes are passed over, as Drizzle does for schemas. */
export type Changes = Readonly<Record<string, unknown>> | readonly Change[]

/** Marks an object as a change, across copies of this package (a config loaded by another loader). */
export function asChange<Types extends ChangeTypes>(change: AnyChange): Change<Types> {
  Object.defineProperty(change, brand, { value: true })
  return Object.freeze(change) as Change as Change<Types>
}

export function isChange(value: unknown): value is AnyChange {
  return typeof value === 'object' && value !== null && brand in value
}
