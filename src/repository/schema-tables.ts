import { is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import type { AnyChange } from '../change/change.ts'
import { type Casing, physicalTable, tableIdentity } from '../drizzle/physical-table.ts'
import type { RelatedTable, RelatedTables } from '../drizzle/relational-queries.ts'
import { declaredTable } from '../drizzle/variant-table.ts'
import { failure } from '../errors/index.ts'
import { ChangedTable } from './changed-table.ts'
import type { Decisions } from './unit-of-work.ts'

/** The tables of a schema module with their changes; what else it exports (relations, enums, views) is passed over. */
export class SchemaTables {
  /** By `tableIdentity`, so that a second import of a table is the same table. */
  readonly #tables = new Map<string, ChangedTable>()
  readonly #byKey: ReadonlyMap<string, ChangedTable>

  /** @throws EC_TABLE_UNKNOWN where a change is about a table that the schema does not export. */
  constructor(schema: object, changes: readonly AnyChange[], casing: Casing | undefined) {
    const byKey = new Map<string, ChangedTable>()
    for (const [key, table] of Object.entries(schema)) {
      if (!is(table, PgTable)) continue
      const identity = tableIdentity(table)
      const known = this.#tables.get(identity) ?? new ChangedTable(table, changes, casing)
      this.#tables.set(identity, known)
      byKey.set(key, known)
    }
    this.#byKey = byKey
    for (const change of changes) this.get(change.table)
  }

  get(table: PgTable): ChangedTable {
    const known = is(table, PgTable) ? this.#tables.get(tableIdentity(declaredTable(table) ?? table)) : undefined
    if (known !== undefined) return known
    throw failure('EC_TABLE_UNKNOWN', {
      table: is(table, PgTable) ? physicalTable(table).name : String(table),
      tables: [...this.#byKey.keys()],
    })
  }

  /** What tells apart how units of work see the whole schema: the sides of every change. */
  combinationFor(decisions: Decisions): string {
    let combination = ''
    for (const table of this.#tables.values()) combination += `${table.combinationFor(decisions)};`
    return combination
  }

  /** The tables as they are read, by their export keys. */
  sourcesFor(decisions: Decisions): Record<string, PgTable> {
    return Object.fromEntries([...this.#byKey].map(([key, table]) => [key, table.variantFor(decisions).source]))
  }

  /** The changes whose values a statement may compute, as error messages name them. */
  transformsIn(decisions: Decisions): readonly string[] {
    return [...this.#tables.values()].flatMap((table) => table.transformsIn(table.variantFor(decisions)))
  }

  /** The changed tables as relations reach them. */
  relatedFor(decisions: Decisions): RelatedTables {
    const related = new Map<string, RelatedTable>()
    for (const [identity, changed] of this.#tables) {
      if (changed.changes.length === 0) continue
      related.set(identity, {
        table: changed.table,
        replaced: changed.replaced,
        variant: changed.variantFor(decisions),
      })
    }
    return related
  }
}
