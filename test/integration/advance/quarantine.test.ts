import { sql } from 'drizzle-orm'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { costsOfBack } from '../../../src/advance/back-costs.ts'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { triggerState } from '../../../src/sync/index.ts'
import { verifyChange } from '../../../src/verify/index.ts'
import { advanceTo, type Renaming, startChange } from '../../support/renaming.ts'

const before = { orders: pgTable('orders', { id: integer().primaryKey(), quantity: text() }) }
const orders = pgTable('orders', { id: integer().primaryKey(), quantity: text(), amount: integer() })
const change = changeColumns({
  id: 'order-amount',
  table: orders,
  from: ['quantity'],
  to: ['amount'],
  forward: ({ quantity }) => ({ amount: sql`${quantity}::integer` }),
  backward: ({ amount }) => ({ quantity: sql`${amount}::text` }),
  loses: 'zeros in front',
  soak: '0',
})

let renaming: Renaming
const query = async (statement: string) => (await renaming.target.session.client.query(statement)).rows
const next = () => planNext(renaming.target)
const reasons = async () => (await next()).blockers.map(({ guard }) => guard)

async function takeOne() {
  return takeNext(renaming.target, await next())
}

async function goBack() {
  return takeBack(renaming.target, await planBack(renaming.target))
}

beforeEach(async () => {
  renaming = await startChange(
    { before, during: { orders }, change },
    `INSERT INTO orders SELECT n, CASE WHEN n = 3 THEN 'x' ELSE n::text END FROM generate_series(1, 5) n`,
  )
})

test('read-switch stays closed while rows are in quarantine, and opens once they are mended', async () => {
  await advanceTo(renaming, 'dual-write')
  expect(await takeOne()).toMatchObject({ kind: 'backfilled', result: { quarantined: 1 } })
  expect(await takeOne()).toMatchObject({ kind: 'verified', result: { outcome: 'verified', quarantined: 1 } })
  await query(`INSERT INTO orders VALUES (6, 'y')`)

  const plan = await next()
  expect(plan.step).toEqual({ kind: 'transition', to: 'read-switch' })
  expect(plan.blockers).toEqual([
    {
      guard: 'no row is in quarantine',
      kind: 'safety',
      reason: expect.stringContaining('2 row(s) hold a value that the transform rejects'),
    },
  ])
  await expect(takeNext(renaming.target, plan, { force: 'in a hurry' })).rejects.toMatchObject({
    code: 'EC_GUARD_REFUSED',
  })

  await query(`UPDATE orders SET quantity = '33' WHERE id = 3; DELETE FROM orders WHERE id = 6`)
  expect(await reasons()).toEqual(['no row is in quarantine'])
  const { session, sides } = renaming.target
  expect(await verifyChange(session, renaming.target.change, sides)).toMatchObject({ quarantined: 0 })
  await takeOne()
  expect((await next()).facts.phase).toBe('read-switch')
})

describe('the trigger', () => {
  const isLenient = async () => {
    const { session, change, sides } = renaming.target
    return (await triggerState(session.client, change, sides))?.lenient
  }
  const mend = () => query(`UPDATE orders SET quantity = '3' WHERE id = 3`)

  test('is lenient up to dual-write and strict from read-switch on, also on the way back', async () => {
    await mend()
    const seen: Record<string, boolean | undefined> = {}
    for (const phase of ['expanded', 'dual-write', 'read-switch', 'read-new'] as const) {
      await advanceTo(renaming, phase)
      seen[phase] = await isLenient()
    }
    expect(seen).toEqual({ expanded: true, 'dual-write': true, 'read-switch': false, 'read-new': false })
    await goBack()
    expect(await isLenient()).toBe(false)
    await expect(query(`UPDATE orders SET quantity = 'x' WHERE id = 1`)).rejects.toMatchObject({ code: '22P02' })
    await goBack()
    expect((await next()).facts.phase).toBe('dual-write')
    // A unit of work may be pinned to new still, and would not find what was emptied.
    expect(await isLenient()).toBe(false)
    await expect(query(`UPDATE orders SET quantity = 'x' WHERE id = 1`)).rejects.toMatchObject({ code: '22P02' })
    await goBack()
    expect((await next()).facts.phase).toBe('expanded')
    expect(await isLenient()).toBe(false)
  })

  test('leaves new empty where it is lenient', async () => {
    await advanceTo(renaming, 'dual-write')
    await query(`UPDATE orders SET quantity = 'x' WHERE id = 1`)
    expect(await query('SELECT amount FROM orders WHERE id = 1')).toEqual([{ amount: null }])
    expect((await next()).facts.quarantined).toBe(1)
  })

  test('stays lenient where a writer was rejected between the guards and the lock of the table', async () => {
    await mend()
    await advanceTo(renaming, 'dual-write')
    for (let plan = await next(); plan.step.kind !== 'transition'; plan = await next())
      await takeNext(renaming.target, plan)
    const { client } = renaming.target.session
    const query = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    let between = 0
    const queryAfterWriter = async (...input: unknown[]) => {
      if (`${input[0]}`.startsWith('LOCK TABLE "public"."orders"')) {
        await renaming.database.pool.query(`UPDATE orders SET quantity = 'x' WHERE id = 1`)
        between += 1
      }
      return query(...input)
    }
    Object.assign(client, { query: queryAfterWriter })
    try {
      await expect(takeOne()).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    } finally {
      Object.assign(client, { query })
    }
    expect(between).toBe(1)
    expect(await isLenient()).toBe(true)
    expect((await next()).facts).toMatchObject({ phase: 'dual-write', quarantined: 1 })
  })

  test('that was dropped by hand comes back as the phase needs it', async () => {
    await mend()
    for (const [phase, lenient] of [
      ['dual-write', true],
      ['read-switch', false],
    ] as const) {
      await advanceTo(renaming, phase)
      await query(
        'DROP TRIGGER "~ec_order-amount_u" ON orders; DROP FUNCTION expand_contract."verdict_forward_order-amount"',
      )
      expect((await next()).step).toEqual({ kind: 'reinstall' })
      await takeOne()
      expect(await isLenient()).toBe(lenient)
      await takeOne()
      expect((await next()).facts.phase).toBe(phase)
    }
  })
})

