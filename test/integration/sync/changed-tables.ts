import { integer, json, type PgTable, pgSchema, pgTable, text } from 'drizzle-orm/pg-core'
import { type AnyChange, isChange } from '../../../src/change/change.ts'
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
  return { change, sides, ...names, create: create(names) } satisfies ChangedTable
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
