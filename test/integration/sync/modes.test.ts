import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCode } from '../../../src/errors/index.ts'
import { literal } from '../../../src/sql/identifier.ts'
import { createTransformFunctions, installSync, type SyncSetting, switchMode } from '../../../src/sync/index.ts'
import { copyFrom } from '../../support/copy-from.ts'
import { createTestDatabase } from '../../support/database.ts'
import {
  type ChangedTable,
  inCents,
  oddNames,
  ordinary,
  parsed,
  partitioned,
  split,
  withoutEquality,
} from './changed-tables.ts'

/*
 * The tables read: what the statement names (`old b, new -` names both columns and gives new NULL), and then for each
 * mode what old and new hold afterwards, or that the statement is refused. a, b and c are three values of the type.
 */

const intoNewRow = `
  statement names   | mode old | mode both | mode new | mode forward | mode fence
  old b             | b b      | b b       | refused  | b b          | refused
  old b, new -      | b b      | b b       | refused  | b b          | refused
  new b             | refused  | b b       | b b      | - b          | - b
  old -, new b      | refused  | b b       | b b      | - b          | - b
  old b, new b      | b b      | b b       | b b      | b b          | b b
  old b, new c      | b b      | c c       | c c      | c c          | c c
  neither           | - -      | - -       | - -      | - -          | - -
  old -             | - -      | - -       | - -      | - -          | - -
  new -             | - -      | - -       | - -      | - -          | - -
  old -, new -      | - -      | - -       | - -      | - -          | - -
`

const intoRowThatHoldsAA = `
  statement names   | mode old | mode both | mode new | mode forward | mode fence
  old b             | b b      | b b       | refused  | b b          | refused
  new b             | refused  | b b       | b b      | a b          | a b
  old b, new b      | b b      | b b       | b b      | b b          | b b
  old b, new c      | b b      | c c       | c c      | c c          | c c
  old a, new c      | refused  | c c       | c c      | a c          | a c
  old b, new a      | b b      | b b       | refused  | b b          | refused
  neither           | a a      | a a       | a a      | a a          | a a
  old a             | a a      | a a       | a a      | a a          | a a
  new a             | a a      | a a       | a a      | a a          | a a
  old a, new a      | a a      | a a       | a a      | a a          | a a
  old -             | - -      | - -       | refused  | - -          | refused
  new -             | refused  | - -       | - -      | a -          | a -
  old -, new -      | - -      | - -       | - -      | - -          | - -
  old -, new c      | - -      | c c       | c c      | c c          | c c
  old b, new -      | b b      | - -       | - -      | - -          | - -
`

/**
 * An upsert's row passes the trigger as a new row first, and `excluded` is what that left: a statement that names both
 * sides is known to write both, and one that could not have inserted is refused.
 */
const upsertIntoRowThatHoldsAA = `
  statement names   | mode old | mode both | mode new | mode forward | mode fence
  old b             | b b      | b b       | refused  | b b          | refused
  new b             | refused  | b b       | b b      | a b          | a b
  old b, new b      | b b      | b b       | b b      | b b          | b b
  old b, new c      | b b      | c c       | c c      | c c          | c c
  old a, new c      | a a      | c c       | c c      | c c          | c c
  old b, new a      | b b      | a a       | a a      | a a          | a a
  neither           | a a      | a a       | a a      | a a          | a a
  old a             | a a      | a a       | refused  | a a          | refused
  new a             | refused  | a a       | a a      | a a          | a a
  old a, new a      | a a      | a a       | a a      | a a          | a a
  old -             | - -      | - -       | refused  | - -          | refused
  new -             | refused  | - -       | - -      | a -          | a -
  old -, new -      | - -      | - -       | - -      | - -          | - -
  old -, new c      | refused  | c c       | c c      | c c          | c c
  old b, new -      | b b      | b b       | refused  | b b          | refused
`

/** A row that the backfill has not reached yet; only mode old meets one. */
const intoRowThatHoldsANull = `
  statement names   | mode old
  old b             | b b
  old a             | a -
  new a             | a a
  new b             | refused
  old b, new b      | b b
  old b, new c      | b b
  old a, new a      | a a
  old -             | - -
  old -, new -      | - -
  neither           | a -
`

/**
 * A row whose old side is behind: nobody copied new into it for a while. Who names old writes it, also with the value that
 * it holds.
 */
