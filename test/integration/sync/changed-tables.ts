import { sql } from 'drizzle-orm'
import { bigint, integer, json, numeric, type PgTable, pgSchema, pgTable, text } from 'drizzle-orm/pg-core'
import { type AnyChange, isChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { type Sides, sidesOf } from '../../../src/change/sides.ts'
import { identifier, qualified } from '../../../src/sql/identifier.ts'

/** A table in mid-change: column `old` is to become `next`. */
export interface ChangedTable {
  readonly change: AnyChange
  readonly sides: Sides
  /** Names for SQL text, quoted. */
  readonly table: string
  readonly old: string
  readonly next: string
  /** The same of all columns of a side. */
  readonly columns: { readonly old: readonly string[]; readonly next: readonly string[] }
  /** The DDL of the table, both columns included. */
  readonly create: readonly string[]
}

export function changedTable(
  change: unknown,
  create: (names: { table: string; old: string; next: string }) => string[],
) {
  if (!isChange(change)) throw new Error('not a change')
  const sides = sidesOf(change)
  const names = {
    table: qualified(sides.table),
    old: identifier(sides.old[0]!.name),
    next: identifier(sides.next[0]!.name),
  }
  const columns = {
    old: sides.old.map(({ name }) => identifier(name)),
    next: sides.next.map(({ name }) => identifier(name)),
  }
  return { change, sides, ...names, columns, create: create(names) } satisfies ChangedTable
}

const rename = (table: PgTable, id: string) => renameColumn({ id, table, from: 'old', to: 'next' } as never)

const people = pgTable('people', { id: integer().primaryKey(), old: text('name'), next: text('full_name') })

/** Text columns that take NULL. */
export const ordinary = changedTable(rename(people, 'person-name'), ({ table, old, next }) => [
  `CREATE TABLE ${table} (id int PRIMARY KEY, ${old} text, ${next} text, note text)`,
])

const readings = pgTable('readings', { id: integer().primaryKey(), old: text('source'), next: text('origin') })

/** Two levels of partitions, one of them with its columns in another order. */
export const partitioned = changedTable(rename(readings, 'reading-origin'), ({ table, old, next }) => [
  `CREATE TABLE ${table} (id int PRIMARY KEY, ${old} text, ${next} text, note text) PARTITION BY RANGE (id)`,
  `CREATE TABLE readings_low PARTITION OF ${table} FOR VALUES FROM (MINVALUE) TO (2)`,
  `CREATE TABLE readings_high (note text, ${next} text, dropped int, id int NOT NULL, ${old} text) PARTITION BY RANGE (id)`,
  'ALTER TABLE readings_high DROP COLUMN dropped',
  'CREATE TABLE readings_higher PARTITION OF readings_high DEFAULT',
  `ALTER TABLE ${table} ATTACH PARTITION readings_high FOR VALUES FROM (2) TO (1000)`,
])

const documents = pgTable('documents', { id: integer().primaryKey(), old: json('body'), next: json('content') })

/** A type without an equality operator. */
export const withoutEquality = changedTable(rename(documents, 'document-content'), ({ table, old, next }) => [
  `CREATE TABLE ${table} (id int PRIMARY KEY, ${old} json, ${next} json, note text)`,
])

const longest = 'Ü'.repeat(31)
const oddTable = pgSchema('Other "schema"').table(`${longest}t`, {
  id: integer().primaryKey(),
  old: text(`$sync$ "Old" ' %I \\ ${'o'.repeat(43)}`),
  next: text(`new; -- ${longest.slice(0, 27)}`),
})

/** Quotes, upper case, spaces, dollar signs, 63 bytes, a schema of its own, the longest id. */
export const oddNames = changedTable(rename(oddTable, `odd-${'x'.repeat(36)}`), ({ table, old, next }) => [
  'CREATE SCHEMA "Other ""schema"""',
  `CREATE TABLE ${table} (id int PRIMARY KEY, ${old} text, ${next} text, note text)`,
])

const accounts = pgTable('accounts', {
  id: integer().primaryKey(),
  balance: numeric({ precision: 12, scale: 3 }),
  cents: bigint({ mode: 'number' }),
})

/** Another type that holds less, by a transform that never raises. */
export const inCents = changedTable(
  changeColumns({
    id: 'balance-in-cents',
    table: accounts,
    from: ['balance'],
    to: ['cents'],
    forward: ({ balance }) => ({ cents: sql`round(${balance} * 100)` }),
    backward: ({ cents }) => ({ balance: sql`${cents} / 100.0` }),
    mayRaise: false,
    loses: 'fractions of a cent',
  }),
  ({ table }) => [`CREATE TABLE ${table} (id int PRIMARY KEY, balance numeric(12, 3), cents bigint, note text)`],
)

const members = pgTable('members', { id: integer().primaryKey(), name: text(), first: text(), last: text() })

/** One column that becomes two. */
export const split = changedTable(
  changeColumns({
    id: 'member-names',
    table: members,
    from: ['name'],
    to: ['first', 'last'],
    forward: ({ name }) => ({
      first: sql`split_part(${name}, ${' '}, 1)`,
      last: sql`nullif(substr(${name}, strpos(${name} || ' ', ' ') + 1), '')`,
    }),
    backward: ({ first, last }) => ({ name: sql`${first} || coalesce(' ' || ${last}, '')` }),
    mayRaise: false,
  }),
  ({ table }) => [`CREATE TABLE ${table} (id int PRIMARY KEY, name text, first text, last text, note text)`],
)

const orders = pgTable('orders', { id: integer().primaryKey(), quantity: text(), amount: integer() })

/** Another type, by a transform that raises for some values. */
export const parsed = changedTable(
  changeColumns({
    id: 'order-amount',
    table: orders,
    from: ['quantity'],
    to: ['amount'],
    forward: ({ quantity }) => ({ amount: sql`${quantity}::integer` }),
    backward: ({ amount }) => ({ quantity: sql`${amount}::text` }),
  }),
  ({ table }) => [`CREATE TABLE ${table} (id int PRIMARY KEY, quantity text, amount int, note text)`],
)
