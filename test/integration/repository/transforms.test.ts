import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRepositories, type Repositories } from '../../../src/repository/index.ts'
import { accounts, changes, createAccounts, payments, storedAccounts } from './support/accounts.ts'
import { type WiredDatabase, wiredDatabase } from './support/database.ts'
import { always, decisionIn, type Situation, situations, writtenSides } from './support/phases.ts'

const schema = { accounts, payments }

let wired: WiredDatabase
beforeAll(async () => {
  wired = await wiredDatabase()
})

const ada = {
  label: 'ada',
  balanceCents: 1250n,
  number: 7,
  first: 'Ada',
  last: 'Lovelace',
  address: 'High Street 1, London',
  tier: 'paid',
} as const
const adaStored = {
  old: [12.5, '7', 'Ada Lovelace', 'High Street 1', 'London', 'pro'],
  new: ['1250', 7, 'Ada', 'Lovelace', 'High Street 1, London', 'paid'],
}
const empty = { old: [null, null, null, null, null, null], new: [null, null, null, null, null, null] }

/** What is stored of a row that was written in this situation alone. */
function writtenIn(situation: Situation, row: { old: readonly unknown[]; new: readonly unknown[] }) {
  const written = writtenSides(situation)
  return Object.fromEntries(situation.columns.map((side) => [side, written.includes(side) ? row[side] : empty[side]]))
}

