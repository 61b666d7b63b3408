import type { PgTable } from 'drizzle-orm/pg-core'
import type { AnyChange } from '../change/change.ts'
import { changesOf } from '../change/collect.ts'
import { type Sides, sidesOf } from '../change/sides.ts'
import { type Casing, physicalTable } from '../drizzle/physical-table.ts'
import { type ChangedColumns, type TableVariant, variantOf } from '../drizzle/variant-table.ts'
import { isWritten } from '../drizzle/written-columns.ts'
import { failure, quotedNames } from '../errors/index.ts'
import type { Decisions } from './unit-of-work.ts'
import type { Values } from './write-values.ts'

/** A table of the schema with its changes, and its variants: one for each combination of sides, made at its first use. */
export class ChangedTable {
  readonly table: PgTable
  readonly changes: readonly AnyChange[]
  /** Old key → the new keys in its place. */
  readonly replaced: ReadonlyMap<string, readonly string[]>
  /** As error messages name it. */
  readonly name: string
  readonly #casing: Casing | undefined
  readonly #sides: ReadonlyMap<AnyChange, Sides>
  readonly #variants = new Map<string, TableVariant>()
  readonly #keys: ReadonlySet<string>

  constructor(table: PgTable, allChanges: readonly AnyChange[], casing: Casing | undefined) {
    this.table = table
    this.changes = changesOf(allChanges, table)
    this.#casing = casing
    const { name, columns } = physicalTable(table, casing)
    this.replaced = new Map(this.changes.flatMap(({ from, to }) => from.map((key) => [key, to])))
    this.name = name
    this.#sides = new Map(this.changes.map((change) => [change, sidesOf(change, casing)]))
    this.#keys = new Set([...columns.keys()].filter((key) => !this.replaced.has(key)))
  }

  /** The sides that are read and written: what tells its variants apart. */
  combinationFor(decisions: Decisions): string {
    let combination = ''
    for (const change of this.changes) {
      const { read, write } = decisions.decisionOn(change).mode
      combination += `${read} ${write},`
    }
    return combination
  }

  /** The table as it is read and written by these decisions. */
  variantFor(decisions: Decisions): TableVariant {
    const combination = this.combinationFor(decisions)
    let variant = this.#variants.get(combination)
    if (variant === undefined) {
      variant = variantOf(this.table, this.#changedColumns(decisions), this.#casing)
      this.#variants.set(combination, variant)
    }
    return variant
  }

  /** The changes whose values are computed in statements on a variant, as error messages name them. */
  transformsIn(variant: TableVariant): readonly string[] {
    return variant.writes.flatMap(({ transform, read, old }, index) => {
      if (transform.isIdentity || (read === 'new' && !old.some(isWritten))) return []
      const { id, from, to } = this.changes[index]!
      return `change "${id}", between ${quotedNames(from)} and ${quotedNames(to)}`
    })
  }

  /** @throws EC_ROW_KEY: Drizzle passes over keys that it does not know, and their values would be lost in silence. */
  assertKeys(values: Values): void {
    for (const key in values) {
      if (!this.#keys.has(key)) this.#refuseKey(key)
    }
  }

  assertKey(key: string): void {
    if (!this.#keys.has(key)) this.#refuseKey(key)
  }

  /** @throws EC_QUERY_MISUSE for some of the keys of a change: no unique index can span both sides. */
  assertConflictTarget(target: readonly string[]): void {
    for (const key of target) this.assertKey(key)
    for (const { id, to } of this.changes) {
      const missing = to.filter((key) => !target.includes(key))
      if (missing.length === 0 || missing.length === to.length) continue
      throw failure('EC_QUERY_MISUSE', {
        problem: `An upsert into table "${this.name}" looks for a conflict on some keys of change "${id}" and not on ${quotedNames(missing)}; while their values are in other columns, no unique index is on these keys alone.`,
        advice: `Name all of ${quotedNames(to)}, or find the row by keys that are not under change.`,
      })
    }
  }

  #refuseKey(key: string): never {
    const keys = [...this.#keys]
    throw failure('EC_ROW_KEY', { table: this.name, key, replacedBy: this.replaced.get(key) ?? [], keys })
  }

  #changedColumns(decisions: Decisions): ChangedColumns[] {
    return this.changes.map((change) => {
      const { read, write } = decisions.decisionOn(change).mode
      const { transform } = this.#sides.get(change)!
      return { oldKeys: change.from, newKeys: change.to, transform, read, write }
    })
  }
}
