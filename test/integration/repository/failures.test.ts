import { inspect } from 'node:util'
import { eq, sql } from 'drizzle-orm'
import { customType, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { ExpandContractError } from '../../../src/errors/index.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { changes as accountChanges, accounts, createAccounts, payments } from './support/accounts.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'
import { createUsers, posts, userFullName, users } from './support/users.ts'

const canary = 'canary-4711'
const situation = situations.find(({ phase }) => phase === 'dual-write')!

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})
beforeEach(() => createUsers(wired.pool, situation))

const setUp = () =>
  createRepositories({ db: wired.db, schema: { users, posts }, changes: { userFullName }, decider: always(situation) })

async function failureOf(work: Promise<unknown>): Promise<ExpandContractError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ExpandContractError)
  return error as ExpandContractError
}

describe('a failing query', () => {
  const attempts: readonly [string, (toolkit: ReturnType<typeof setUp>) => Promise<unknown>, string][] = [
    ['insert', ({ repository }) => repository(users).insert({ email: canary, fullName: 'Ada' }), '23505'],
    [
      'update',
      ({ repository }) => repository(users).update({ email: canary }, (user) => eq(user.email, `${canary}2`)),
      '23505',
    ],
    [
      'upsert',
      ({ repository }) => repository(users).upsert({ email: canary, fullName: canary }, { target: 'fullName' }),
      '23505',
    ],
    ['select', ({ repository }) => repository(users).findMany({ where: () => sql`${canary}::int = 1` }), '22P02'],
    ['count', ({ repository }) => repository(users).count(() => sql`${canary}::int = 1`), '22P02'],
    ['delete', ({ repository }) => repository(users).delete(() => sql`${canary}::int = 1`), '22P02'],
    ['query', ({ query }) => query(({ users, db }) => db.select().from(users).where(sql`${canary}::int = 1`)), '22P02'],
    ['transaction', ({ transaction }) => transaction((tx) => tx.execute(sql`select ${canary}::int`)), '22P02'],
    ['run', ({ run }) => run({}, () => wired.db.execute(sql`select ${canary}::int`)), '22P02'],
  ]

  it.each(attempts)('%s tells the SQLSTATE and no value', async (_name, attempt, sqlState) => {
    await wired.pool.query(
      `insert into users (email, name, full_name) values ('${canary}', 'x', 'x'), ('${canary}2', 'y', 'y')`,
    )
    const error = await failureOf(attempt(setUp()))
    expect(error.code).toBe('EC_QUERY_FAILED')
    expect(error.cause).toMatchObject({ code: sqlState })
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(canary)
    expect(JSON.stringify(error)).not.toContain(canary)
  })

  it('has the caller on its stack', async () => {
    async function theCallerOfTheRepository(): Promise<void> {
      await setUp()
        .repository(users)
        .findMany({ where: () => sql`1 / 0 = 1` })
    }
    expect((await failureOf(theCallerOfTheRepository())).stack).toContain('theCallerOfTheRepository')
  })

  it('of a column that encodes values hides what the column said', async () => {
    const picky = customType<{ data: string }>({
      dataType: () => 'text',
      toDriver(value) {
        throw new TypeError(`${value} is not to my taste`)
      },
    })
    const table = pgTable('picky', { id: serial().primaryKey(), old: picky(), next: picky(), other: picky() })
    const change = renameColumn({ id: 'picky', table, from: 'old', to: 'next' })
    const toolkit = createRepositories({
      db: wired.db,
      schema: { table },
      changes: { change },
      decider: always(situation),
    })
    for (const row of [{ next: canary }, { other: canary }]) {
      const error = await failureOf(toolkit.repository(table).insert(row))
      expect(error).toMatchObject({ code: 'EC_QUERY_FAILED', message: expect.stringContaining('TypeError') })
      expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(canary)
    }
  })

  it('passes on what the callbacks of the caller throw', async () => {
    const mine = new RangeError('mine')
    const { query, repository, run, transaction } = setUp()
    const thrower = (): never => {
      throw mine
    }
    await expect(query(thrower)).rejects.toBe(mine)
    await expect(run({}, thrower)).rejects.toBe(mine)
    await expect(transaction(async () => thrower())).rejects.toBe(mine)
    await expect(repository(users).findMany({ where: thrower })).rejects.toBe(mine)
    await expect(repository(users).update(thrower, thrower)).rejects.toBe(mine)
  })
})

