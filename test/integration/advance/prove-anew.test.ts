import { describe, expect, it } from 'vitest'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { setReads } from '../../../src/advance/set-reads.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { advanceTo, type Renaming, startRenaming } from '../../support/renaming.ts'
import { Ledger } from './ledger.ts'
import { declareLedger, users, usersBefore } from './ledger-change.ts'

const triggers = ['_i', '_u'].map((suffix) => `"~ec_user-full-name${suffix}"`)
const disable = `ALTER TABLE users ${triggers.map((name) => `DISABLE TRIGGER ${name}`).join(', ')}`
const enable = `ALTER TABLE users ${triggers.map((name) => `ENABLE ALWAYS TRIGGER ${name}`).join(', ')}`

/** The same table in two partitions, which Drizzle cannot declare: the ordinary migration is written by hand. */
function startPartitioned(): Promise<Renaming> {
  return startRenaming(
    { before: { users: usersBefore }, during: { users }, change: declareLedger() },
    {
      edit: (text) =>
        text.replace(
          /\);\s*$/,
          `) PARTITION BY HASH (id);--> statement-breakpoint
CREATE TABLE users_0 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 0);--> statement-breakpoint
CREATE TABLE users_1 PARTITION OF users FOR VALUES WITH (MODULUS 2, REMAINDER 1);`,
        ),
    },
  )
}

/** Somebody switches the trigger off and on again; in between others write a side alone. */
async function leaveGap(ledger: Ledger, missed: () => Promise<unknown>): Promise<void> {
  await ledger.query(disable)
  await missed()
  await ledger.query(enable)
}

describe('a trigger that was off for a while', () => {
  it('dual-write: what old got is filled into new', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('dual-write', ({ verifiedEpoch }) => verifiedEpoch !== null)
    const decided = await planNext(ledger.renaming.target)
    expect(decided.step).toEqual({ kind: 'transition', to: 'read-switch' })
    await leaveGap(ledger, () => ledger.updateByStranger(1, 'missed'))
    expect(await ledger.rowsThatDiffer()).toBe(1)
    await expect(takeNext(ledger.renaming.target, decided)).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('altered by hand'),
    })
    expect([await ledger.next(), await ledger.next(), await ledger.next()]).toEqual([
      'prove-anew',
      'backfill',
      'verify',
    ])
    await ledger.expectBothSides()
    expect(await ledger.next()).toBe('transition')
  })

  it('read-switch: reads are not raised before new is whole again, and may be lowered', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('read-switch', ({ readPercent }) => readPercent === 50)
    await leaveGap(ledger, () => ledger.updateByStranger(1, 'missed'))
    const { target } = ledger.renaming
    await expect(setReads(target, 100)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    expect(await ledger.next()).toBe('prove-anew')
    await expect(setReads(target, 100)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await setReads(target, 0)
    expect([await ledger.next(), await ledger.next(), await ledger.next()]).toEqual(['backfill', 'verify', 'reads'])
    await ledger.expectBothSides()
  })

  it('read-new: old is filled from new before it is read again', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('read-new')
    await leaveGap(ledger, () => ledger.query(`UPDATE users SET full_name = 'missed' WHERE id = 1`))
    const { target } = ledger.renaming
    const blocked = await planBack(target)
    expect(blocked.blockers).toMatchObject([{ kind: 'safety', reason: expect.stringContaining('altered by hand') }])
    expect(await ledger.next()).toBe('prove-anew')
    // Until then who names old writes it, although it holds what it held.
    await ledger.updateByStranger(2, 'name 2')
    expect([await ledger.back(), await ledger.back(), await ledger.back()]).toEqual([
      'backfill',
      'verify',
      'read-switch',
    ])
    expect(await ledger.query('SELECT name FROM users WHERE id = 1')).toEqual([{ name: 'missed' }])
    expect(await ledger.rowsThatDiffer()).toBe(0)
  })

  it('new-only: the way back is open, and does not forget the gap', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('new-only', ({ trigger }) => trigger?.mode === 'new')
    await leaveGap(ledger, () => ledger.updateByService(1, 'missed by old'))
    const steps: string[] = []
    while (steps.at(-1) !== 'read-switch') steps.push(await ledger.back())
    expect(steps).toEqual(['read-new', 'backfill', 'verify', 'read-switch'])
    await ledger.expectBothSides()
  })

  it('new-only: it is mended on the way forward, too', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('new-only')
    await leaveGap(ledger, () => ledger.updateByService(1, 'missed by old'))
    const steps = []
    for (let step = 0; step < 4; step += 1) steps.push(await ledger.next())
    expect(steps).toEqual(['prove-anew', 'backfill', 'verify', 'arm'])
    await ledger.expectBothSides()
    expect((await ledger.facts()).trigger).toMatchObject({ mode: 'new', comparesNames: false })
  })

  it('contracted and retired: it is set anew under the name that the column has by then', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('contracted', ({ retiredAt }) => retiredAt !== null)
    await leaveGap(ledger, () => ledger.updateByService(1, 'missed by old'))
    expect(await ledger.next()).toBe('prove-anew')
    const steps: string[] = []
    while (steps.at(-1) !== 'read-switch') steps.push(await ledger.back())
    expect(steps).toEqual(['unretire', 'read-new', 'backfill', 'verify', 'read-switch'])
    await ledger.expectBothSides()
  })
})