const intoRowThatHoldsAC = `
  statement names   | mode both | mode forward | mode fence
  old b             | b b       | b b          | refused
  old a             | a a       | a a          | refused
  old c             | c c       | c c          | c c
  new b             | b b       | a b          | a b
  new c             | a c       | a c          | a c
  new a             | a a       | a a          | a a
  old b, new b      | b b       | b b          | b b
  old a, new b      | b b       | a b          | a b
  old a, new c      | a a       | a a          | refused
  neither           | a c       | a c          | a c
  old -             | - -       | - -          | refused
  new -             | - -       | a -          | a -
`

const settingsOfModes: readonly SyncSetting[] = [
  { mode: 'old', copyBack: true },
  { mode: 'both', copyBack: true },
  { mode: 'new', copyBack: true },
  { mode: 'forward', copyBack: false },
  { mode: 'fence', copyBack: false },
]
const settingsWhereOldIsBehind: readonly SyncSetting[] = [
  { mode: 'both', copyBack: false },
  { mode: 'forward', copyBack: false },
  { mode: 'fence', copyBack: false },
]

/** What a statement needs to know: the columns it names, and their values as SQL. */
interface Words {
  readonly table: string
  readonly columns: readonly string[]
  readonly values: readonly string[]
}

type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE'

/** A way of writing row 1, or rows 1 and 2. */
interface Statement {
  readonly name: string
  readonly writes: 'new row' | 'existing row' | 'conflicting row'
  readonly rows?: readonly number[]
  readonly isolation: Isolation
  run(client: PoolClient, words: Words): Promise<unknown>
}

const insertText = ({ table, columns, values }: Words, rows: readonly number[] = [1]): string =>
  `INSERT INTO ${table} (${['id', ...columns].join(', ')}) VALUES ${rows.map((id) => `(${[id, ...values].join(', ')})`).join(', ')}`
const assignments = ({ columns, values }: Words): string =>
  ['note = note', ...columns.map((column, at) => `${column} = ${values[at]}`)].join(', ')
const updateText = (words: Words): string => `UPDATE ${words.table} SET ${assignments(words)} WHERE id = 1`
const upsertText = (words: Words): string =>
  `${insertText(words)} ON CONFLICT (id) DO UPDATE SET ${['id', ...words.columns].map((column) => `${column} = excluded.${column}`).join(', ')}`
const mergeText = (words: Words): string =>
  `MERGE INTO ${words.table} AS t USING (SELECT 1 AS id) AS s ON t.id = s.id
   WHEN MATCHED THEN UPDATE SET ${assignments(words)}
   WHEN NOT MATCHED THEN INSERT (${['id', ...words.columns].join(', ')}) VALUES (${['s.id', ...words.values].join(', ')})`

const query =
  (text: (words: Words) => string): Statement['run'] =>
  (client, words) =>
    client.query(text(words))

const insideAFunction =
  (text: (words: Words) => string): Statement['run'] =>
  async (client, words) => {
    const body = literal(`BEGIN ${text(words)}; END`)
    await client.query(`CREATE FUNCTION pg_temp.writer() RETURNS void LANGUAGE plpgsql AS ${body}`)
    await client.query('SELECT pg_temp.writer()')
  }

const statements: readonly Statement[] = [
  { name: 'INSERT', writes: 'new row', isolation: 'READ COMMITTED', run: query(insertText) },
  { name: 'UPDATE', writes: 'existing row', isolation: 'READ COMMITTED', run: query(updateText) },
  { name: 'upsert', writes: 'new row', isolation: 'READ COMMITTED', run: query(upsertText) },
  { name: 'upsert', writes: 'conflicting row', isolation: 'READ COMMITTED', run: query(upsertText) },
  { name: 'MERGE', writes: 'new row', isolation: 'READ COMMITTED', run: query(mergeText) },
  { name: 'MERGE', writes: 'existing row', isolation: 'READ COMMITTED', run: query(mergeText) },
  {
    name: 'COPY',
    writes: 'new row',
    isolation: 'READ COMMITTED',
    run: (client, { table, columns, values }) =>
      copyFrom(client, `COPY ${table} (${['id', ...columns].join(', ')}) FROM STDIN`, [
        ['1', ...values.map((value) => (value === 'NULL' ? '\\N' : value.slice(1, -1)))].join('\t'),
      ]),
  },
  {
    name: 'INSERT of several rows',
    writes: 'new row',
    isolation: 'READ COMMITTED',
    rows: [1, 2],
    run: query((words) => insertText(words, [1, 2])),
  },
  {
    name: 'UPDATE of several rows',
    writes: 'existing row',
    isolation: 'READ COMMITTED',
    rows: [1, 2],
    run: query((words) => `UPDATE ${words.table} SET ${assignments(words)}`),
  },
  { name: 'INSERT in a function', writes: 'new row', isolation: 'READ COMMITTED', run: insideAFunction(insertText) },
  {
    name: 'UPDATE in a function',
    writes: 'existing row',
    isolation: 'READ COMMITTED',
    run: insideAFunction(updateText),
  },
  { name: 'INSERT', writes: 'new row', isolation: 'REPEATABLE READ', run: query(insertText) },
  { name: 'UPDATE', writes: 'existing row', isolation: 'REPEATABLE READ', run: query(updateText) },
  { name: 'upsert', writes: 'conflicting row', isolation: 'SERIALIZABLE', run: query(upsertText) },
]

