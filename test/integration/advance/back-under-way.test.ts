import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { readHistory } from '../../../src/control/history.ts'
import { openSession } from '../../../src/control/session.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { Ledger } from './ledger.ts'

type Facts = Awaited<ReturnType<Ledger['facts']>>
const isArmed = ({ trigger }: Facts) => trigger?.mode === 'new' || trigger?.mode === 'fence'
const isRetired = ({ retiredAt }: Facts) => retiredAt !== null

const newAlone = `UPDATE users SET full_name = 'open' WHERE id = 1`
const oldAlone = `UPDATE users SET name = 'open' WHERE id = 1`

/** Every step back that switches the trigger, and a write that the mode before takes. */
const switching: readonly [from: Phase, copyBack: boolean, write: string, isThere?: (facts: Facts) => boolean][] = [
  ['contracted', true, newAlone, isRetired],
  ['contracted', false, newAlone, isRetired],
  ['new-only', true, newAlone, isArmed],
  ['new-only', false, newAlone, isArmed],
  ['new-only', false, oldAlone],
  ['read-new', true, newAlone],
  ['read-new', false, oldAlone],
]

describe('a step back that meets an open writer', () => {
  it.each(switching)(
    'waits for it in %s (copy-back: %s), and loses nothing',
    async (phase, copyBack, write, isThere) => {
      const ledger = await Ledger.open({ copyBack })
      await ledger.forwardTo(phase, isThere)
      const { pool } = ledger.renaming.database
      const writer = await pool.connect()
      onTestFinished(() => writer.release())
      await writer.query('BEGIN')
      await writer.query(write)
      let isThrough = false
      const step = ledger.back().then(() => {
        isThrough = true
      })
      const tried = `SELECT FROM pg_stat_activity WHERE application_name = 'expand-contract'
      AND datname = current_database() AND query ~ 'pg_locks|LOCK TABLE'`
      await expect.poll(() => ledger.query(tried), { interval: 5 }).toHaveLength(1)
      expect(isThrough).toBe(false)
      await writer.query('COMMIT')
      ledger.expectValue(1, 'open')
      await step
      await ledger.expectRead()
      while ((await ledger.facts()).phase !== 'read-switch') await ledger.back()
      await ledger.expectBothSides()
    },
  )
})

describe('`back` and `next` at the same moment', () => {
  it.each([true, false])('one wins, and the trigger fits what the row says (copy-back: %s)', async (copyBack) => {
    const ledger = await Ledger.open({ copyBack })
    await ledger.forwardTo('new-only')
    const { target, database } = ledger.renaming
    const other = { ...target, session: await openSession(database.url) }
    onTestFinished(() => other.session.close())
    const [forward, backward] = [await planNext(target), await planBack(other)]
    const outcomes = await Promise.allSettled([takeNext(target, forward), takeBack(other, backward)])
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.map(({ reason }) => reason.code)).toEqual(['EC_EPOCH_CONFLICT'])
    const { phase, trigger } = await ledger.facts()
    expect(`${phase} ${trigger?.mode}`).toBe(
      outcomes[0]!.status === 'fulfilled' ? `new-only ${copyBack ? 'new' : 'fence'}` : 'read-new both',
    )
  })
})

describe('a `back` that is killed in the middle of its transaction', () => {
  it.each([true, false])('leaves nothing half done (copy-back: %s)', async (copyBack) => {
    const ledger = await Ledger.open({ copyBack })
    await ledger.forwardTo('new-only', isArmed)
    const { database, target } = ledger.renaming
    const before = await ledger.facts()
    const entries = (await readHistory(target.session.db, 'user-full-name')).length
    const release = await stopAtTrigger(database.superuserBecause('it creates an event trigger'))

    const script = fileURLToPath(new URL('back-worker.ts', import.meta.url))
    const worker = spawn(process.execPath, [script, database.url, String(copyBack)], { stdio: 'inherit' })
    const ended = once(worker, 'exit')
    onTestFinished(() => void worker.kill('SIGKILL'))
    const inTheMiddle = `SELECT FROM pg_stat_activity WHERE application_name = 'operator to be killed' AND query LIKE 'CREATE OR REPLACE TRIGGER%'`
    await expect.poll(() => ledger.query(inTheMiddle), { interval: 5, timeout: 10_000 }).toHaveLength(1)
    worker.kill('SIGKILL')
    await ended
    await release()
    const session = `SELECT FROM pg_stat_activity WHERE application_name = 'operator to be killed'`
    await expect.poll(() => ledger.query(session), { interval: 5, timeout: 5_000 }).toEqual([])

    const { now: _, ...after } = await ledger.facts()
    expect(after).toMatchObject({ phase: 'new-only', epoch: before.epoch, trigger: before.trigger! })
    expect(await readHistory(target.session.db, 'user-full-name')).toHaveLength(entries)
    expect(await ledger.back()).toBe('read-new')
    await ledger.writeAll()
    await ledger.expectRead()
  })
})

/** Whoever creates a trigger stops there until it is released; not by waiting for a lock, which would time out. */
async function stopAtTrigger(superuserUrl: string): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: superuserUrl })
  await holder.connect()
  onTestFinished(() => holder.end())
  await holder.query(`
    SELECT pg_advisory_lock(4711);
    CREATE FUNCTION stop_here() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      WHILE NOT pg_try_advisory_xact_lock(4711) LOOP PERFORM pg_sleep(0.005); END LOOP;
    END $$;
    CREATE EVENT TRIGGER stop_here ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION stop_here()`)
  return async () => {
    await holder.query('SELECT pg_advisory_unlock(4711)')
    await expect.poll(() => holder.query('DROP EVENT TRIGGER IF EXISTS stop_here').then(() => true)).toBe(true)
  }
}
