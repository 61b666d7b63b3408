import { and, eq, inArray, sql } from 'drizzle-orm'
import { withReplicas } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepositories } from '../../../src/repository/index.ts'
import { changes as accountChanges, accounts, createAccounts, payments } from './support/accounts.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'
import { withRelations } from './support/relations.ts'
import { createUsers, physicalUsers, posts, userFullName, users } from './support/users.ts'

let wired: WiredDatabase
let client: postgres.Sql
beforeAll(async () => {
  wired = await wiredDatabase()
  client = postgres(wired.url, { max: 2 })
})
afterAll(() => client.end())

describe.each(situations)('postgres-js in $name', (situation) => {
  it('does what node-postgres does', async () => {
    await createUsers(wired.pool, situation)
    const { config, relations } = withRelations({ users, posts })
    const db = drizzle({ client, ...config })
    const schema = { users, posts, ...relations }
    const toolkit = createRepositories({ db, schema, changes: { userFullName }, decider: always(situation) })
    const repository = toolkit.repository(users)
    await repository.insertMany([
      { email: 'ada@x', fullName: 'Ada' },
      { email: 'bob@x', fullName: sql`gen_random_uuid()` },
    ])
    await repository.update(
      (user) => ({ fullName: sql`upper(${user.fullName})` }),
      (user) => eq(user.email, 'ada@x'),
    )
    await repository.upsert({ email: 'new@x', fullName: 'ADA' }, { target: 'fullName' })
    await toolkit.repository(posts).insert({ authorId: 1, title: 'One' })
    const found = await toolkit.query(({ db }) => db.query.posts.findMany({ with: { author: true } }))
    expect(found[0]!.author).toMatchObject({ fullName: 'ADA', email: 'new@x' })
    await toolkit
      .transaction(async () => {
        expect(await repository.delete(() => sql`true`)).toBe(2)
        throw new Error('undo')
      })
      .catch(() => {})
    expect(await repository.count()).toBe(2)
    expect(await repository.delete((user) => eq(user.fullName, 'ADA'))).toBe(1)
    const [left] = await physicalUsers(wired.pool)
    if (always(situation).decide(undefined as never, undefined).mode.write === 'both') {
      expect(left!.name).toBe(left!.full_name)
    }
    await expect(repository.insert({ email: 'bob@x', fullName: 'x' })).rejects.toMatchObject({
      cause: { code: '23505' },
    })
  })
})

describe.each(situations)('postgres-js through transforms in $name', (situation) => {
  it('does what node-postgres does', async () => {
    await createAccounts(wired.pool, situation)
    const toolkit = createRepositories({
      db: drizzle({ client }),
      schema: { accounts, payments },
      changes: accountChanges,
      decider: always(situation),
    })
    const repository = toolkit.repository(accounts)
    const ada = { label: 'ada', balanceCents: 9_007_199_254_740_993n, number: 7, first: 'Ada', last: null } as const
    const made = await repository.insert({ ...ada, address: 'A, B', tier: 'paid' })
    expect(made).toMatchObject({ ...ada, address: 'A, B', tier: 'paid' })
    const [updated] = await repository.update(
      (account) => ({ number: sql`${account.number} + ${1}`, last: 'L', balanceCents: 5n }),
      (account) => and(eq(account.balanceCents, ada.balanceCents), inArray(account.tier, ['paid'])) ?? sql`false`,
    )
    expect(updated).toEqual({ ...made, number: 8, last: 'L', balanceCents: 5n })
    expect(await repository.upsert({ label: 'x', number: 8, first: 'B' }, { target: 'number' })).toEqual({
      ...updated,
      label: 'x',
      first: 'B',
    })
  })
})

describe('read replicas', () => {
  it('get nothing that writes', async () => {
    const situation = situations.find(({ phase }) => phase === 'dual-write')!
    await createUsers(wired.pool, situation)
    const sent: string[] = []
    const logged = (name: string) => ({ logger: { logQuery: (sql: string) => void sent.push(`${name}: ${sql}`) } })
    const db = withReplicas(wired.drizzle(logged('primary')), [wired.drizzle(logged('replica'))])
    const toolkit = createRepositories({ db, schema: { users }, changes: { userFullName }, decider: always(situation) })
    const repository = toolkit.repository(users)
    await repository.insert({ email: 'ada@x', fullName: sql`gen_random_uuid()` })
    await repository.update({ fullName: sql`'Ada'` }, (user) => eq(user.email, 'ada@x'))
    await repository.upsert({ email: 'ada@x', fullName: 'Ada L.' }, { target: 'email' })
    await repository.delete((user) => eq(user.email, 'ada@x'))
    expect(sent.filter((query) => !query.startsWith('primary: '))).toEqual([])
  })
})