const update: Statement = {
  name: 'UPDATE',
  writes: 'existing row',
  isolation: 'READ COMMITTED',
  run: query(updateText),
}

const expectations: Readonly<Record<Statement['writes'], string>> = {
  'new row': intoNewRow,
  'existing row': intoRowThatHoldsAA,
  'conflicting row': upsertIntoRowThatHoldsAA,
}

type Letter = 'a' | 'b' | 'c'
type SideName = 'old' | 'next'
/** The three values of one side, of each of its columns. */
type Values = Readonly<Record<Letter, readonly string[]>>

interface Setting {
  readonly changed: ChangedTable
  readonly values: Readonly<Record<SideName, Values>>
}
const same = (a: string, b: string, c: string): Setting['values'] => {
  const values = { a: [a], b: [b], c: [c] }
  return { old: values, next: values }
}
const text = same('a', 'b', 'c')
const settings: readonly (Setting & { readonly name: string })[] = [
  { name: 'text columns', changed: ordinary, values: text },
  { name: 'a partitioned table', changed: partitioned, values: text },
  { name: 'json columns', changed: withoutEquality, values: same('{"is": "a"}', '{"is":"b"}', '{"is": "b"}') },
  { name: 'odd names', changed: oddNames, values: text },
  {
    name: 'another type that holds less',
    changed: inCents,
    values: { old: { a: ['1.000'], b: ['2.000'], c: ['3.000'] }, next: { a: ['100'], b: ['200'], c: ['300'] } },
  },
  {
    name: 'one column that becomes two',
    changed: split,
    values: {
      old: { a: ['Ada Lovelace'], b: ['Ada'], c: ['Charles Babbage'] },
      next: { a: ['Ada', 'Lovelace'], b: ['Ada', 'NULL'], c: ['Charles', 'Babbage'] },
    },
  },
  {
    name: 'a transform that may raise',
    changed: parsed,
    values: { old: { a: ['1'], b: ['2'], c: ['3'] }, next: { a: ['1'], b: ['2'], c: ['3'] } },
  },
]

const database = await createTestDatabase()
let client: PoolClient

beforeAll(async () => {
  client = await database.pool.connect()
  for (const { changed, values } of settings) {
    const { change, sides } = changed
    const fill = `INSERT INTO ${changed.table} (id, ${changed.old}) VALUES (1, '${values.old.a}'), (2, '${values.old.a}')`
    const sync = ['CREATE SCHEMA IF NOT EXISTS expand_contract', ...createTransformFunctions(change.id, sides)]
    for (const statement of [...changed.create, fill, ...sync, ...installSync(change, sides, 'old')]) {
      await client.query(statement)
    }
  }
})
afterAll(() => client.release())

describe.each(settings)('with $name', (setting) => {
  const { change, sides } = setting.changed
  const switchTo = (to: SyncSetting) => inTransaction('COMMIT', () => switchMode(client, change, sides, to))

  describe.each(settingsOfModes)('in mode $mode', (to) => {
    const { mode } = to
    beforeAll(() => switchTo(to))

    test.each(statements)('$name into $writes, $isolation', async (statement) => {
      const expected = column(expectations[statement.writes], `mode ${mode}`)
      const before = statement.writes === 'new row' ? 'no row' : 'a a'
      expect(await outcomes(setting, statement, Object.keys(expected), before)).toEqual(expected)
    })
  })

  test('a row that is not filled yet, in mode old', async () => {
    await switchTo({ mode: 'old', copyBack: true })
    const expected = column(intoRowThatHoldsANull, 'mode old')
    expect(await outcomes(setting, update, Object.keys(expected), 'a -')).toEqual(expected)
  })

  test.each(settingsWhereOldIsBehind)('a row whose old side is behind, in mode $mode', async (to) => {
    await leaveOldBehind(setting)
    await switchTo(to)
    const expected = column(intoRowThatHoldsAC, `mode ${to.mode}`)
    expect(await outcomes(setting, update, Object.keys(expected), 'a c')).toEqual(expected)
  })
})

