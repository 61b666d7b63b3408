import { describe, expect, test } from 'vitest'
import { differ } from '../../../src/sync/agreement.ts'
import { createTestDatabase } from '../../support/database.ts'

const { pool } = await createTestDatabase()
await pool.query(`
  CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TYPE pair AS (x int, y text);
  CREATE TYPE mood AS ENUM ('calm', 'tense');
  CREATE DOMAIN code AS text CHECK (VALUE <> '')`)

async function disagreeing(sqlType: string, type: string, left: string, right: string): Promise<boolean> {
  const table = `(SELECT ${left}::${type} AS l, ${right}::${type} AS r) AS pair`
  const { rows } = await pool.query<{ result: boolean }>(
    `SELECT ${differ('pair.l', 'pair.r', { sqlType })} AS result FROM ${table}`,
  )
  return rows[0]!.result
}

const types: readonly [sqlType: string, a: string, b: string][] = [
  ['text', 'Ada', 'Bob'],
  ['varchar', 'Ada', 'Bob'],
  ['varchar(20)', 'Ada', 'Bob'],
  ['char(4)', 'Ada', 'Bob'],
  ['boolean', 'true', 'false'],
  ['smallint', '1', '2'],
  ['integer', '1', '2'],
  ['bigint', '9007199254740993', '9007199254740992'],
  ['real', '1', '1.5'],
  ['double precision', 'NaN', '0'],
  ['numeric', '1', '2'],
  ['numeric(10, 2)', '1', '2'],
  ['date', '2026-01-01', '2026-01-02'],
  ['time', '10:00', '11:00'],
  ['time with time zone', '10:00+01', '10:00+02'],
  ['timestamp', '2026-01-01', '2026-01-02'],
  ['timestamp (3)', '2026-01-01', '2026-01-02'],
  ['timestamp with time zone', '2026-01-01Z', '2026-01-02Z'],
  ['timestamp (3) with time zone', '2026-01-01Z', '2026-01-02Z'],
  ['interval', '1 day', '2 days'],
  ['uuid', '018f0000-0000-7000-8000-000000000000', '018f0000-0000-7000-8000-000000000001'],
  ['bytea', '\\x00', '\\x01'],
  ['json', '{"a": 1}', '{"a": 2}'],
  ['jsonb', '{"a": 1}', '{"a": 2}'],
  ['xml', '<a/>', '<b/>'],
  ['point', '(1,2)', '(1,3)'],
  ['inet', '10.0.0.1', '10.0.0.2'],
  ['text[]', '{a,b}', '{a,c}'],
  ['integer[]', '{1,2}', '{1,2,3}'],
  ['int4range', '[1,2)', '[1,3)'],
  ['tsvector', 'a b', 'a c'],
  ['mood', 'calm', 'tense'],
  ['code', 'a', 'b'],
  ['pair', '(1,)', '(,)'],
]

test.each(types)(
  '%s: two values differ, a value agrees with itself, NULL is a value of its own',
  async (type, a, b) => {
    const [left, right] = [`'${a}'`, `'${b}'`]
    expect(await disagreeing(type, type, left, right)).toBe(true)
    expect(await disagreeing(type, type, left, left)).toBe(false)
    expect(await disagreeing(type, type, left, 'NULL')).toBe(true)
    expect(await disagreeing(type, type, 'NULL', right)).toBe(true)
    expect(await disagreeing(type, type, 'NULL', 'NULL')).toBe(false)
  },
)

describe('values that PostgreSQL calls equal and that are not the same disagree:', () => {
  test.each([
    ['text', 'text COLLATE any_case', `'Ada'`, `'ADA'`],
    ['numeric', 'numeric', `'1.0'`, `'1.00'`],
    ['double precision', 'double precision', `'0'`, `'-0'`],
    ['interval', 'interval', `'1 month'`, `'30 days'`],
    ['jsonb', 'jsonb', `'{"a": 1.0}'`, `'{"a": 1.00}'`],
    ['json', 'json', `'{"a":1}'`, `'{"a": 1}'`],
    ['numeric[]', 'numeric[]', `'{1.0}'`, `'{1.00}'`],
    ['bit varying', 'bit varying', `'1'`, `'10'`],
  ])('%s as %s: %s and %s', async (sqlType, type, left, right) => {
    expect(await disagreeing(sqlType, type, left, right)).toBe(true)
  })
})

test('text columns of two collations can be compared', async () => {
  await pool.query('CREATE TABLE mixed (l text COLLATE "C", r text COLLATE any_case)')
  await pool.query(`INSERT INTO mixed VALUES ('Ada', 'Ada'), ('Ada', 'ada')`)
  const { rows } = await pool.query(`SELECT ${differ('l', 'r', { sqlType: 'text' })} AS result FROM mixed`)
  expect(rows).toEqual([{ result: false }, { result: true }])
})

test('a value stored out of line agrees with the same value stored in line', async () => {
  await pool.query('CREATE TABLE large (l jsonb, r jsonb)')
  await pool.query('ALTER TABLE large ALTER l SET STORAGE EXTERNAL, ALTER r SET STORAGE EXTENDED')
  await pool.query(`INSERT INTO large SELECT v, v FROM (SELECT to_jsonb(repeat('x', 50000)) AS v) AS made`)
  const { rows } = await pool.query(`SELECT ${differ('l', 'r', { sqlType: 'jsonb' })} AS result FROM large`)
  expect(rows).toEqual([{ result: false }])
})
