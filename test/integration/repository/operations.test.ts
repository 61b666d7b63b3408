import { and, desc, eq, gt, ilike, inArray, sql } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRepositories, type Repositories } from '../../../src/repository/index.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations, writtenSides } from './support/phases.ts'
import { createUsers, physicalNames, physicalUsers, posts, userFullName, users } from './support/users.ts'

const schema = { users, posts }
const changes = { userFullName }

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

describe.each(situations)('in $name', (situation) => {
  let toolkit: Repositories<typeof schema, typeof changes, WiredDatabase['db']>
  let repository: ReturnType<typeof toolkit.repository<typeof users>>

  beforeEach(async () => {
    await createUsers(wired.pool, situation)
    wired.wire.length = 0
    toolkit = createRepositories({ db: wired.db, schema, changes, decider: always(situation) })
    repository = toolkit.repository(users)
  })

  /** What the columns that are written hold, row by row; the other side has to be untouched. */
  async function expectPhysical(values: readonly (string | null)[]): Promise<void> {
    const written = writtenSides(situation)
    const rows = await physicalUsers(wired.pool)
    for (const side of situation.columns) {
      const expected = written.includes(side) ? values : values.map(() => null)
      expect(rows.map((row) => row[physicalNames[side] as 'name' | 'full_name'])).toEqual(expected)
    }
  }

  function expectNamesOnlyWhatMayBeNamed(): void {
    const { read, write } = always(situation).decide(undefined as never, undefined).mode
    const named = new Set(write === 'both' ? ['old', 'new'] : [read, write])
    expect(wired.wire.length).toBeGreaterThan(0)
    for (const side of ['old', 'new'] as const) {
      if (named.has(side)) continue
      for (const { sql } of wired.wire) expect(sql).not.toContain(`"${physicalNames[side]}"`)
    }
  }

  async function seed(): Promise<void> {
    await repository.insertMany([
      { email: 'ada@x', fullName: 'Ada', age: 36 },
      { email: 'bob@x', fullName: 'Bob', age: 20 },
      { email: 'cyd@x', fullName: 'Cyd' },
    ])
  }

  it('insert returns the row in the new shape and writes the permitted sides', async () => {
    const row = await repository.insert({ email: 'ada@x', fullName: 'Ada' })
    expect(row).toEqual({ id: 1, email: 'ada@x', fullName: 'Ada', age: null, active: true })
    await expectPhysical(['Ada'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('insertMany takes rows with different keys and keeps their order', async () => {
    const rows = await repository.insertMany([
      { email: 'ada@x', fullName: 'Ada', age: 36 },
      { email: 'bob@x', fullName: 'Bob', active: false },
      { email: 'cyd@x', fullName: 'Cyd', age: undefined },
    ])
    expect(rows.map(({ fullName, age, active }) => [fullName, age, active])).toEqual([
      ['Ada', 36, true],
      ['Bob', null, false],
      ['Cyd', null, true],
    ])
    await expectPhysical(['Ada', 'Bob', 'Cyd'])
  })

  it('insertMany of no rows sends nothing', async () => {
    expect(await repository.insertMany([])).toEqual([])
    expect(wired.wire).toEqual([])
  })

  it('an inserted SQL expression is evaluated once for both sides', async () => {
    const row = await repository.insert({ email: 'ada@x', fullName: sql`gen_random_uuid()` })
    expect(row.fullName).toMatch(/^[0-9a-f-]{36}$/)
    await expectPhysical([row.fullName])
  })

  it('insertMany evaluates the expression of each row on its own', async () => {
    const expression = sql<string>`gen_random_uuid()`
    const rows = await repository.insertMany([
      { email: 'ada@x', fullName: expression },
      { email: 'bob@x', fullName: 'Bob' },
      { email: 'cyd@x', fullName: expression },
    ])
    const names = rows.map(({ fullName }) => fullName)
    expect(new Set(names).size).toBe(3)
    await expectPhysical(names)
  })

  it('update by predicate changes what is given and returns the rows', async () => {
    await seed()
    const rows = await repository.update({ fullName: 'Ada L.' }, (user) => eq(user.fullName, 'Ada'))
    expect(rows).toEqual([{ id: 1, email: 'ada@x', fullName: 'Ada L.', age: 36, active: true }])
    await expectPhysical(['Ada L.', 'Bob', 'Cyd'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('update of another key leaves both sides alone', async () => {
    await seed()
    wired.wire.length = 0
    const rows = await repository.update({ age: 37, fullName: undefined }, (user) => ilike(user.fullName, 'ada'))
    expect(rows.map(({ fullName, age }) => [fullName, age])).toEqual([['Ada', 37]])
    await expectPhysical(['Ada', 'Bob', 'Cyd'])
    expect(wired.wire.at(-1)!.sql).toMatch(/^update "users" set "age" = \$1 where/)
  })

  it('update takes SQL that names the renamed column, and other keys beside it', async () => {
    await seed()
    const rows = await repository.update(
      (user) => ({ fullName: sql`upper(${user.fullName}) || ${'!'}`, age: sql`coalesce(${user.age}, 0) + 1` }),
      (user) => inArray(user.fullName, ['Ada', 'Cyd']),
    )
    expect(rows.map(({ fullName, age }) => [fullName, age]).sort()).toEqual([
      ['ADA!', 37],
      ['CYD!', 1],
    ])
    await expectPhysical(['ADA!', 'Bob', 'CYD!'])
  })

  it('update evaluates a volatile expression once for each row', async () => {
    await seed()
    const rows = await repository.update({ fullName: sql`gen_random_uuid()` }, (user) => gt(user.age, 0))
    const byId = new Map(rows.map((row) => [row.id, row.fullName]))
    expect(new Set(byId.values()).size).toBe(2)
    await expectPhysical([byId.get(1)!, byId.get(2)!, 'Cyd'])
  })

  it('upsert inserts, then updates what was given', async () => {
    const first = await repository.upsert({ email: 'ada@x', fullName: 'Ada', age: 1 }, { target: 'email' })
    const second = await repository.upsert({ email: 'ada@x', fullName: 'Ada L.' }, { target: 'email' })
    expect(second).toEqual({ ...first, fullName: 'Ada L.' })
    await expectPhysical(['Ada L.'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('upsert finds the conflict by the renamed key', async () => {
    await seed()
    const row = await repository.upsert({ email: 'ada2@x', fullName: 'Ada' }, { target: 'fullName' })
    expect(row).toMatchObject({ id: 1, email: 'ada2@x', fullName: 'Ada', age: 36 })
    await expectPhysical(['Ada', 'Bob', 'Cyd'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('upsert takes a set of its own, which may name the row that was refused', async () => {
    await seed()
    const row = await repository.upsert(
      { email: 'ada@x', fullName: 'Lovelace' },
      {
        target: 'email',
        set: (user, excluded) => ({ fullName: sql`${user.fullName} || ' ' || ${excluded.fullName}` }),
      },
    )
    expect(row.fullName).toBe('Ada Lovelace')
    await expectPhysical(['Ada Lovelace', 'Bob', 'Cyd'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('upsert with an empty set returns the row that is there', async () => {
    await seed()
    const row = await repository.upsert({ email: 'other@x', fullName: 'Bob' }, { target: 'fullName', set: {} })
    expect(row).toMatchObject({ id: 2, email: 'bob@x', fullName: 'Bob' })
    await expectPhysical(['Ada', 'Bob', 'Cyd'])
  })

  it('upsert evaluates a volatile expression once', async () => {
    await seed()
    const row = await repository.upsert({ email: 'bob@x', fullName: sql`gen_random_uuid()` }, { target: 'email' })
    expect(row.id).toBe(2)
    await expectPhysical(['Ada', row.fullName, 'Cyd'])
    const again = await repository.upsert(
      { email: 'bob@x', fullName: 'unused' },
      { target: 'email', set: { fullName: sql`gen_random_uuid()` } },
    )
    expect(again.fullName).not.toBe(row.fullName)
    await expectPhysical(['Ada', again.fullName, 'Cyd'])
  })

  it('upsert of an expression finds the conflict by the renamed key', async () => {
    await seed()
    const row = await repository.upsert(
      { email: 'new@x', fullName: sql`initcap(${'ada'})` },
      { target: ['fullName'], set: { email: 'new@x' } },
    )
    expect(row).toMatchObject({ id: 1, email: 'new@x', fullName: 'Ada' })
    await expectPhysical(['Ada', 'Bob', 'Cyd'])
  })

  it('delete returns how many rows it removed', async () => {
    await seed()
    expect(await repository.delete((user) => inArray(user.fullName, ['Ada', 'Cyd', 'Zoe']))).toBe(2)
    await expectPhysical(['Bob'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('findMany filters, orders and pages by the renamed key', async () => {
    await seed()
    const rows = await repository.findMany({
      where: (user) => gt(user.fullName, 'A'),
      orderBy: (user) => [desc(user.fullName), user.id],
      limit: 2,
      offset: 1,
    })
    expect(rows.map(({ fullName }) => fullName)).toEqual(['Bob', 'Ada'])
    expect(Object.keys(rows[0]!).sort()).toEqual(['active', 'age', 'email', 'fullName', 'id'])
    expectNamesOnlyWhatMayBeNamed()
  })

  it('findMany reads the keys that are asked for and no others', async () => {
    await seed()
    wired.wire.length = 0
    expect(await repository.findMany({ columns: { fullName: true }, orderBy: (user) => user.id })).toEqual([
      { fullName: 'Ada' },
      { fullName: 'Bob' },
      { fullName: 'Cyd' },
    ])
    const { read } = always(situation).decide(undefined as never, undefined).mode
    expect(wired.wire[0]!.sql).toBe(`select "${physicalNames[read]}" from "users" order by "users"."id"`)
  })

  it('findFirst returns one row or undefined', async () => {
    await seed()
    expect((await repository.findFirst({ where: (user) => eq(user.fullName, 'Bob') }))?.id).toBe(2)
    expect(await repository.findFirst({ where: (user) => eq(user.fullName, 'Zoe') })).toBeUndefined()
  })

  it('findMany locks rows', async () => {
    await seed()
    await toolkit.transaction(async () => {
      await repository.findFirst({ where: (user) => eq(user.fullName, 'Ada'), for: 'update' })
      const free = await wired.pool.query('select id from users order by id for update skip locked')
      expect(free.rows.map((row) => row.id)).toEqual([2, 3])
    })
    await repository.findMany({ for: 'no key update', locked: 'skip' })
    expect(wired.wire.at(-1)!.sql).toMatch(/ for no key update skip locked$/)
  })

  it('count counts, all or those that fit', async () => {
    await seed()
    expect(await repository.count()).toBe(3)
    expect(await repository.count((user) => and(gt(user.age, 18), eq(user.fullName, 'Ada')))).toBe(1)
  })

  it('a table without changes has the same methods', async () => {
    const untouched = toolkit.repository(posts)
    const post = await untouched.insert({ authorId: 1, title: 'One' })
    expect(post).toEqual({ id: 1, authorId: 1, authorName: null, title: 'One' })
    expect(await untouched.update({ title: sql`upper(title)` }, (p) => eq(p.id, 1))).toMatchObject([{ title: 'ONE' }])
    expect(await untouched.upsert({ id: 1, authorId: 2, title: 'Two' }, { target: 'id' })).toMatchObject({
      authorId: 2,
    })
    expect(await untouched.delete((p) => eq(p.id, 1))).toBe(1)
  })
})
