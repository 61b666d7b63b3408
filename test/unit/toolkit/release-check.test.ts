import { sql } from 'drizzle-orm'
import { type PgTable, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import type { AnyChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { declarationHash, recordedDeclaration } from '../../../src/change/recorded.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import type { ChangeRow } from '../../../src/control/change-row.ts'
import { physicalTable } from '../../../src/drizzle/physical-table.ts'
import { failure } from '../../../src/errors/index.ts'
import { type Phase, phases } from '../../../src/phase/phase.ts'
import { type Code, checkRelease, type Recorded } from '../../../src/toolkit/release-check.ts'

const id = () => serial('id').primaryKey()
const before = pgTable('users', { id: id(), name: text('name') })
const during = pgTable('users', { id: id(), name: text('name'), fullName: text('full_name') })
const after = pgTable('users', { id: id(), fullName: text('full_name') })
const elsewhere = pgTable('letters', { id: id(), name: text('name') })

const change = renameColumn({
  id: 'user-full-name',
  table: during,
  from: 'name',
  to: 'fullName',
}) as unknown as AnyChange
const declaration = recordedDeclaration(change, sidesOf(change))

function row(different: Partial<ChangeRow> = {}): ChangeRow {
  return {
    id: change.id,
    phase: 'dual-write',
    sync: 'trigger',
    declaration: { ...declaration },
    declarationHash: declarationHash(declaration),
    droppedAt: null,
    ...different,
  } as ChangeRow
}

const aware: Code = code([during], [change])
function code(tables: readonly PgTable[], changes: readonly AnyChange[] = []): Code {
  return {
    tables: tables.map((table) => physicalTable(table)),
    declared: changes.map((declared) => ({ change: declared, sides: sidesOf(declared) })),
  }
}

function database(rows: readonly ChangeRow[], columns: readonly string[] = ['id', 'name', 'full_name']): Recorded {
  return { readable: rows, unreadable: [], hasColumn: (_, column) => columns.includes(column) }
}

const mayRun = (build: Code, recorded: Recorded) => checkRelease(build, recorded).every(({ refuses }) => !refuses)

describe('a build that declares the change', () => {
  it.each(Object.keys(phases) as Phase[])('may run in %s', (phase) => {
    expect(mayRun(aware, database([row({ phase })]))).toBe(true)
  })

  it('is told to delete the declaration once the change has ended, and may run', () => {
    const findings = checkRelease(aware, database([row({ phase: 'contracted', droppedAt: new Date() })]))
    expect(findings).toMatchObject([{ refuses: false, problem: 'has ended here' }])
  })

  it('must not run before the migration', () => {
    const findings = checkRelease(aware, database([], ['id', 'name']))
    expect(findings).toMatchObject([{ refuses: true, fix: expect.stringContaining('expand-contract migrate') }])
    expect(mayRun(aware, database([]))).toBe(true)
  })

  it('must not run before all new columns of a change are there', () => {
    const table = pgTable('users', { id: id(), name: text('name'), first: text('first'), last: text('last') })
    const inTwo = changeColumns({
      id: 'in-two',
      table,
      from: ['name'],
      to: ['first', 'last'],
      forward: ({ name }) => ({ first: sql`left(${name}, 1)`, last: sql`substr(${name}, 2)` }),
      backward: ({ first, last }) => ({ name: sql`${first} || ${last}` }),
    }) as unknown as AnyChange
    const build = code([table], [inTwo])
    expect(checkRelease(build, database([], ['id', 'name', 'first']))).toMatchObject([
      { refuses: true, problem: expect.stringContaining('users.last does not exist') },
    ])
    expect(mayRun(build, database([], ['id', 'name', 'first', 'last']))).toBe(true)
  })

  it('must not run with another declaration than the recorded one, and is told the difference', () => {
    const findings = checkRelease(aware, database([row({ declaration: { ...declaration, new: ['surname'] } })]))
    expect(findings).toMatchObject([
      { refuses: true, problem: expect.stringContaining('new: recorded ["surname"], declared ["full_name"]') },
    ])
  })

  it('may run with options that no SQL is made of', () => {
    const other = { ...change, flag: 'another', soakMs: 1, stickiness: 'accountId', copyBack: false }
    expect(mayRun(code([during], [other]), database([row()]))).toBe(true)
  })

  it('must not run by a row that cannot be read', () => {
    const error = failure('EC_ROW_UNREADABLE', { table: 'changes', row: change.id, problem: '"phase" is "done"' })
    const recorded = { ...database([]), unreadable: [{ id: change.id, error }] }
    expect(checkRelease(aware, recorded)).toMatchObject([{ refuses: true, problem: expect.stringContaining('"done"') }])
  })
})

describe('a build that does not declare the change', () => {
  it.each([
    ['trigger', 'expanded', true],
    ['trigger', 'dual-write', true],
    ['trigger', 'read-new', true],
    ['trigger', 'new-only', false],
    ['trigger', 'contracted', false],
    ['none', 'expanded', true],
    ['none', 'dual-write', false],
    ['none', 'read-new', false],
  ] as const)('from before it, with sync %s in %s: %s', (sync, phase, expected) => {
    const findings = checkRelease(code([before]), database([row({ sync, phase })]))
    expect(findings).toMatchObject([{ refuses: !expected, problem: expect.stringContaining('does not know it') }])
  })

  it.each([
    ['with the old key', after],
    ['alone', during],
  ])('because it deleted the declaration %s before the drop, must not run', (_, table) => {
    for (const phase of ['dual-write', 'new-only', 'contracted'] as const) {
      const findings = checkRelease(code([table]), database([row({ phase })]))
      expect(findings).toMatchObject([{ refuses: true, problem: expect.stringContaining('deleted its declaration') }])
    }
  })

  it('may run after the drop, unless it names the dropped column', () => {
    const ended = database([row({ phase: 'contracted', droppedAt: new Date() })], ['id', 'full_name'])
    expect(checkRelease(code([after]), ended)).toEqual([])
    expect(checkRelease(code([before]), ended)).toMatchObject([
      { refuses: true, problem: expect.stringContaining('still names users.name') },
    ])
  })

  it('may run after the change was abandoned', () => {
    expect(checkRelease(code([before]), database([row({ phase: 'abandoned' })]))).toEqual([])
  })

  it('may run where it does not have the table', () => {
    expect(checkRelease(code([elsewhere]), database([row({ phase: 'contracted' })]))).toEqual([])
  })
})
