import type { PhysicalTable } from './physical-table.ts'

/** drizzle-kit's description of a schema (format 7, of Drizzle 0.45): what `meta/NNNN_snapshot.json` holds. */
export interface Snapshot {
  readonly id: string
  readonly prevId: string
  readonly version: string
  readonly dialect: string
  readonly tables: Readonly<Record<string, TableSnapshot>>
  readonly enums: Named
  readonly schemas: Readonly<Record<string, string>>
  readonly sequences: Named
  readonly roles: Named
  readonly policies: Readonly<Record<string, PolicySnapshot>>
  readonly views: Readonly<Record<string, ViewSnapshot>>
  readonly [other: string]: unknown
}

export type Named<Value = unknown> = Readonly<Record<string, Value>>

export interface TableSnapshot {
  readonly name: string
  /** Empty for `public`. */
  readonly schema: string
  readonly columns: Named<ColumnSnapshot>
  readonly indexes: Named<IndexSnapshot>
  readonly foreignKeys: Named<ForeignKeySnapshot>
  readonly uniqueConstraints: Named<UniqueSnapshot>
  readonly checkConstraints: Named<CheckSnapshot>
  readonly policies: Named<PolicySnapshot>
  readonly [other: string]: unknown
}

export interface ColumnSnapshot {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly default?: unknown
  readonly generated?: { readonly as: string }
  readonly [other: string]: unknown
}

export interface IndexSnapshot {
  readonly name: string
  readonly columns: readonly { readonly expression: string; readonly isExpression: boolean }[]
  readonly isUnique: boolean
  readonly where?: string
  readonly concurrently: boolean
  readonly [other: string]: unknown
}

export interface ForeignKeySnapshot {
  readonly name: string
  readonly tableTo: string
  readonly schemaTo?: string
  readonly columnsFrom: readonly string[]
  readonly columnsTo: readonly string[]
  /** `no action`, `cascade`, `set null` … */
  readonly onDelete?: string
  readonly onUpdate?: string
  readonly [other: string]: unknown
}

export interface UniqueSnapshot {
  readonly name: string
  readonly columns: readonly string[]
  readonly nullsNotDistinct: boolean
}

export interface CheckSnapshot {
  readonly name: string
  readonly value: string
}

export interface PolicySnapshot {
  readonly name: string
  readonly using?: string
  readonly withCheck?: string
  readonly [other: string]: unknown
}

export interface ViewSnapshot {
  readonly name: string
  readonly definition?: string
  readonly [other: string]: unknown
}

/** The `prevId` of the first snapshot of a folder. */
export const originId = '00000000-0000-0000-0000-000000000000'

/** What a folder without migrations starts from. */
export const emptySnapshot: Snapshot = {
  id: originId,
  prevId: '',
  version: '7',
  dialect: 'postgresql',
  tables: {},
  enums: {},
  schemas: {},
  sequences: {},
  roles: {},
  policies: {},
  views: {},
  _meta: { schemas: {}, tables: {}, columns: {} },
}

/** Under which key a snapshot holds a table. */
export function tableKey({ schema, name }: Pick<PhysicalTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`
}

/** The snapshot with one table replaced. */
export function withTable(
  snapshot: Snapshot,
  key: string,
  change: (table: TableSnapshot) => Partial<TableSnapshot>,
): Snapshot {
  const table = snapshot.tables[key]!
  return { ...snapshot, tables: { ...snapshot.tables, [key]: { ...table, ...change(table) } } as Named<TableSnapshot> }
}

/** True where two snapshots describe the same schema, whatever their ids. */
export function describesSameSchema(a: Snapshot, b: Snapshot): boolean {
  const described = ({ id: _id, prevId: _prevId, _meta, ...schema }: Snapshot) => JSON.stringify(sorted(schema))
  return described(a) === described(b)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  )
}
