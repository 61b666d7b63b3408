import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { groups } from '../../../bench/groups.ts'
import { parseRequest, UsageError } from '../../../bench/harness/command-line.ts'
import { isMet, type Row, type Target } from '../../../bench/harness/group.ts'
import { jsonLine, textLines } from '../../../bench/harness/report.ts'

const row: Row = { name: 'some.row', compares: 'One thing with another', unit: '× L', target: { atLeast: 0.9 } }
const size = { rows: 1_234_567, rounds: 3 }

describe('a target', () => {
  test.each<[Target, number, boolean]>([
    [{ atLeast: 0.9 }, 0.9, true],
    [{ atLeast: 0.9 }, 0.8999, false],
    [{ atMost: 1.05 }, 1.05, true],
    [{ atMost: 1.05 }, 1.0501, false],
  ])('%j of %d: %s', (target, value, met) => {
    expect(isMet(target, value)).toBe(met)
  })
})

describe('a measured row', () => {
  test('is one line of JSON with its target and the numbers behind it', () => {
    const line = jsonLine({ row, value: 0.951234567, raw: { ours_ms: [12.3456789, 11] } }, size)
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toEqual({
      name: 'some.row',
      value: 0.95123,
      unit: '× L',
      target: 0.9,
      met: true,
      raw: { table_rows: 1_234_567, rounds: 3, ours_ms: [12.346, 11] },
    })
  })

  test('that misses its target says so, as JSON and in words', () => {
    const missed = { row, value: 0.5, raw: {} }
    expect(JSON.parse(jsonLine(missed, size))).toMatchObject({ value: 0.5, met: false })
    expect(textLines(missed)).toMatch(/some\.row +0\.5 × L +target ≥ 0\.9 +.*missed/)
  })

  test('shows people every number behind it', () => {
    expect(textLines({ row, value: 1, raw: { ours_ms: [1, 2], note: 'word' } })).toMatch(
      /ours_ms +1 {2}2\n +note +word/,
    )
  })
})

describe('the command line', () => {
  test('runs all groups at the size that may be quoted', () => {
    expect(parseRequest([], ['a', 'b'])).toMatchObject({ groups: ['a', 'b'], rows: 2_000_000, rounds: 5, json: false })
  })

  test('runs one group, small, as JSON', () => {
    expect(parseRequest(['b', '--quick', '--json'], ['a', 'b'])).toMatchObject({
      groups: ['b'],
      rows: 50_000,
      json: true,
    })
  })

  test('takes sizes of its own', () => {
    expect(parseRequest(['--quick', '--rows', '20_000', '--rounds', '7'], [])).toMatchObject({
      rows: 20_000,
      rounds: 7,
    })
  })

  test.each([[['c']], [['--rows', 'many']], [['--rows', '12']], [['--rounds', '0']], [['--fast']]])(
    'refuses %j',
    (args) => {
      expect(() => parseRequest(args, ['a'])).toThrow(UsageError)
    },
  )
})

describe('the groups', async () => {
  const documentation = readFileSync(resolve(import.meta.dirname, '../../../docs/benchmarks.md'), 'utf8')
  const loaded = await Promise.all(
    Object.entries(groups).map(async ([name, load]) => ({ name, rows: (await load()).default.rows })),
  )
  const rows = loaded.flatMap((group) => group.rows.map((one) => ({ group: group.name, ...one })))

  test('have rows under their own name, each once', () => {
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.filter(({ group, name }) => !name.startsWith(`${group}.`))).toEqual([])
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  })

  test.each(rows.map(({ name }) => name))('%s is explained in the documentation', (name) => {
    expect(documentation).toContain(`\`${name}\``)
  })
})
