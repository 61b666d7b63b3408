import * as drizzleOrm from 'drizzle-orm'
import { and, count, desc, eq, exists, gt, max, sql, sum } from 'drizzle-orm'
import { type AnyPgColumn, alias, pgSchema, serial, text, withReplicas } from 'drizzle-orm/pg-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { createRepositories } from '../../../src/repository/index.ts'
import { accounts, changes, createAccounts, payments } from './support/accounts.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, situations } from './support/phases.ts'

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

/** A payment belongs to the account of its amount too, which makes a relation on a changed column. */
function withRelations() {
  if ('defineRelations' in drizzleOrm) {
    const { defineRelations } = drizzleOrm as unknown as { defineRelations: (...given: unknown[]) => unknown }
    // biome-ignore lint/suspicious/noExplicitAny: the helpers of Drizzle 1.0, which the types of 0.45 do not know
    const relations = defineRelations({ accounts, payments }, ({ one, many, ...tables }: any) => ({
      accounts: { payments: many.payments({ alias: 'account' }), alike: many.payments({ alias: 'amount' }) },
      payments: {
        account: one.accounts({ alias: 'account', from: tables.payments.accountId, to: tables.accounts.id }),
        amount: one.accounts({ alias: 'amount', from: tables.payments.cents, to: tables.accounts.balanceCents }),
      },
    }))
    return { config: { relations }, relations: {} as ReturnType<typeof declaredRelations> }
  }
  return { config: {}, relations: declaredRelations() }
}

function declaredRelations() {
  const { relations } = drizzleOrm
  return {
    accountsRelations: relations(accounts, ({ many }) => ({
      payments: many(payments, { relationName: 'account' }),
      alike: many(payments, { relationName: 'amount' }),
    })),
    paymentsRelations: relations(payments, ({ one }) => ({
      account: one(accounts, { relationName: 'account', fields: [payments.accountId], references: [accounts.id] }),
      amount: one(accounts, { relationName: 'amount', fields: [payments.cents], references: [accounts.balanceCents] }),
    })),
  }
}

