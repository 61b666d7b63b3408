import { count, desc, eq, max, sql } from 'drizzle-orm'
import { alias, pgTable, serial, text } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRepositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'
import { withRelations } from './support/relations.ts'
import { createUsers, physicalNames, posts, userFullName, users } from './support/users.ts'

const archive = pgTable('archive', { id: serial().primaryKey(), label: text() })

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
  await wired.pool.query('create table archive (id serial primary key, label text)')
})

describe.each(situations)('query in $name', (situation) => {
  const setUp = () => {
    const { config, relations } = withRelations({ users, posts })
    return createRepositories({
      db: wired.drizzle(config),
      schema: { users, posts, archive, ...relations, notATable: 42 },
      changes: { userFullName },
      decider: always(situation),
    })
  }

  beforeEach(async () => {
    await createUsers(wired.pool, situation)
    const toolkit = setUp()
    await toolkit.repository(users).insertMany([
      { email: 'ada@x', fullName: 'Ada', age: 36 },
      { email: 'bob@x', fullName: 'Bob', age: 20 },
    ])
    await toolkit.repository(posts).insertMany([
      { authorId: 1, authorName: 'Ada', title: 'One' },
      { authorId: 1, authorName: 'Ada', title: 'Two' },
    ])
    wired.wire.length = 0
  })

  it('joins, groups and aggregates', async () => {
    const rows = await setUp().query(({ users, posts, db }) =>
      db
        .select({ name: users.fullName, posts: count(posts.id), last: max(posts.title) })
        .from(users)
        .leftJoin(posts, eq(posts.authorName, users.fullName))
        .groupBy(users.fullName)
        .having(sql`length(${users.fullName}) = 3`)
        .orderBy(users.fullName),
    )
    expect(rows).toEqual([
      { name: 'Ada', posts: 2, last: 'Two' },
      { name: 'Bob', posts: 0, last: null },
    ])
    const { read } = always(situation).decide(undefined as never, undefined).mode
    const other = physicalNames[read === 'old' ? 'new' : 'old']
    expect(wired.wire[0]!.sql).not.toContain(`"${other}"`)
  })

  it('takes aliases, self joins and whole rows', async () => {
    const rows = await setUp().query(({ users, db }) => {
      const other = alias(users, 'other')
      return db.select().from(users).innerJoin(other, eq(other.fullName, users.fullName)).orderBy(desc(other.fullName))
    })
    expect(rows.map((row) => [row.users.fullName, row.other.fullName])).toEqual([
      ['Bob', 'Bob'],
      ['Ada', 'Ada'],
    ])
    expect(Object.keys(rows[0]!.users).sort()).toEqual(['active', 'age', 'email', 'fullName', 'id'])
  })

  it('takes common table expressions and subqueries', async () => {
    const rows = await setUp().query(({ users, db }) => {
      const grown = db.$with('grown').as(db.select().from(users).where(eq(users.age, 36)))
      const named = db
        .select({ label: sql<string>`upper(${grown.fullName})`.as('label') })
        .from(grown)
        .as('named')
      return db.with(grown).select({ label: named.label }).from(named)
    })
    expect(rows).toEqual([{ label: 'ADA' }])
  })

  it('counts with $count', async () => {
    expect(await setUp().query(({ users, db }) => db.$count(users, eq(users.fullName, 'Ada')))).toBe(1)
  })

  it('inserts into another table what it selects', async () => {
    await wired.pool.query('truncate archive restart identity')
    const rows = await setUp().query(({ users, archive, db }) =>
      db
        .insert(archive)
        .select(db.select({ id: users.id, label: users.fullName }).from(users))
        .returning({ label: archive.label }),
    )
    expect(rows).toEqual([{ label: 'Ada' }, { label: 'Bob' }])
  })

  it('does several things under one decision, repositories included', async () => {
    const toolkit = setUp()
    const names = await toolkit.query(async ({ users: source, db }) => {
      await toolkit.repository(users).update({ fullName: 'Ada L.' }, (user) => eq(user.id, 1))
      return (await db.select({ name: source.fullName }).from(source).orderBy(source.id)).map(({ name }) => name)
    })
    expect(names).toEqual(['Ada L.', 'Bob'])
  })

  it('deletes, and refuses to write to one side of a changed table', async () => {
    const toolkit = setUp()
    const insert = toolkit.query(({ users, db }) => db.insert(users).values({ email: 'c@x', fullName: 'Cyd' }))
    await expect(insert).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE' })
    const update = toolkit.query(({ users, db }) =>
      db.transaction((tx) => tx.update(users).set({ fullName: 'Cyd' }).where(eq(users.id, 1))),
    )
    await expect(update).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE' })
    await toolkit.query(({ users, db }) => db.delete(users).where(eq(users.fullName, 'Ada')))
    expect(await toolkit.repository(users).count()).toBe(1)
  })

  it('reaches the changed table from another one by a relation', async () => {
    const found = await setUp().query(({ db }) => db.query.posts.findMany({ with: { author: true } }))
    expect(found.map(({ title, author }) => [title, author])).toEqual([
      ['One', { id: 1, email: 'ada@x', fullName: 'Ada', age: 36, active: true }],
      ['Two', { id: 1, email: 'ada@x', fullName: 'Ada', age: 36, active: true }],
    ])
  })

  it('follows relations whose own field is the renamed column, in both directions', async () => {
    const toolkit = setUp()
    const found = await toolkit.query(({ db }) =>
      db.query.posts.findFirst({ columns: { title: true }, with: { namesake: { columns: { fullName: true } } } }),
    )
    expect(found).toEqual({ title: 'One', namesake: { fullName: 'Ada' } })
    const back = await toolkit.query(({ db }) =>
      db.query.users.findMany({ columns: { fullName: true }, with: { mentions: { columns: { title: true } } } }),
    )
    expect(back).toEqual([
      { fullName: 'Ada', mentions: [{ title: 'One' }, { title: 'Two' }] },
      { fullName: 'Bob', mentions: [] },
    ])
  })

  it('reads relations inside a transaction on its session', async () => {
    const toolkit = setUp()
    await toolkit.transaction(async () => {
      await toolkit.repository(users).update({ fullName: 'Zoe' }, (user) => eq(user.id, 2))
      const seen = await toolkit.query(({ db }) => db.query.users.findMany({ columns: { fullName: true } }))
      expect(seen.map(({ fullName }) => fullName).sort()).toEqual(['Ada', 'Zoe'])
    })
  })
})