describe('a trigger that is still off', () => {
  it('keeps the gate closed, also for the proof', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('dual-write')
    await ledger.query(disable)
    await expect(ledger.next()).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await ledger.query(enable)
    expect(await ledger.next()).toBe('prove-anew')
    await ledger.query(disable)
    await expect(ledger.next()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('disabled'),
    })
    expect((await ledger.facts()).phase).toBe('dual-write')
  })

  it('does not keep anybody from the way back to old, and the proof begins anew there', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('read-switch')
    await ledger.query(disable)
    expect(await ledger.back()).toBe('dual-write')
    await ledger.updateByStranger(1, 'missed')
    await ledger.query(enable)
    const steps = []
    for (let step = 0; step < 4; step += 1) steps.push(await ledger.next())
    expect(steps).toEqual(['prove-anew', 'backfill', 'verify', 'transition'])
    await ledger.expectBothSides()
  })

  it('that was replaced under its name is set anew by the proof, and not before', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('read-switch')
    await ledger.query(`CREATE OR REPLACE TRIGGER ${triggers[0]} BEFORE INSERT ON users FOR EACH ROW WHEN (false)
      EXECUTE FUNCTION expand_contract."sync_user-full-name"('old')`)
    await ledger.query(enable)
    expect(await ledger.back()).toBe('dual-write')
    await ledger.insertByStranger()
    expect(await ledger.rowsThatDiffer()).toBe(1)
    expect(await ledger.next()).toBe('prove-anew')
    await ledger.insertByStranger()
    expect(await ledger.rowsThatDiffer()).toBe(1)
    expect([await ledger.next(), await ledger.next()]).toEqual(['backfill', 'verify'])
    await ledger.expectBothSides()
  })
})

describe('what passes the trigger by without touching it', () => {
  it('its function, replaced by hand: it is written anew, and so is the proof', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('dual-write', ({ verifiedEpoch }) => verifiedEpoch !== null)
    await ledger.query(`CREATE OR REPLACE FUNCTION expand_contract."sync_user-full-name"() RETURNS trigger
      LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$`)
    await ledger.updateByStranger(1, 'missed')
    expect(await ledger.rowsThatDiffer()).toBe(1)
    expect(await ledger.next()).toBe('prove-anew')
    await ledger.updateByStranger(2, 'copied again')
    expect(await ledger.rowsThatDiffer()).toBe(1)
    expect([await ledger.next(), await ledger.next(), await ledger.next()]).toEqual([
      'backfill',
      'verify',
      'transition',
    ])
    await ledger.expectBothSides()
  })

  it('the trigger of one partition, disabled and enabled again', async () => {
    const renaming = await startPartitioned()
    const { target, database } = renaming
    await advanceTo(renaming, 'dual-write')
    await takeNext(target, await planNext(target))
    await takeNext(target, await planNext(target))
    expect((await planNext(target)).step).toMatchObject({ kind: 'transition' })
    const onPartition = (verb: string) =>
      database.pool.query(`ALTER TABLE users_0 ${triggers.map((name) => `${verb} TRIGGER ${name}`).join(', ')}`)
    await onPartition('DISABLE')
    expect((await planNext(target)).blockers).toMatchObject([{ reason: expect.stringContaining('disabled') }])
    await database.pool.query(`UPDATE users_0 SET name = 'missed'`)
    await onPartition('ENABLE ALWAYS')
    expect((await planNext(target)).step).toEqual({ kind: 'prove-anew' })
    await advanceTo(renaming, 'read-switch')
    expect((await database.pool.query('SELECT FROM users WHERE name IS DISTINCT FROM full_name')).rowCount).toBe(0)
    expect((await database.pool.query(`SELECT FROM users WHERE full_name = 'missed'`)).rowCount).toBeGreaterThan(0)
  })
})