async function leaveOldBehind({ changed, values }: Setting): Promise<void> {
  const { change, sides, table } = changed
  await inTransaction('COMMIT', () => switchMode(client, change, sides, { mode: 'forward', copyBack: false }))
  await client.query(`UPDATE ${table} SET ${setting(changed, values, 'next', 'c').join(', ')}`)
}

/** What the statement leaves, for each set of columns that it may name. */
async function outcomes(setting: Setting, statement: Statement, writes: readonly string[], before: Before) {
  const found: Record<string, string> = {}
  for (const write of writes) found[write] = await outcome(setting, statement, write, before)
  return found
}

async function outcome({ changed, values }: Setting, statement: Statement, write: string, before: Before) {
  const { rows: ids = [1], isolation, run } = statement
  const named = write === 'neither' ? [] : write.split(', ').map((part) => part.split(' ') as [string, string])
  return inTransaction('ROLLBACK', async () => {
    await client.query(`SET TRANSACTION ISOLATION LEVEL ${isolation}`)
    await client.query(prepare[before](changed, values))
    try {
      await run(client, {
        table: changed.table,
        columns: named.flatMap(([side]) => changed.columns[side === 'old' ? 'old' : 'next']),
        values: named.flatMap(([side, letter]) => literals(changed, values, side === 'old' ? 'old' : 'next', letter)),
      })
    } catch (error) {
      if (errorCode(error) === '55000') return 'refused'
      throw error
    }
    const asTexts = (columns: readonly string[]) => `ARRAY[${columns.map((column) => `${column}::text`).join(', ')}]`
    const { rows } = await client.query<Record<SideName, (string | null)[]>>(
      `SELECT ${asTexts(changed.columns.old)} AS old, ${asTexts(changed.columns.next)} AS next
         FROM ${changed.table} WHERE id = ANY ($1)`,
      [ids],
    )
    expect(rows).toHaveLength(ids.length)
    const letter = (side: SideName, found: (string | null)[]): string => {
      if (found.every((value) => value === null)) return '-'
      const known = (['a', 'b', 'c'] as const).find(
        (name) => `${values[side][name]}` === `${found.map((value) => value ?? 'NULL')}`,
      )
      return known ?? found.join(', ')
    }
    return [...new Set(rows.map(({ old, next }) => `${letter('old', old)} ${letter('next', next)}`))].join(' and ')
  })
}

type Before = 'no row' | 'a a' | 'a -' | 'a c'

/** Rows that hold `a -` were written before the trigger was installed, and those that hold `a c` by `leaveOldBehind`. */
const prepare: Readonly<Record<Before, (changed: ChangedTable, values: Setting['values']) => string>> = {
  'no row': ({ table }) => `DELETE FROM ${table}`,
  'a a': (changed, values) =>
    `UPDATE ${changed.table} SET ${(['old', 'next'] as const).flatMap((side) => setting(changed, values, side, 'a')).join(', ')}`,
  'a -': () => 'SELECT',
  'a c': () => 'SELECT',
}

/** The values of a side as SQL, one for each column. */
function literals({ columns }: ChangedTable, values: Setting['values'], side: SideName, letter: string): string[] {
  if (letter === '-') return columns[side].map(() => 'NULL')
  return values[side][letter as Letter].map((value) => (value === 'NULL' ? value : `'${value}'`))
}

function setting(changed: ChangedTable, values: Setting['values'], side: SideName, letter: string): string[] {
  const given = literals(changed, values, side, letter)
  return changed.columns[side].map((column, index) => `${column} = ${given[index]}`)
}

async function inTransaction<Result>(end: 'COMMIT' | 'ROLLBACK', work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    return await work()
  } finally {
    await client.query(end)
  }
}

/** One column of a table above, by what the statement names. */
function column(table: string, heading: string): Record<string, string> {
  const [headings, ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim())) as [string[], ...string[][]]
  const at = headings.indexOf(heading)
  return Object.fromEntries(rows.map((cells) => [cells[0], cells[at]]))
}
