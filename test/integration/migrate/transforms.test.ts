import { join } from 'node:path'
import { type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { integer, pgTable, point, text, timestamp } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { AnyChange, Change } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { quoted, readPage, tableRows } from '../../support/documents.ts'
import { startChange } from '../../support/renaming.ts'
import { makeTemporary } from '../../support/temporary.ts'
import { insertRows, readNext, type TransformCase, transformCases } from '../../support/transforms.ts'
import { MigrationFolder } from './folder.ts'
import { changeRow, columnsOf, makeSubject, type Subject, stepStates } from './subject.ts'

const allDone = { expand: 'done', handover: 'done', retire: 'done', drop: 'done' }

async function valuesOf({ query }: Pick<Subject, 'query'>, subject: TransformCase): Promise<readonly string[]> {
  return (await query<{ value: string }>(readNext(subject))).map(({ value }) => value)
}

async function functionsOf({ query }: Pick<Subject, 'query'>, { change }: TransformCase): Promise<number> {
  const [row] = await query<{ count: number }>(
    `SELECT count(*)::int FROM pg_proc WHERE pronamespace = 'expand_contract'::regnamespace AND proname LIKE '%\\_' || $1`,
    [change.id],
  )
  return row!.count
}

describe.each(transformCases)('a change of $name', (subject) => {
  const { before, during, change, becomes } = subject
  const input = { changes: collectChanges([change]) }

  it('takes all steps in an empty database, and fills what a data migration of the same run has put in', async () => {
    const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    await folder.generate(before, [])
    await folder.generate(during, [change])
    folder.add('data', insertRows(subject), { when: folder.when(folder.tags[0]!) + 1 })
    const database = await makeSubject()
    await database.migrate(folder, input)
    expect(await stepStates(database)).toEqual(allDone)
    expect(await changeRow(database)).toMatchObject({ phase: 'contracted', dropped_at: expect.any(Date) })
    expect(await valuesOf(database, subject)).toEqual(becomes)
    expect(await functionsOf(database, subject)).toBe(0)
  })

  it('goes by `next` from the expand step to the drop, while an old release writes as long as it may', async () => {
    const { target } = await startChange({ before, during, change }, insertRows(subject))
    const query: Subject['query'] = async (text, values = []) =>
      (await target.session.client.query(text, [...values])).rows
    let steps = 0
    for (let plan = await planNext(target); plan.facts.phase !== 'read-new'; plan = await planNext(target)) {
      await takeNext(target, plan)
      const index = steps % subject.rows.length
      await query(`DELETE FROM things WHERE id = ${index + 1}`)
      await query(`INSERT INTO things (id, ${subject.old}) VALUES (${index + 1}, ${subject.rows[index]})`)
      expect(await valuesOf({ query }, subject)).toContain(becomes[index])
      steps += 1
    }
    await query(`UPDATE expand_contract.unaware_writers SET at = at - interval '1 hour'`)
    for (let plan = await planNext(target); plan.step.kind !== 'done'; plan = await planNext(target)) {
      await takeNext(target, plan)
    }
    expect(await valuesOf({ query }, subject)).toEqual(becomes)
    expect(await functionsOf({ query }, subject)).toBe(0)
  })
})

describe('steps that Drizzle’s own migrate() ran', () => {
  const { before, during, change } = transformCases.find(({ name }) => name === 'numeric to bigint')!
  const input = { changes: collectChanges([change]) }

  async function ranUpTo(step: string) {
    const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    await folder.generate(before, [])
    await folder.generate(during, [change])
    const part = folder.upTo(folder.tags.find((tag) => tag.endsWith(step))!)
    const subject = await makeSubject()
    await migrate(drizzle({ client: subject.database.pool }), { migrationsFolder: part.path })
    return { subject, folder, part }
  }

  it('are taken in from the catalog: all', async () => {
    const { subject, folder } = await ranUpTo('drop')
    expect(await subject.migrate(folder, input)).toEqual({ applied: [], ran: [], deferred: [] })
    expect(await stepStates(subject)).toEqual(allDone)
  })

  it('are taken in from the catalog: the expand step', async () => {
    const { subject, folder } = await ranUpTo('expand')
    await subject.migrate(folder, input)
    expect(await changeRow(subject)).toMatchObject({ phase: 'expanded', trigger_mode: 'old' })
  })

  it('are taken in from the catalog: the retire step, from which on new alone may be written', async () => {
    const { subject, part, folder } = await ranUpTo('retire')
    await subject.migrate(part, input)
    expect(await changeRow(subject)).toMatchObject({ phase: 'contracted', trigger_mode: 'new' })
    await subject.query('INSERT INTO things (id, balance_cents) VALUES (1, 1234)')
    expect(await subject.query('SELECT balance_cents, "~ec_retired_balance" AS retired FROM things')).toEqual([
      { balance_cents: '1234', retired: '12.34' },
    ])
    await expect(subject.query('UPDATE things SET "~ec_retired_balance" = 1')).rejects.toMatchObject({ code: '55000' })
    await subject.migrate(folder, input)
    expect(await columnsOf(subject, 'things')).toEqual(['balance_cents', 'id'])
  })
})

describe('while the steps of a split wait', () => {
  const { before, during, change } = transformCases.find(({ name }) => name === 'one column into two')!
  const input = { changes: collectChanges([change]) }

  async function waiting() {
    const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    await folder.generate(before, [])
    const subject = await makeSubject()
    await subject.migrate(folder, { changes: [] })
    await folder.generate(during, [change])
    await subject.migrate(folder, input)
    return { subject, folder }
  }

  it.each([
    ['"last_name" of table "things"', 'ALTER TABLE "things" ALTER COLUMN "last_name" SET DEFAULT 1'],
    ['"first name" of table "things"', 'CREATE INDEX "x" ON "things" ("first name")'],
    ['"forward2_split-name"', 'DROP FUNCTION "expand_contract"."forward2_split-name" CASCADE'],
    ['"backward1_split-name"', 'DROP FUNCTION "expand_contract"."backward1_split-name" CASCADE'],
    ['"verdict_forward_split-name"', 'DROP FUNCTION "expand_contract"."verdict_forward_split-name"'],
    ['"quarantine_split-name"', 'DROP FUNCTION "expand_contract"."quarantine_split-name"'],
  ])('a migration that names %s stops the run', async (name, statement) => {
    const { subject, folder } = await waiting()
    folder.add('9999_later', statement)
    const { stopped } = await subject.migrate(folder, input)
    expect(stopped).toMatchObject({ code: 'EC_MIGRATION_STOPPED', message: expect.stringContaining(`names ${name},`) })
  })

  it('records that are lost, functions and all, are told with the SQL that copies back', async () => {
    const { subject, folder } = await waiting()
    await subject.query('DROP SCHEMA expand_contract CASCADE')
    await expect(subject.migrate(folder, input)).rejects.toMatchObject({
      code: 'EC_CONTROL_LOST',
      message: expect.stringContaining('Whether "name" or "first name", "last_name" of table "things" holds the truth'),
      fix: expect.stringMatching(/SET "name" = CAST\(rtrim\(\("first name"\).*from the functions of its transform on/),
    })
  })
})

it('a row of a data migration that the transform rejects ends the run, without its value', async () => {
  const { before, during, change } = transformCases.find(({ name }) => name === 'text to integer')!
  const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
  await folder.generate(before, [])
  await folder.generate(during, [change])
  folder.add('data', `INSERT INTO things (id, amount) VALUES (1, 'seven')`, { when: folder.when(folder.tags[0]!) + 1 })
  const database = await makeSubject()
  await expect(database.migrate(folder, { changes: collectChanges([change]) })).rejects.toMatchObject({
    code: 'EC_MIGRATION_FAILED',
    message: expect.stringMatching(
      /0002_counted_handover failed .* could not be filled from the old one \(SQLSTATE 22P02/,
    ),
  })
  expect(await stepStates(database)).toMatchObject({ expand: 'done' })
})

describe('a transform is looked at before its expand step', () => {
  const names = { first: text(), last: text() }
  const before = { id: integer().primaryKey(), amount: text(), count: integer(), seen: timestamp(), ...names }
  const withPlace = pgTable('things', { ...before, place: point() })
  const withLabel = pgTable('things', { ...before, label: text() })
  const withMoment = pgTable('things', { ...before, seenAt: timestamp('seen_at', { withTimezone: true }) })
  const declare = changeColumns as unknown as (declaration: object) => Change
  const forwardOnly = (from: string, to: string, forward: (operand: unknown) => unknown, options: object = {}) =>
    declare({
      id: 'looked-at',
      table: to === 'place' ? withPlace : withMoment,
      from: [from],
      to: [to],
      forward: (old: Record<string, unknown>) => ({ [to]: forward(old[from]) }),
      backward: () => ({ [from]: sql`NULL` }),
      ...options,
    })

  async function migrated(change: Change, beforehand = '') {
    const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    await folder.generate({ things: pgTable('things', before) }, [])
    const subject = await makeSubject()
    await subject.migrate(folder, { changes: [] })
    await subject.query(beforehand)
    await folder.generate({ things: (change as unknown as AnyChange).table }, [change])
    return { subject, result: subject.migrate(folder, { changes: collectChanges([change]) }) }
  }

  const toPlace = (forward: (amount: unknown) => unknown) => forwardOnly('amount', 'place', forward)
  const toMoment = (options?: object) => forwardOnly('seen', 'seenAt', (seen) => sql`${seen}`, options)

  it.each<[string, Change, string]>([
    [
      'a type without a cast',
      forwardOnly('count', 'place', (count) => sql`${count}`),
      'cannot cast type integer to point',
    ],
    [
      'an operator that does not exist',
      toPlace((amount) => sql`${amount} * 2`),
      'operator does not exist: text * integer',
    ],
    [
      'a function that does not exist',
      toPlace((amount) => sql`pointed(${amount})`),
      'function pointed(text) does not exist',
    ],
    ['a column by its name', toPlace(() => sql.raw('"count"')), 'column "count" does not exist'],
    ['a subquery', toPlace((amount) => sql`(SELECT ${amount}::point)`), 'cannot use subquery in check constraint'],
    ['an aggregate', toPlace((amount) => sql`max(${amount})::point`), 'aggregate functions are not allowed'],
    ['a literal that its type rejects', toPlace(() => sql`'x'::integer::text::point`), 'SQLSTATE 22P02'],
  ])('%s is told in the words of PostgreSQL, and nothing is changed', async (_what, change, words) => {
    const { subject, result } = await migrated(change)
    await expect(result).rejects.toMatchObject({
      code: 'EC_TRANSFORM_REFUSED',
      message: expect.stringMatching(/^Change "looked-at": what `forward` gives for column "place" cannot be computed/),
      fix: expect.stringContaining('Correct `forward`'),
    })
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining(words) })
    expect(await columnsOf(subject, 'things')).toEqual(['amount', 'count', 'first', 'id', 'last', 'seen'])
    expect(await changeRow(subject)).toBeUndefined()
  })

  it('a function that is not IMMUTABLE needs a reason', async () => {
    const { subject, result } = await migrated(toMoment())
    await expect(result).rejects.toMatchObject({
      code: 'EC_TRANSFORM_REFUSED',
      message: expect.stringContaining(
        'for column "seen_at" uses a function that PostgreSQL does not know to be IMMUTABLE',
      ),
      fix: expect.stringContaining('stableBecause'),
    })
    expect(await columnsOf(subject, 'things')).not.toContain('seen_at')
  })

  describe('a function of the database’s own', () => {
    const body = `LANGUAGE plpgsql IMMUTABLE`
    const placed = (settings: string) =>
      `CREATE FUNCTION placed(amount text) RETURNS point ${body} ${settings} AS $$ BEGIN RETURN amount::point; END $$`
    const inSql = (text: string) => `CREATE FUNCTION placed(amount text) RETURNS point LANGUAGE sql IMMUTABLE ${text}`
    const change = toPlace((amount) => sql`placed(${amount})`)

    it.each([
      ['in plpgsql', placed('')],
      ['in SQL that is a string', inSql(`AS 'SELECT $1::point'`)],
      [
        'by another function',
        `${placed('').replace('placed', 'inner_placed')}; ${inSql('RETURN inner_placed(amount)')}`,
        'inner_placed(text)',
      ],
      [
        'by an operator',
        `${placed('').replace('placed', 'inner_placed')}; CREATE OPERATOR @@@ (FUNCTION = inner_placed, RIGHTARG = text);
         ${inSql('RETURN @@@ amount')}`,
        'inner_placed(text)',
      ],
    ])('needs a search path of its own: %s', async (_, create, signature = 'placed(text)') => {
      const { subject, result } = await migrated(change, create)
      await expect(result).rejects.toMatchObject({
        code: 'EC_TRANSFORM_REFUSED',
        message: expect.stringContaining(`calls the function ${signature}, which has no search path of its own`),
        fix: expect.stringContaining(`ALTER FUNCTION ${signature} SET search_path`),
      })
      expect(await columnsOf(subject, 'things')).not.toContain('place')
    })

    it.each([
      ['with a search path', placed('SET search_path = pg_catalog')],
      ['with a body that is parsed when it is created', inSql('RETURN amount::point')],
    ])('is taken %s', async (_, create) => {
      const { subject, result } = await migrated(change, create)
      await result
      await subject.query(`INSERT INTO things (id, amount) VALUES (1, '(1,2)')`)
      expect(await subject.query('SELECT place FROM things')).toEqual([{ place: { x: 1, y: 2 } }])
    })
  })

  it('with a reason it is taken', async () => {
    const { subject, result } = await migrated(toMoment({ stableBecause: 'every session of ours has the zone UTC' }))
    await result
    await subject.query(`INSERT INTO things (id, seen) VALUES (1, '2026-01-01')`)
    expect(await subject.query('SELECT seen_at IS NULL AS empty FROM things')).toEqual([{ empty: false }])
  })

  it('in a temporary table, for which the role needs a right', async () => {
    const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    await folder.generate({ things: pgTable('things', before) }, [])
    const subject = await makeSubject()
    await subject.migrate(folder, { changes: [] })
    const change = forwardOnly('amount', 'place', (amount) => sql`${amount}::point`)
    await folder.generate({ things: withPlace }, [change])
    await subject.query(
      `DO $$BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, CURRENT_USER', current_database()); END$$`,
    )
    await expect(subject.migrate(folder, { changes: collectChanges([change]) })).rejects.toMatchObject({
      code: 'EC_RIGHT_MISSING',
      message: expect.stringContaining('may not check the transform of change "looked-at" (in a temporary table)'),
    })
    expect(await columnsOf(subject, 'things')).not.toContain('place')
  })

  it('a reason does not make an expression that cannot be computed', async () => {
    const change = forwardOnly('amount', 'place', (amount) => sql`${amount} * 2`, { stableBecause: 'no' })
    await expect((await migrated(change)).result).rejects.toMatchObject({ code: 'EC_TRANSFORM_REFUSED' })
  })

  describe.each(
    tableRows(
      readPage('docs/change-columns.md')
        .text.split('the expression:\n')[1]!
        .replaceAll(/^ {2}/gm, '')
        .replaceAll('\\|', '!'),
    ),
  )('docs/change-columns.md', (instead, write) => {
    const declared = (cell: string) => {
      const text = quoted(cell)[0]!.replaceAll('!', '|')
      const to = text.includes('timestamptz') || text.includes('ZONE') ? 'seenAt' : 'label'
      return declare({
        id: 'looked-at',
        table: to === 'label' ? withLabel : withMoment,
        from: ['seen', 'first', 'last'],
        to: [to],
        forward: (operands: Record<string, unknown>) => ({
          [to]: sql.join(
            text
              .split(/\b(seen|first|last)\b/)
              .map((part) => (part in operands ? (operands[part] as SQL) : sql.raw(part))),
          ),
        }),
        backward: () => ({ seen: sql`NULL`, first: sql`NULL`, last: sql`NULL` }),
      })
    }

    it(`instead of ${instead}, which is refused, it writes ${write}`.replaceAll('!', '|'), async () => {
      await expect((await migrated(declared(instead!))).result).rejects.toMatchObject({
        message: expect.stringContaining('does not know to be IMMUTABLE'),
      })
      expect((await (await migrated(declared(write!))).result).applied).toContain('0001_looked-at_expand')
    })
  })

  it('backward is looked at like forward, and the column named is the old one', async () => {
    const change = declare({
      id: 'looked-at',
      table: withPlace,
      from: ['count'],
      to: ['place'],
      forward: () => ({ place: sql`NULL` }),
      backward: ({ place: operand }: Record<string, unknown>) => ({ count: sql`${operand}` }),
    })
    await expect((await migrated(change)).result).rejects.toMatchObject({
      message: expect.stringContaining('what `backward` gives for column "count" cannot be computed'),
    })
  })
})