test('going back says what is lost for good', async () => {
  await query(`UPDATE orders SET quantity = '3' WHERE id = 3`)
  await advanceTo(renaming, 'expanded')
  expect(costsOfBack(await planBack(renaming.target), 5)).not.toContainEqual(expect.stringContaining('zeros in front'))
  await advanceTo(renaming, 'read-new')
  expect(costsOfBack(await planBack(renaming.target), 5)).toEqual([expect.stringContaining('(zeros in front)')])
})

describe('a function that the trigger calls, replaced by hand', () => {
  const functions = [
    ['of the transform', 'forward1', '(text) RETURNS integer LANGUAGE sql IMMUTABLE', 'SELECT 7'],
    ['that puts into quarantine', 'quarantine', '(integer, text) RETURNS void LANGUAGE sql', 'SELECT'],
    ['that judges a row', 'verdict_forward', '(text, integer) RETURNS text LANGUAGE sql STABLE', 'SELECT NULL::text'],
  ] as const

  test.each(functions)('%s: it is written anew, and so is the proof', async (_, name, signature, body) => {
    await query(`UPDATE orders SET quantity = '3' WHERE id = 3`)
    await advanceTo(renaming, 'dual-write')
    await takeOne()
    await takeOne()
    expect((await next()).step).toEqual({ kind: 'transition', to: 'read-switch' })
    await query(`CREATE OR REPLACE FUNCTION expand_contract."${name}_order-amount"${signature} AS '${body}'`)
    await query(`UPDATE orders SET quantity = '11' WHERE id = 1; UPDATE orders SET quantity = 'x' WHERE id = 2`)
    expect((await next()).step).toEqual({ kind: 'prove-anew' })
    await takeOne()
    expect(await takeOne()).toMatchObject({ kind: 'backfilled', result: { quarantined: 1 } })
    expect(await takeOne()).toMatchObject({ kind: 'verified', result: { outcome: 'verified', quarantined: 1 } })
    expect(await query('SELECT amount FROM orders WHERE id = 1')).toEqual([{ amount: 11 }])
    expect(await reasons()).toEqual(['no row is in quarantine'])
  })
})

test('proved anew while retired, the way back still fills and compares', async () => {
  await query(`UPDATE orders SET quantity = '3' WHERE id = 3`)
  await advanceTo(renaming, 'contracted')
  for (let plan = await next(); plan.facts.retiredAt === null; plan = await next())
    await takeNext(renaming.target, plan)
  const triggers = ['_i', '_u'].map((suffix) => `TRIGGER "~ec_order-amount${suffix}"`)
  const altered = (verb: string) => `ALTER TABLE orders ${triggers.map((trigger) => `${verb} ${trigger}`).join(', ')}`
  await query(`${altered('DISABLE')}; UPDATE orders SET amount = 40 WHERE id = 4; ${altered('ENABLE ALWAYS')}`)
  expect((await next()).step).toEqual({ kind: 'prove-anew' })
  await takeOne()
  const steps: string[] = []
  for (
    let plan = await planBack(renaming.target);
    plan.facts.phase !== 'read-switch';
    plan = await planBack(renaming.target)
  ) {
    steps.push(plan.step.kind === 'transition' ? plan.step.to : plan.step.kind)
    await takeBack(renaming.target, plan)
  }
  expect(steps).toEqual(['unretire', 'read-new', 'backfill', 'verify', 'read-switch'])
  expect(await query('SELECT quantity FROM orders WHERE id = 4')).toEqual([{ quantity: '40' }])
})
