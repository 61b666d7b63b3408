import { and, count, desc, eq, ilike, inArray, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { alias } from 'drizzle-orm/pg-core'
import { changeColumns } from '../../src/change/change-columns.ts'
import { renameColumn } from '../../src/change/rename-column.ts'
import { createRepositories } from '../../src/repository/index.ts'
import * as changes from './changes.ts'
import { type Equal, proof } from './equal.ts'
import * as schema from './schema.ts'

declare const db: NodePgDatabase
const decider = { decide: () => ({ phase: 'planned', mode: { read: 'old', write: 'old' }, epoch: 0 }) as const }
const toolkit = createRepositories({ db, schema, changes, decider })
const users = toolkit.repository(schema.users)
type User = typeof users.$row

export async function whatCompiles(): Promise<void> {
  const ada = await users.insert({ fullName: 'Ada', email: 'ada@x' })
  proof<Equal<typeof ada, User>>()
  await users.insertMany([{ fullName: sql`upper('ada')`, email: 'a@x', nickname: null, joinedAt: new Date() }])
  const updated = await users.update({ fullName: 'Ada L.' }, (user) => eq(user.id, 1))
  proof<Equal<typeof updated, User[]>>()
  await users.update(
    (user) => ({ fullName: sql`upper(${user.fullName})` }),
    (user) => ilike(user.fullName, 'a%'),
  )
  await users.upsert({ fullName: 'Ada', email: 'a@x' }, { target: 'fullName' })
  await users.upsert(
    { fullName: 'Ada', email: 'a@x' },
    {
      target: ['fullName', 'email'],
      set: (user, excluded) => ({ fullName: sql`${user.fullName} || ${excluded.fullName}` }),
    },
  )
  const deleted = await users.delete((user) => eq(user.fullName, 'Ada'))
  proof<Equal<typeof deleted, number>>()
  const some = await users.findMany({ columns: { id: true, fullName: true }, orderBy: (user) => desc(user.fullName) })
  proof<Equal<typeof some, { id: number; fullName: string }[]>>()
  const all = await users.findMany({
    where: (user) => eq(user.fullName, 'Ada'),
    limit: 1,
    for: 'update',
    locked: 'skip',
  })
  proof<Equal<typeof all, User[]>>()
  const first = await users.findFirst({ columns: { nickname: true } })
  proof<Equal<typeof first, { nickname: string | null } | undefined>>()

  const joined = await toolkit.query(({ users, posts, db }) =>
    db
      .select({ name: users.fullName, nickname: users.nickname, posts: count(posts.id) })
      .from(users)
      .leftJoin(posts, eq(posts.authorId, users.id))
      .groupBy(users.fullName),
  )
  proof<Equal<typeof joined, { name: string; nickname: string | null; posts: number }[]>>()
  const whole = await toolkit.query(({ users, db }) => db.select().from(users))
  proof<Equal<typeof whole, User[]>>()
  const aliased = await toolkit.query(({ users, db }) => {
    const other = alias(users, 'other')
    return db.select({ name: other.fullName }).from(other)
  })
  proof<Equal<typeof aliased, { name: string }[]>>()
  const authors = await toolkit.query(({ db }) => db.query.posts.findMany({ with: { author: true } }))
  proof<Equal<(typeof authors)[number]['author'], User>>()
  const withPosts = await toolkit.query(({ db }) =>
    db.query.users.findFirst({ columns: { fullName: true }, with: { posts: true } }),
  )
  proof<Equal<keyof NonNullable<typeof withPosts>, 'fullName' | 'posts'>>()

  const result = await toolkit.transaction({ userId: 1 }, async (tx) => {
    await tx.execute(sql`select 1`)
    return await users.count()
  })
  proof<Equal<typeof result, number>>()
  await toolkit.transaction(async () => {}, { isolationLevel: 'serializable' })
  await toolkit.run({ userId: 1 }, () => users.count(), { longRunning: true })

  await toolkit.run({}, async () => {
    const u = toolkit.resolve(schema.users)
    const made = await u.db
      .insert(u.into)
      .values(u.values({ fullName: 'Ada', email: 'a@x' }))
      .onConflictDoUpdate({ target: u.into.fullName, set: u.set({ nickname: 'ada' }) })
      .returning(u.returning)
    proof<Equal<typeof made, User[]>>()
    await db
      .update(u.into)
      .set(u.set({ fullName: 'x' }))
      .where(eq(u.from.fullName, 'y'))
  })
}

export async function whatCompilesOfTransforms(): Promise<void> {
  const accounts = toolkit.repository(schema.accounts)
  const given = { first: 'Ada', address: 'A, B', tier: 'paid' } as const
  await accounts.insert({ ...given, balanceCents: 5n, number: sql`1 + 1` })
  const updated = await accounts.update(
    (account) => ({ last: 'King', balanceCents: sql`${account.balanceCents} + 1`, first: account.last }),
    (account) => and(eq(account.balanceCents, 5n), inArray(account.tier, ['free'])) ?? sql`true`,
  )
  proof<Equal<typeof updated, (typeof accounts.$row)[]>>()
  await accounts.upsert(given, { target: ['first', 'last'], set: (_, excluded) => ({ address: excluded.address }) })
  const rows = await toolkit.query(({ accounts, db }) =>
    db.select({ cents: accounts.balanceCents, tier: accounts.tier }).from(accounts).orderBy(accounts.last),
  )
  proof<Equal<typeof rows, { cents: bigint; tier: 'free' | 'paid' }[]>>()
  await toolkit.run({}, async () => {
    const u = toolkit.resolve(schema.accounts)
    const made = await u.db
      .update(u.into)
      .set(u.set({ number: null }))
      .where(eq(u.row.balanceCents, 5n))
      .returning(u.returning)
    proof<Equal<typeof made, (typeof accounts.$row)[]>>()
  })
}

export function whatMustNotCompileOfTransforms(): void {
  const accounts = toolkit.repository(schema.accounts)
  const given = { first: 'Ada', address: 'A, B', tier: 'paid' } as const
  // @ts-expect-error one of the old keys in a row
  void accounts.insert({ ...given, town: 'London' })
  // @ts-expect-error the type of the old column
  void accounts.insert({ ...given, balanceCents: '12.50' })
  // @ts-expect-error a key that one of the old columns requires is missing
  void accounts.insert({ first: 'Ada', tier: 'paid' })
  // @ts-expect-error no value of the enum
  void accounts.update({ tier: 'pro' }, (account) => eq(account.id, 1))
  // @ts-expect-error the old key in a predicate
  void accounts.findMany({ where: (account) => eq(account.street, 'x') })
  // @ts-expect-error a value of the old type in a predicate
  void accounts.count((account) => eq(account.balanceCents, '12.50'))
  // @ts-expect-error the old key as the target of an upsert
  void accounts.upsert(given, { target: 'name' })

  const { accounts: table } = schema
  const forward = () => ({ number: sql`1` })
  const backward = () => ({ code: sql`1` })
  // @ts-expect-error a key that the table does not have
  changeColumns({ id: 'x', table, from: ['cod'], to: ['number'], forward, backward })
  // @ts-expect-error a new key that the table does not have
  changeColumns({ id: 'x', table, from: ['code'], to: ['numbr'], forward, backward })
  // @ts-expect-error a result for another key
  changeColumns({ id: 'x', table, from: ['code'], to: ['tier'], forward, backward })
  // @ts-expect-error no result for one of the new keys
  changeColumns({ id: 'x', table, from: ['code'], to: ['number', 'tier'], forward, backward })
  // @ts-expect-error an operand that is no old key
  changeColumns({ id: 'x', table, from: ['code'], to: ['number'], forward: ({ plan }) => ({ number: plan }), backward })
}

export function whatMustNotCompile(): void {
  // @ts-expect-error the old key in a row
  void users.insert({ name: 'Ada', email: 'a@x' })
  // @ts-expect-error a key that the old side requires is missing
  void users.insert({ email: 'a@x' })
  // @ts-expect-error a value of another type
  void users.insert({ email: 'a@x', fullName: 1 })
  // @ts-expect-error the old key in a predicate
  void users.findMany({ where: (user) => eq(user.name, 'x') })
  // @ts-expect-error the old key in a patch
  void users.update({ name: 'x' }, (user) => eq(user.id, 1))
  // @ts-expect-error an update without a predicate
  void users.update({ fullName: 'x' })
  // @ts-expect-error a predicate that may be missing
  void users.update({ fullName: 'x' }, () => undefined)
  // @ts-expect-error a misspelled column
  void users.findMany({ columns: { fulName: true } })
  // @ts-expect-error the old key as the target of an upsert
  void users.upsert({ fullName: 'x', email: 'x' }, { target: 'name' })
  // @ts-expect-error the old key of a table in query
  void toolkit.query(({ users, db }) => db.select({ name: users.name }).from(users))
  // @ts-expect-error the old key in a relational query
  void toolkit.query(({ db }) => db.query.users.findMany({ columns: { name: true } }))
  // @ts-expect-error a view has no repository
  void toolkit.repository(schema.view)
  const thing = { tenantId: 1, id: '' as schema.UserId, state: 'ok', labels: [] as string[] } as const
  // @ts-expect-error a generated column is never inserted
  void toolkit.repository(schema.things).insert({ ...thing, lower: 'x' })

  // @ts-expect-error a key that the table does not have
  renameColumn({ id: 'x', table: schema.users, from: 'nme', to: 'fullName' })
  // @ts-expect-error a new key that the table does not have
  renameColumn({ id: 'x', table: schema.users, from: 'name', to: 'fulName' })
  // @ts-expect-error columns of different types
  renameColumn({ id: 'x', table: schema.users, from: 'name', to: 'joinedAt' })
  // @ts-expect-error a column to itself
  renameColumn({ id: 'x', table: schema.users, from: 'name', to: 'name' })
  // @ts-expect-error jsonb with another $type
  renameColumn({ id: 'x', table: schema.things, from: 'meta', to: 'other' })
}
