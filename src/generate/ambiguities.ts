import { is } from 'drizzle-orm'
import { toCamelCase, toSnakeCase } from 'drizzle-orm/casing'
import { PgTable } from 'drizzle-orm/pg-core'
import { type Casing, physicalTable } from '../drizzle/physical-table.ts'
import { type ColumnSnapshot, type Named, type Snapshot, type TableSnapshot, tableKey } from '../drizzle/snapshot.ts'
import { failure, quotedNames } from '../errors/index.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * Refuses a difference in which something left and something of its kind came: drizzle-kit would ask whether it was
 * renamed, which no pipeline can answer, and without a terminal it would write nothing and report success.
 *
 * @throws ExpandContractError EC_GENERATE, for a column with the declaration to paste.
 */
export function refuseAmbiguity(from: Snapshot, to: Snapshot, schema: Schema, casing: Casing | undefined): void {
  for (const kind of ['schemas', 'enums', 'sequences', 'roles', 'policies', 'views', 'tables'] as const) {
    refusePair(kind.slice(0, -1).replace('policie', 'policy'), comings(from[kind], to[kind]), describeTable(from, to))
  }
  for (const [key, table] of Object.entries(to.tables)) {
    const before = from.tables[key]
    if (before === undefined) continue
    refuseColumns(table, comings(before.columns, table.columns), before, findTable(schema, key, casing))
    refusePair(`policy of table "${table.name}"`, comings(before.policies, table.policies), () => '')
  }
}

/** What left and what came between two records. */
interface Comings {
  readonly removed: readonly string[]
  readonly added: readonly string[]
}

function comings(from: Named, to: Named): Comings {
  return {
    removed: Object.keys(from).filter((key) => to[key] === undefined),
    added: Object.keys(to).filter((key) => from[key] === undefined),
  }
}

function isAmbiguous({ removed, added }: Comings): boolean {
  return removed.length > 0 && added.length > 0
}

function refusePair(kind: string, pair: Comings, describe: (key: string) => string): void {
  if (!isAmbiguous(pair)) return
  const named = (keys: readonly string[]) => keys.map((key) => `"${key}"${describe(key)}`).join(', ')
  throw failure('EC_GENERATE', {
    problem: `The schema has lost ${kind} ${named(pair.removed)} and gained ${named(pair.added)}. Whether that is a rename cannot be seen, and renaming it at once would break the releases that run.`,
    advice: `If it is another ${kind}: put the lost one back, generate, and remove it in a later migration, when no release uses it. Under its old name nothing has to change in the database: keep the name and change the TypeScript key alone.`,
  })
}

/** The columns of a table, by which a person sees whether two tables are the same. */
function describeTable(from: Snapshot, to: Snapshot): (key: string) => string {
  return (key) => {
    const table = from.tables[key] ?? to.tables[key]
    return table === undefined ? '' : ` (${Object.keys(table.columns).join(', ')})`
  }
}

function refuseColumns(
  table: TableSnapshot,
  pair: Comings,
  before: TableSnapshot,
  found: FoundTable | undefined,
): void {
  if (!isAmbiguous(pair)) return
  const candidates = pair.removed.flatMap((old) =>
    pair.added.filter((next) => sameType(before.columns[old]!, table.columns[next]!)).map((next) => ({ old, next })),
  )
  throw failure('EC_GENERATE', {
    problem: `Table "${table.name}" has lost ${quotedNames(pair.removed)} and gained ${quotedNames(pair.added)}. A rename at once would break every release that runs, and a drop would lose what the column holds.`,
    advice: [
      ...(candidates.length === 0
        ? [
            `If what came takes the place of what was lost, put ${quotedNames(pair.removed)} back beside it and declare with \`changeColumns\` how the values of one come from those of the other.`,
          ]
        : [
            `If it is a rename, put ${quotedNames([...new Set(candidates.map(({ old }) => old))])} back beside the new column and declare it:`,
            ...candidates.map(({ old, next }) => declaration(table, old, next, found)),
          ]),
      `If they have nothing to do with each other: put the lost column back, generate, and remove it in a later migration, when no release uses it.`,
    ].join('\n'),
  })
}

function sameType(a: ColumnSnapshot, b: ColumnSnapshot): boolean {
  return a.type === b.type
}

function declaration(table: TableSnapshot, old: string, next: string, found: FoundTable | undefined): string {
  const to = found?.keys.get(next) ?? toCamelCase(next)
  const from = toCamelCase(old)
  const id = toSnakeCase(`${table.name} ${next}`)
    .replaceAll('_', '-')
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, 40)
  return `  export const ${toCamelCase(`${table.name}_${next}`)} = renameColumn({ id: '${id}', table: ${found?.exportName ?? toCamelCase(table.name)}, from: '${from}', to: '${to}' })`
}

interface FoundTable {
  readonly exportName: string
  /** TypeScript keys by the names of the columns. */
  readonly keys: ReadonlyMap<string, string>
}

function findTable(schema: Schema, key: string, casing: Casing | undefined): FoundTable | undefined {
  for (const [exportName, value] of Object.entries(schema)) {
    if (!is(value, PgTable)) continue
    const table = physicalTable(value, casing)
    if (tableKey(table) !== key) continue
    return { exportName, keys: new Map([...table.columns.values()].map((column) => [column.name, column.key])) }
  }
  return undefined
}