describe.each(situations)('in $name', (situation) => {
  let toolkit: Repositories<typeof schema, typeof changes, WiredDatabase['db']>
  let repository: ReturnType<typeof toolkit.repository<typeof accounts>>

  beforeEach(async () => {
    await createAccounts(wired.pool, situation)
    toolkit = createRepositories({ db: wired.db, schema, changes, decider: always(situation) })
    repository = toolkit.repository(accounts)
    wired.wire.length = 0
  })

  const stored = () => storedAccounts(wired.pool, situation)
  const expectStored = async (...rows: { old: readonly unknown[]; new: readonly unknown[] }[]) =>
    expect(await stored()).toEqual(rows.map((row) => writtenIn(situation, row)))

  it('insert returns the row in the new shape and writes the permitted sides, in one statement', async () => {
    expect(await repository.insert(ada)).toEqual({ id: 1, ...ada })
    await expectStored(adaStored)
    expect(wired.wire).toHaveLength(1)
  })

  it('what an insert leaves out takes the defaults of the old side', async () => {
    const [bare, part] = await repository.insertMany([{ label: 'bare' }, { label: 'part', last: 'Byron' }])
    expect(bare).toMatchObject({ balanceCents: 0n, number: null, first: null, last: null, address: null, tier: 'free' })
    expect(part).toMatchObject({ balanceCents: 0n, tier: 'free' })
    await expectStored(
      { old: [0, null, null, null, null, 'free'], new: ['0', null, null, null, null, 'free'] },
      { old: [0, null, null, null, null, 'free'], new: ['0', null, null, 'Byron', null, 'free'] },
    )
  })

  it('a value of null is passed through like any other', async () => {
    const row = await repository.insert({ ...ada, number: null, address: null, last: null })
    expect(row).toEqual({ id: 1, ...ada, number: null, address: null, last: null })
    await expectStored({
      old: [12.5, null, 'Ada', null, null, 'pro'],
      new: ['1250', null, 'Ada', null, null, 'paid'],
    })
  })

  it('an expression is evaluated once for all columns that come from it', async () => {
    const rows = await repository.insertMany([
      { label: 'a', number: sql`(random() * 1000000)`, first: sql`gen_random_uuid()`, last: 'x' },
      { label: 'b', number: sql`(random() * 1000000)`, first: sql`gen_random_uuid()`, balanceCents: 5n },
    ])
    const updated = await repository.update({ number: sql`(random() * 1000000)` }, (account) => gt(account.id, 0))
    expect(new Set(updated.map(({ number }) => number)).size).toBe(2)
    const upserted = await repository.upsert({ label: 'a', balanceCents: sql`random() * 1000000` }, { target: 'label' })
    for (const [index, row] of (await stored()).entries()) {
      const { old, new: next } = row
      const { first, last } = rows[index]!
      const { number } = updated.find(({ id }) => id === index + 1)!
      const cents = index === 0 ? Number(upserted.balanceCents) : 5
      if (writtenSides(situation).includes('old')) {
        expect(old!.slice(0, 3)).toEqual([cents / 100, String(number), last === null ? first : `${first} ${last}`])
      }
      if (writtenSides(situation).includes('new')) {
        expect(next!.slice(0, 4)).toEqual([String(cents), number, first, last])
      }
    }
  })

  it('update sets what is given, by a predicate on new keys', async () => {
    await repository.insertMany([ada, { ...ada, label: 'bob', number: 8, tier: 'free' }])
    wired.wire.length = 0
    const rows = await repository.update(
      { balanceCents: 99n, tier: 'paid' },
      (account) => and(eq(account.balanceCents, 1250n), eq(account.tier, 'free'), inArray(account.number, [8, 9]))!,
    )
    expect(rows).toEqual([{ id: 2, ...ada, label: 'bob', number: 8, balanceCents: 99n }])
    expect(wired.wire).toHaveLength(1)
    await expectStored(adaStored, {
      old: [0.99, '8', ...adaStored.old.slice(2)],
      new: ['99', 8, ...adaStored.new.slice(2)],
    })
  })

  it('update of some of several keys computes the rest from the row', async () => {
    await repository.insert(ada)
    const [row] = await repository.update({ last: 'King' }, (account) => eq(account.first, 'Ada'))
    expect(row).toEqual({ id: 1, ...ada, last: 'King' })
    await expectStored({
      old: [12.5, '7', 'Ada King', ...adaStored.old.slice(3)],
      new: ['1250', 7, 'Ada', 'King', ...adaStored.new.slice(4)],
    })
    const [other] = await repository.update(
      (account) => ({ first: sql`${account.first} || '-' || ${account.last}`, label: account.address }),
      (account) => eq(account.last, 'King'),
    )
    expect(other).toEqual({ id: 1, ...ada, first: 'Ada-King', last: 'King', label: ada.address })
  })

  it('update takes expressions over new keys', async () => {
    await repository.insert(ada)
    const [row] = await repository.update(
      (account) => ({ balanceCents: sql`${account.balanceCents} + ${1}`, address: sql`upper(${account.address})` }),
      (account) => gt(account.balanceCents, 1000n),
    )
    expect(row).toEqual({ id: 1, ...ada, balanceCents: 1251n, address: 'HIGH STREET 1, LONDON' })
    await expectStored({
      old: [12.51, '7', 'Ada Lovelace', 'HIGH STREET 1', 'LONDON', 'pro'],
      new: ['1251', 7, 'Ada', 'Lovelace', 'HIGH STREET 1, LONDON', 'paid'],
    })
  })

  it('update of an unchanged key leaves both sides alone', async () => {
    await repository.insert(ada)
    expect(await repository.update({ label: 'ada2' }, (account) => eq(account.number, 7))).toEqual([
      { id: 1, ...ada, label: 'ada2' },
    ])
    await expectStored(adaStored)
  })

  it('upsert inserts, then updates everything that was given', async () => {
    await repository.upsert(ada, { target: 'label' })
    const row = await repository.upsert({ label: 'ada', balanceCents: 5n, last: 'King' }, { target: 'label' })
    expect(row).toEqual({ id: 1, ...ada, balanceCents: 5n, last: 'King' })
    await expectStored({
      old: [0.05, '7', 'Ada King', ...adaStored.old.slice(3)],
      new: ['5', 7, 'Ada', 'King', ...adaStored.new.slice(4)],
    })
  })

  it('upsert finds the conflict by a changed key', async () => {
    await repository.insert(ada)
    const row = await repository.upsert({ label: 'ada3', number: 7, address: 'A, B' }, { target: 'number' })
    expect(row).toEqual({ id: 1, ...ada, label: 'ada3', address: 'A, B' })
    const kept = await repository.upsert({ label: 'x', number: 7 }, { target: ['number'], set: {} })
    expect(kept).toEqual(row)
  })

  it('upsert takes a set of its own, which may name the row that was refused', async () => {
    await repository.insert(ada)
    const row = await repository.upsert(
      { label: 'ada', balanceCents: 50n, first: 'A', last: 'K' },
      {
        target: 'label',
        set: (account, excluded) => ({
          balanceCents: sql`${account.balanceCents} + ${excluded.balanceCents}`,
          last: sql`${account.last} || ${excluded.last}`,
        }),
      },
    )
    expect(row).toEqual({ id: 1, ...ada, balanceCents: 1300n, last: 'LovelaceK' })
    await expectStored({
      old: [13, '7', 'Ada LovelaceK', ...adaStored.old.slice(3)],
      new: ['1300', 7, 'Ada', 'LovelaceK', ...adaStored.new.slice(4)],
    })
  })

  it('upsert by some of several keys is refused before anything is sent', async () => {
    await expect(repository.upsert(ada, { target: 'first' })).rejects.toMatchObject({
      code: 'EC_QUERY_MISUSE',
      fix: expect.stringContaining('"first", "last"'),
    })
    expect(wired.wire).toEqual([])
  })

  it('delete counts what it removed by new keys', async () => {
    await repository.insertMany([ada, { label: 'bob', number: 8 }])
    expect(await repository.delete((account) => eq(account.tier, 'paid'))).toBe(1)
    expect(await repository.count()).toBe(1)
  })

  it('finds, orders, pages, locks and counts by new keys', async () => {
    await repository.insertMany([
      ada,
      { ...ada, label: 'bob', number: 10, balanceCents: 5n },
      { label: 'cyd', number: 9 },
    ])
    const found = await repository.findMany({
      where: (account) => gt(account.number, 7),
      orderBy: (account) => [desc(account.number), account.balanceCents],
      columns: { label: true, number: true, balanceCents: true },
      limit: 2,
    })
    expect(found).toEqual([
      { label: 'bob', number: 10, balanceCents: 5n },
      { label: 'cyd', number: 9, balanceCents: 0n },
    ])
    expect(await repository.count((account) => eq(account.address, ada.address))).toBe(2)
    await toolkit.transaction(async () => {
      await repository.findFirst({ where: (account) => eq(account.tier, 'free'), for: 'update' })
      const free = await wired.pool.query('select id from accounts order by id for update skip locked')
      expect(free.rows.map((row) => row.id)).toEqual([1, 2])
    })
  })

  it('names no column of a side that the phase does not permit', async () => {
    await repository.insert(ada)
    await repository.update({ number: 9 }, (account) => eq(account.balanceCents, 1250n))
    await repository.upsert({ ...ada, number: 11 }, { target: 'label' })
    await repository.findMany({ where: (account) => eq(account.first, 'Ada') })
    const { read, write } = decisionIn(situation).mode
    const forbidden = {
      old: /"(balance|code|name|street|town|plan)"/,
      new: /"(balance_cents|number|first_name|address)"/,
    }
    for (const side of ['old', 'new'] as const) {
      if (write === 'both' || read === side || write === side) continue
      for (const query of wired.wire) expect(query.sql).not.toMatch(forbidden[side])
    }
  })
})