describe.each(situations)('query in $name', (situation) => {
  const setUp = () => {
    const { config, relations } = withRelations()
    return createRepositories({
      db: wired.drizzle(config),
      schema: { accounts, payments, ...relations },
      changes,
      decider: always(situation),
    })
  }

  beforeEach(async () => {
    await createAccounts(wired.pool, situation)
    const toolkit = setUp()
    await toolkit.repository(accounts).insertMany([
      { label: 'ada', balanceCents: 300n, number: 2, first: 'Ada', last: 'L', address: 'A, B', tier: 'paid' },
      { label: 'bob', balanceCents: 100n, number: 10, first: 'Bob', tier: 'free' },
      { label: 'cyd', balanceCents: 100n, number: 9, first: 'Cyd', tier: 'free' },
    ])
    await toolkit.repository(payments).insertMany([
      { accountId: 1, cents: 300n },
      { accountId: 2, cents: 7n },
    ])
  })

  it('joins, groups and aggregates', async () => {
    const rows = await setUp().query(({ accounts, payments, db }) =>
      db
        .select({
          cents: accounts.balanceCents,
          tier: accounts.tier,
          number: count(),
          most: max(accounts.number),
          paid: sum(payments.cents).mapWith(Number),
        })
        .from(accounts)
        .leftJoin(payments, eq(payments.accountId, accounts.id))
        .groupBy(accounts.balanceCents, accounts.tier)
        .having(gt(accounts.balanceCents, 1n))
        .orderBy(desc(accounts.balanceCents)),
    )
    expect(rows).toEqual([
      { cents: 300n, tier: 'paid', number: 1, most: 2, paid: 300 },
      { cents: 100n, tier: 'free', number: 2, most: 10, paid: 7 },
    ])
  })

  it('has no row of the table where an outer join finds none', async () => {
    const rows = await setUp().query(({ accounts, payments, db }) =>
      db
        .select({ payment: payments.id, tier: accounts.tier, account: accounts })
        .from(payments)
        .leftJoin(accounts, eq(accounts.balanceCents, payments.cents))
        .orderBy(payments.id),
    )
    expect(rows.map(({ tier, account }) => [tier, account?.label ?? null])).toEqual([
      ['paid', 'ada'],
      [null, null],
    ])
  })

  it('takes aliases, self joins and whole rows', async () => {
    const rows = await setUp().query(({ accounts, db }) => {
      const other = alias(accounts, 'other')
      return db
        .select()
        .from(accounts)
        .innerJoin(other, eq(other.balanceCents, accounts.balanceCents))
        .where(gt(other.number, accounts.number))
    })
    expect(rows).toEqual([
      {
        accounts: {
          id: 3,
          label: 'cyd',
          balanceCents: 100n,
          number: 9,
          first: 'Cyd',
          last: null,
          address: null,
          tier: 'free',
        },
        other: {
          id: 2,
          label: 'bob',
          balanceCents: 100n,
          number: 10,
          first: 'Bob',
          last: null,
          address: null,
          tier: 'free',
        },
      },
    ])
  })

  it('takes common table expressions, subqueries, correlated ones and unions', async () => {
    const toolkit = setUp()
    const nested = await toolkit.query(({ accounts, db }) => {
      const rich = db.$with('rich').as(db.select().from(accounts).where(eq(accounts.balanceCents, 300n)))
      const built = db.$with('built').as((builder) => builder.select().from(accounts).where(eq(accounts.number, 2)))
      const named = db
        .with(rich)
        .select({ id: rich.id, cents: rich.balanceCents, shout: sql<string>`upper(${rich.first})`.as('shout') })
        .from(rich)
        .as('named')
      return db
        .with(built)
        .select({ cents: named.cents, shout: named.shout, tier: built.tier })
        .from(named)
        .innerJoin(built, eq(built.balanceCents, named.cents))
    })
    expect(nested).toEqual([{ cents: 300n, shout: 'ADA', tier: 'paid' }])
    const own = await toolkit.query(({ accounts, payments, db }) =>
      db
        .select({ label: accounts.label })
        .from(accounts)
        .where(exists(wired.db.select().from(payments).where(eq(payments.cents, accounts.balanceCents)))),
    )
    expect(own).toEqual([{ label: 'ada' }])
    const both = await toolkit.query(({ accounts, db }) =>
      db
        .select({ cents: accounts.balanceCents })
        .from(accounts)
        .union(db.select({ cents: accounts.balanceCents }).from(accounts).where(eq(accounts.tier, 'free'))),
    )
    expect(both.map(({ cents }) => cents).sort()).toEqual([100n, 300n])
  })

  it('takes distinct, locks of one table and $count', async () => {
    const toolkit = setUp()
    const distinct = await toolkit.query(({ accounts, db }) =>
      db
        .selectDistinctOn([accounts.balanceCents], { number: accounts.number })
        .from(accounts)
        .orderBy(accounts.balanceCents, accounts.number),
    )
    expect(distinct).toEqual([{ number: 9 }, { number: 2 }])
    expect(
      await toolkit.query(({ accounts, db }) =>
        db.selectDistinct({ cents: accounts.balanceCents }).from(accounts).orderBy(accounts.balanceCents),
      ),
    ).toEqual([{ cents: 100n }, { cents: 300n }])
    expect(await toolkit.query(({ accounts, db }) => db.$count(accounts, eq(accounts.tier, 'free')))).toBe(2)
    expect(await toolkit.query(({ accounts, db }) => db.$count(accounts))).toBe(3)
    const counted = await toolkit.query(({ accounts, payments, db }) =>
      db
        .select({ alike: db.$count(accounts, eq(accounts.balanceCents, payments.cents)) })
        .from(payments)
        .orderBy(payments.id),
    )
    expect(counted).toEqual([{ alike: 1 }, { alike: 0 }])
    await toolkit.transaction(async () => {
      await toolkit.query(({ accounts, payments, db }) =>
        db
          .select({ id: accounts.id })
          .from(accounts)
          .innerJoin(payments, eq(payments.cents, accounts.balanceCents))
          .for('update', { of: accounts }),
      )
      const free = async (table: string) =>
        (await wired.pool.query(`select id from ${table} order by id for update skip locked`)).rows.map(({ id }) => id)
      expect(await free('accounts')).toEqual([2, 3])
      expect(await free('payments')).toEqual([1, 2])
    })
  })

  it('inserts into another table what it selects', async () => {
    const rows = await setUp().query(({ accounts, payments, db }) =>
      db
        .insert(payments)
        .select(
          db
            .select({
              id: sql<number>`${accounts.id} + 10`.as('id'),
              accountId: accounts.id,
              cents: accounts.balanceCents,
            })
            .from(accounts),
        )
        .returning({ cents: payments.cents }),
    )
    expect(rows.map(({ cents }) => cents).sort()).toEqual([100n, 100n, 300n])
  })

  it('follows relations to and from it, by changed keys too', async () => {
    const toolkit = setUp()
    const found = await toolkit.query(({ db }) =>
      db.query.payments.findMany({ with: { account: true, amount: { columns: { tier: true, balanceCents: true } } } }),
    )
    expect(found.sort((one, other) => one.id - other.id)).toEqual([
      {
        id: 1,
        accountId: 1,
        cents: 300n,
        account: {
          id: 1,
          label: 'ada',
          balanceCents: 300n,
          number: 2,
          first: 'Ada',
          last: 'L',
          address: 'A, B',
          tier: 'paid',
        },
        amount: { tier: 'paid', balanceCents: 300n },
      },
      {
        id: 2,
        accountId: 2,
        cents: 7n,
        account: {
          id: 2,
          label: 'bob',
          balanceCents: 100n,
          number: 10,
          first: 'Bob',
          last: null,
          address: null,
          tier: 'free',
        },
        amount: null,
      },
    ])
    const back = await toolkit.query(({ db }) =>
      db.query.accounts.findMany({
        columns: { first: true, number: true },
        with: { alike: { columns: { id: true } }, payments: true },
      }),
    )
    expect(back.find(({ first }) => first === 'Ada')).toEqual({
      first: 'Ada',
      number: 2,
      alike: [{ id: 1 }],
      payments: [{ id: 1, accountId: 1, cents: 300n }],
    })
  })

  it('relational queries filter, order and page by changed keys', async () => {
    const toolkit = setUp()
    const isNew = 'defineRelations' in drizzleOrm
    // biome-ignore lint/suspicious/noExplicitAny: Drizzle 1.0 takes other options, which the types of 0.45 do not know
    const options: any = isNew
      ? { where: { balanceCents: 100n, tier: 'free' }, orderBy: { number: 'desc' } }
      : {
          // biome-ignore lint/suspicious/noExplicitAny: as above
          where: (account: any) => and(eq(account.balanceCents, 100n), eq(account.tier, 'free')),
          // biome-ignore lint/suspicious/noExplicitAny: as above
          orderBy: (account: any) => desc(account.number),
        }
    const found = await toolkit.query(({ db }) =>
      db.query.accounts.findMany({
        ...options,
        columns: { label: true, number: true },
        limit: 1,
        offset: 1,
        with: { payments: true },
      }),
    )
    expect(found).toEqual([{ label: 'cyd', number: 9, payments: [] }])
  })

  it('resolve gives all parts of a statement', async () => {
    const toolkit = setUp()
    await toolkit.run({}, async () => {
      const u = toolkit.resolve(accounts)
      const [row] = await u.db
        .update(u.into)
        .set(u.set({ last: 'Byron', balanceCents: sql`${u.row.balanceCents} * 2` }))
        .where(eq(u.row.number, 2))
        .returning(u.returning)
      expect(row).toMatchObject({ first: 'Ada', last: 'Byron', balanceCents: 600n })
      const [made] = await u.db
        .insert(u.into)
        .values(u.values({ label: 'ada2', number: 2, first: 'A' }))
        .onConflictDoUpdate({ target: u.into.number, set: u.set({ tier: 'free' }) })
        .returning(u.returning)
      expect(made).toEqual({ ...row, tier: 'free' })
      expect(await u.db.select().from(u.from).where(eq(u.from.balanceCents, 600n))).toEqual([made])
      await u.db.delete(u.into).where(eq(u.row.last, 'Byron'))
      expect(await u.db.$count(u.from)).toBe(2)
    })
  })
})

