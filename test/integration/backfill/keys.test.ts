import pg from 'pg'
import { expect, test } from 'vitest'
import { runBackfill } from '../../../src/backfill/index.ts'
import { createSubject, type SubjectOptions, url } from './subject.ts'

const types = new pg.Client({ connectionString: url })
await types.connect()
await types.query(`
  CREATE SCHEMA odd_schema;
  CREATE TYPE odd_schema."Mood" AS ENUM ('sad', 'so so', 'happy');
  CREATE DOMAIN code AS text;
  CREATE COLLATION case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`)
await types.end()

/** Keys of every kind: each table gets 23 rows, some of them NULL, and is walked in pages of 5. */
const keys: Readonly<Record<string, SubjectOptions>> = {
  integer: { fill: [`INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, 23) n`] },
  'bigint beyond 2^53, and negative': {
    columns: 'id bigint PRIMARY KEY',
    fill: [
      `INSERT INTO % SELECT -9223372036854775808 + n, 'v' || n FROM generate_series(0, 10) n`,
      `INSERT INTO % SELECT 9007199254740992 + n, 'v' || n FROM generate_series(0, 11) n`,
    ],
  },
  uuid: {
    columns: 'id uuid PRIMARY KEY',
    fill: [`INSERT INTO % SELECT gen_random_uuid(), 'v' || n FROM generate_series(1, 23) n`],
  },
  'text in a linguistic collation': {
    columns: 'id text COLLATE "und-x-icu" PRIMARY KEY',
    fill: [
      `INSERT INTO % SELECT k, 'v' || k FROM unnest(ARRAY['a','B','b','ä','z','Z','é','e','E','-','_','~','1','10','2','ß','ss','Ω','ω','日本','''', '"', '\\']) k`,
    ],
  },
  'text by bytes': {
    columns: 'id text COLLATE "C" PRIMARY KEY',
    fill: [`INSERT INTO % SELECT chr(64 + n) || '''\\"' || chr(8364), 'v' || n FROM generate_series(1, 23) n`],
  },
  'text with a nondeterministic collation': {
    columns: 'id text COLLATE case_blind PRIMARY KEY',
    fill: [
      `INSERT INTO % SELECT CASE mod(n, 2) WHEN 0 THEN 'k' ELSE 'K' END || n, 'v' || n FROM generate_series(1, 23) n`,
    ],
  },
  'character(5)': {
    columns: 'id char(5) PRIMARY KEY',
    fill: [`INSERT INTO % SELECT 'k' || n, 'v' || n FROM generate_series(1, 23) n`],
  },
  'numeric, NaN included': {
    columns: 'id numeric PRIMARY KEY',
    fill: [`INSERT INTO % SELECT n / 7.0, 'v' || n FROM generate_series(-11, 10) n UNION ALL SELECT 'NaN', 'nan'`],
  },
  'double precision': {
    columns: 'id float8 PRIMARY KEY',
    fill: [
      `INSERT INTO % SELECT 1 / (n - 0.3), 'v' || n FROM generate_series(1, 22) n UNION ALL SELECT '-Infinity', 'x'`,
    ],
  },
  'timestamp with microseconds': {
    columns: 'id timestamptz PRIMARY KEY',
    fill: [
      `INSERT INTO % SELECT '2026-03-29 00:59:59.999990+00'::timestamptz + n * interval '1 us', 'v' || n FROM generate_series(1, 23) n`,
    ],
  },
  interval: {
    columns: 'id interval PRIMARY KEY',
    fill: [`INSERT INTO % SELECT n * interval '-1 day 01:00:00', 'v' || n FROM generate_series(1, 23) n`],
  },
  boolean: { columns: 'id boolean PRIMARY KEY', fill: [`INSERT INTO % VALUES (true, 'v'), (false, 'w')`] },
  bytea: {
    columns: 'id bytea PRIMARY KEY',
    fill: [`INSERT INTO % SELECT sha256(n::text::bytea), 'v' || n FROM generate_series(1, 23) n`],
  },
  enum: {
    columns: 'id odd_schema."Mood" PRIMARY KEY',
    fill: [`INSERT INTO % VALUES ('sad', 'a'), ('so so', 'b'), ('happy', 'c')`],
  },
  'domain over text': {
    columns: 'id code PRIMARY KEY',
    fill: [`INSERT INTO % SELECT 'c' || n, 'v' || n FROM generate_series(1, 23) n`],
  },
  'arrays of several lengths': {
    columns: 'id int[] PRIMARY KEY',
    fill: [`INSERT INTO % SELECT array_fill(n, ARRAY[mod(n, 3)]) || n, 'v' || n FROM generate_series(1, 23) n`],
  },
  'composite of several types': {
    columns: 'b text COLLATE "C", a bigint, c uuid DEFAULT gen_random_uuid(), PRIMARY KEY (a, b, c)',
    fill: [`INSERT INTO % (a, b, old) SELECT n / 6 - 2, 'k' || mod(n, 3), 'v' || n FROM generate_series(1, 23) n`],
  },
  'a column with quotes, upper case and spaces': {
    columns: '"The ""Id""" int PRIMARY KEY',
    fill: [`INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, 23) n`],
  },
  'GENERATED ALWAYS AS IDENTITY': {
    columns: 'id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    fill: [`INSERT INTO % (old) SELECT 'v' || n FROM generate_series(1, 23) n`],
  },
  'partitions by a part of the key': {
    columns: 'id int, region text, PRIMARY KEY (region, id)',
    suffix: 'PARTITION BY LIST (region)',
    fill: [
      `CREATE TABLE %_north PARTITION OF % FOR VALUES IN ('north')`,
      'CREATE TABLE %_rest PARTITION OF % DEFAULT',
      `INSERT INTO % SELECT n, (ARRAY['north', 'south', 'west'])[1 + mod(n, 3)], 'v' || n FROM generate_series(1, 23) n`,
    ],
  },
  'a key with an included column': {
    columns: 'id int, note text, PRIMARY KEY (id) INCLUDE (note)',
    fill: [`INSERT INTO % SELECT n, 'note', 'v' || n FROM generate_series(1, 23) n`],
  },
}

test.for(Object.entries(keys))('every row is filled once, with a key of %s', async ([, options]) => {
  const subject = await createSubject(options)
  const [{ rows } = { rows: 0 }] = await subject.query<{ rows: number }>('SELECT count(*)::int AS rows FROM %')
  expect(rows).toBeGreaterThan(1)

  const result = await runBackfill(subject.session, subject.change, subject.sides, { pageRows: 5 })

  expect(result).toMatchObject({ outcome: 'done', rowsSeen: rows, rowsChanged: rows, pages: Math.ceil(rows / 5) })
  expect(await subject.differing()).toBe(0)
})