describe('a value that a transform rejects', () => {
  const setUpAccounts = (phase: Phase) => {
    const decider = always({ phase })
    const schema = { accounts, payments }
    return createRepositories({ db: wired.db, schema, changes: accountChanges, decider })
  }
  const attempts: readonly [string, Phase, (toolkit: ReturnType<typeof setUpAccounts>) => Promise<unknown>][] = [
    ['an insert', 'dual-write', ({ repository }) => repository(accounts).insert({ label: 'x', tier: sql`${canary}` })],
    [
      'an update',
      'expanded',
      ({ repository }) => repository(accounts).update({ number: sql`${canary}` }, (account) => eq(account.id, 1)),
    ],
    ['a read', 'dual-write', ({ repository }) => repository(accounts).findMany()],
    ['a read by a query', 'dual-write', ({ query }) => query(({ accounts, db }) => db.select().from(accounts))],
  ]

  it.each(attempts)('fails %s whole, with the change and its columns named', async (_name, phase, attempt) => {
    await createAccounts(wired.pool, situation)
    await wired.pool.query(`insert into accounts (label, code, plan) values ('old', '${canary}', 'free')`)
    const error = await failureOf(attempt(setUpAccounts(phase)))
    expect(error).toMatchObject({ code: 'EC_QUERY_FAILED', cause: { code: '22P02' } })
    expect(error.message).toContain('change "code-as-number", between "code" and "number"')
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(canary)
    expect((await wired.pool.query('select code from accounts')).rows).toEqual([{ code: canary }])
  })
})

describe('misuse', () => {
  const repository = () => setUp().repository(users)

  it('is refused for the old key, with the new one named', async () => {
    const error = await failureOf(repository().insert({ email: 'a@x', name: 'Ada' } as never))
    expect(error).toMatchObject({
      code: 'EC_ROW_KEY',
      message: expect.stringContaining('"name" of table "users" is the old side of a change'),
      fix: 'Write "fullName" instead.',
    })
  })

  it('names all new keys that are in the place of an old one', async () => {
    const { repository } = createRepositories({
      db: wired.db,
      schema: { accounts },
      changes: accountChanges,
      decider: always(situation),
    })
    const error = await failureOf(repository(accounts).update({ name: 'Ada' } as never, (account) => eq(account.id, 1)))
    expect(error).toMatchObject({ code: 'EC_ROW_KEY', fix: 'Write "first", "last" instead.' })
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'an unknown key in a row',
      () => repository().insert({ email: 'a', fullName: 'a', nope: 1 } as never),
      'EC_ROW_KEY',
    ],
    ['an unknown key in a patch', () => repository().update({ nope: 1 } as never, (u) => eq(u.id, 1)), 'EC_ROW_KEY'],
    [
      'an unknown target',
      () => repository().upsert({ email: 'a', fullName: 'a' }, { target: 'name' as never }),
      'EC_ROW_KEY',
    ],
    ['an unknown column', () => repository().findMany({ columns: { name: true } as never }), 'EC_ROW_KEY'],
    ['no column', () => repository().findMany({ columns: {} as never }), 'EC_QUERY_MISUSE'],
    ['an empty patch', () => repository().update({}, (u) => eq(u.id, 1)), 'EC_QUERY_MISUSE'],
    ['a patch of undefined', () => repository().update({ age: undefined }, (u) => eq(u.id, 1)), 'EC_QUERY_MISUSE'],
    [
      'an update without predicate',
      () => repository().update({ age: 1 }, (() => undefined) as never),
      'EC_QUERY_MISUSE',
    ],
    ['a delete without predicate', () => repository().delete(undefined as never), 'EC_QUERY_MISUSE'],
  ])('is refused for %s, and nothing is sent', async (_name, attempt, code) => {
    wired.wire.length = 0
    expect((await failureOf(attempt())).code).toBe(code)
    expect(wired.wire).toEqual([])
  })

  it('is refused for a table that the schema does not export', () => {
    const other = pgTable('other', { id: serial().primaryKey(), label: text() })
    expect(() => setUp().repository(other)).toThrow('Table "other" is not part of the schema')
    expect(() =>
      createRepositories({ db: wired.db, schema: { posts }, changes: { userFullName }, decider: always(situation) }),
    ).toThrow('Table "users" is not part of the schema')
  })
})