describe('while old is read', () => {
  const situation = situations.find(({ phase }) => phase === 'dual-write')!
  const toolkit = (db: WiredDatabase['db']) =>
    createRepositories({ db, schema: { accounts, payments }, changes, decider: always(situation) })
  beforeEach(async () => {
    await createAccounts(wired.pool, situation)
    wired.wire.length = 0
    // What an old release wrote, which nothing has copied.
    await wired.pool.query(`insert into accounts (label, balance, plan) values ('old', 12.5, 'pro')`)
  })

  it("a statement of one's own db fails instead of reading the other side", async () => {
    const { run, resolve } = toolkit(wired.db)
    await run({}, async () => {
      const { from } = resolve(accounts)
      const other = alias(from, 'other')
      for (const query of [
        wired.db.select().from(from),
        wired.db.select({ number: count() }).from(from),
        wired.db.select({ cents: other.balanceCents }).from(other),
        wired.db.$count(from, eq(from.balanceCents, 1250n)),
        wired.db.execute(sql`select ${from.balanceCents} from ${from}`),
      ]) {
        await expect(query).rejects.toMatchObject({ cause: { code: expect.stringMatching(/^42(P01|703)$/) } })
      }
    })
  })

  it('a write that chooses its rows by a key for reading is refused', async () => {
    const { run, resolve, query } = toolkit(wired.db)
    await run({}, async () => {
      const u = resolve(accounts)
      const update = async () =>
        u.db
          .update(u.into)
          .set(u.set({ label: 'x' }))
          .where(eq(u.from.tier, 'paid'))
      await expect(update()).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE', fix: expect.stringContaining('u.row') })
      const remove = async () => u.db.delete(u.into).where(gt(u.from.balanceCents, 1n))
      await expect(remove()).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE' })
    })
    const remove = query(({ accounts, db }) => db.delete(accounts).where(eq(accounts.id, 1)))
    await expect(remove).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE' })
  })

  it('the row that a write finds is nothing to read from', async () => {
    const { repository } = toolkit(wired.db)
    const update = repository(accounts).update({ label: 'x' }, (account) => {
      const other = alias(account, 'other')
      return exists(wired.db.select().from(other).where(eq(other.id, account.id)))
    })
    await expect(update).rejects.toMatchObject({ code: 'EC_QUERY_MISUSE', fix: expect.stringContaining('query()') })
  })

  it('PostgreSQL reads the table itself, by the indexes that it has', async () => {
    await wired.pool.query(
      `insert into accounts (label, balance, plan) select n::text, n, 'free' from generate_series(1, 5000) n`,
    )
    await wired.pool.query('create index on accounts (cast(round((balance) * (100)) as bigint)); analyze accounts')
    const { repository, query } = toolkit(wired.db)
    await repository(accounts).findMany({ where: (account) => eq(account.id, 7), for: 'update' })
    await repository(accounts).findMany({
      columns: { label: true },
      where: (account) => eq(account.balanceCents, 700n),
    })
    await query(({ accounts, payments, db }) =>
      db.select({ id: payments.id }).from(payments).innerJoin(accounts, eq(accounts.id, payments.accountId)),
    )
    const plans = await Promise.all(
      wired.wire.slice(-3).map(async ({ sql, params }) => {
        const { rows } = await wired.pool.query(`explain ${sql}`, [...params])
        return rows.map((row) => row['QUERY PLAN']).join('\n')
      }),
    )
    expect(plans[0]).toMatch(/^LockRows.*\n.*Index Scan using accounts_pkey on accounts/)
    expect(plans[1]).toMatch(/Index Scan using accounts_round_idx on accounts|accounts_round_idx/)
    for (const plan of plans) expect(plan).not.toContain('Subquery Scan')
  })

  it('a row that somebody else is writing is judged by what it holds afterwards', async () => {
    const { repository, transaction } = toolkit(wired.db)
    const holder = await wired.pool.connect()
    try {
      await holder.query('begin')
      await holder.query(`update accounts set balance = 99 where label = 'old'`)
      const isCheap = (account: { balanceCents: AnyPgColumn }) => eq(account.balanceCents, 1250n)
      const waiting = Promise.all([
        repository(accounts).update({ label: 'changed' }, isCheap),
        transaction(() => repository(accounts).findMany({ where: isCheap, for: 'update' })),
      ])
      const blocked =
        'select count(*)::int as number from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0'
      while ((await wired.pool.query(blocked)).rows[0].number < 2) await new Promise(setImmediate)
      await holder.query('commit')
      expect(await waiting).toEqual([[], []])
    } finally {
      holder.release()
    }
  })

  it('a replica reads through it too', async () => {
    const sent: string[] = []
    const logged = (name: string) => ({ logger: { logQuery: (sql: string) => void sent.push(`${name}: ${sql}`) } })
    const db = withReplicas(wired.drizzle(logged('primary')), [wired.drizzle(logged('replica'))])
    const { repository, query } = toolkit(db)
    const [row] = await repository(accounts).findMany({ where: (account) => eq(account.balanceCents, 1250n) })
    expect(row).toMatchObject({ tier: 'paid', balanceCents: 1250n })
    expect(await query(({ accounts, db }) => db.$count(accounts, eq(accounts.tier, 'paid')))).toBe(1)
    // Drizzle 0.45 asks a replica by itself, Drizzle 1.0 where it is told to.
    type Replicated = { readonly $replica?: typeof wired.db }
    const found = await query(({ accounts, db }) => {
      const replica = (db as unknown as Replicated).$replica ?? db
      return replica.select({ cents: accounts.balanceCents }).from(accounts)
    })
    expect(found).toEqual([{ cents: 1250n }])
    expect(sent.at(-1)).toMatch(/^replica: /)
  })

  it('a table in another schema, with odd names, reads the same', async () => {
    const odd = pgSchema('Odd "1"').table('The "things"', {
      id: serial().primaryKey(),
      old: text('Old "one"'),
      next: text('New one'),
    })
    await wired.pool.query(
      `create schema "Odd ""1"""; create table "Odd ""1"""."The ""things""" (id serial primary key, "Old ""one""" text, "New one" text)`,
    )
    const change = changeColumns({
      id: 'odd',
      table: odd,
      from: ['old'],
      to: ['next'],
      forward: ({ old }) => ({ next: sql`upper(${old} || ${`'"?$1`})` }),
      backward: ({ next }) => ({ old: sql`lower(left(${next}, -5))` }),
    })
    const { repository, query } = createRepositories({
      db: wired.db,
      schema: { odd },
      changes: { change },
      decider: always(situation),
    })
    const things = repository(odd)
    const made = await things.insert({ next: `A'"?$1` })
    expect(
      await things.update(
        (thing) => ({ next: sql`${thing.next}` }),
        (thing) => eq(thing.next, `A'"?$1`),
      ),
    ).toEqual([made])
    expect(await query(({ odd, db }) => db.select().from(odd).where(eq(odd.next, `A'"?$1`)))).toEqual([made])
    expect(await query(({ odd, db }) => db.$count(odd))).toBe(1)
    expect(await query(({ odd: source }) => repository(source as unknown as typeof odd).count())).toBe(1)
  })
})
