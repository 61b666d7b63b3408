import type { SQL } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
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

/** Expressions of one side by key. */
export type Expressions = Readonly<Record<string, SQL>>

/**
 * A change between columns of one row: the engine behind renames (and, later, type changes, merged and split columns).
 * `forward` computes the new side from the old one and `backward` the reverse; the same two functions serve the sync
 * trigger, the dual write, the backfill and the verification.
 */
export interface SameRowChange extends Change {
  readonly engine: 'same-row'
  readonly kind: 'rename-column'
  readonly table: PgTable
  /** Old keys; a rename has one. */
  readonly from: readonly string[]
  /** New keys; a rename has one. */
  readonly to: readonly string[]
  /** True where both functions return their operand: the sides hold the same values. */
  readonly identity: boolean
  forward(old: Expressions): Expressions
  backward(next: Expressions): Expressions
  /** Name of the read flag. */
  readonly flag: string
  /** Which entry of the flag context makes a decision stick to one user. */
  readonly stickiness: string
  /** The old side is kept in sync after new-only, so that every step before the drop can be undone at once. */
  readonly copyBack: boolean
  /** How long a side must have gone unused before the next irreversible step, in milliseconds. */
  readonly soakMs: number
}

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
