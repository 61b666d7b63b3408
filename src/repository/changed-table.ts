import type { PgTable } from 'drizzle-orm/pg-core'
import type { AnyChange } from '../change/change.ts'
import { changesOf } from '../change/collect.ts'
import { type Casing, physicalTable } from '../drizzle/physical-table.ts'
import { type Pair, type TableVariant, variantOf } from '../drizzle/variant-table.ts'
import { failure } from '../errors/index.ts'
import type { Decisions } from './unit-of-work.ts'
import type { Values } from './write-values.ts'

/** A table of the schema with its changes, and its variants: one for each combination of sides, made at its first use. */
export class ChangedTable {
  readonly table: PgTable
  readonly changes: readonly AnyChange[]
  /** Old key → new key. */
  readonly renamed: ReadonlyMap<string, string>
  /** As error messages name it. */
  readonly name: string
  readonly #casing: Casing | undefined
  readonly #variants = new Map<string, TableVariant>()
  readonly #keys: ReadonlySet<string>

  constructor(table: PgTable, allChanges: readonly AnyChange[], casing: Casing | undefined) {
    this.table = table
    this.changes = changesOf(allChanges, table)
    this.#casing = casing
    const { name, columns } = physicalTable(table, casing)
    this.renamed = new Map(this.changes.map((change) => [change.from[0]!, change.to[0]!]))
    this.name = name
    this.#keys = new Set([...columns.keys()].filter((key) => !this.renamed.has(key)))
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
      variant = variantOf(this.table, this.#pairs(decisions), this.#casing)
      this.#variants.set(combination, variant)
    }
    return variant
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

  #refuseKey(key: string): never {
    throw failure('EC_ROW_KEY', { table: this.name, key, renamedTo: this.renamed.get(key), keys: [...this.#keys] })
  }

  #pairs(decisions: Decisions): Pair[] {
    return this.changes.map((change) => {
      const { read, write } = decisions.decisionOn(change).mode
      return { oldKey: change.from[0]!, newKey: change.to[0]!, read, write }
    })
  }
}
