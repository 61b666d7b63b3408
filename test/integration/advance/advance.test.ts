import { beforeEach, describe, expect, it } from 'vitest'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { setReads } from '../../../src/advance/set-reads.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { Target } from '../../../src/advance/target.ts'
import { runBackfill } from '../../../src/backfill/index.ts'
import { readHistory } from '../../../src/control/history.ts'
import { openSession } from '../../../src/control/session.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { triggerState } from '../../../src/sync/index.ts'
import { advanceTo, type Renaming, startRenaming } from '../../support/renaming.ts'

let renaming: Renaming
beforeEach(async () => {
  renaming = await startRenaming()
})

async function situation() {
  const { target } = renaming
  const { row } = await planNext(target)
  const trigger = await triggerState(target.session.client, target.change, target.sides)
  return {
    phase: row!.phase,
    mode: trigger?.mode,
    recordedMode: row!.triggerMode,
    held: row!.hold !== null,
    percent: row!.readPercent,
  }
}

async function next() {
  const plan = await planNext(renaming.target)
  return takeNext(renaming.target, plan)
}

async function back() {
  await takeBack(renaming.target, await planBack(renaming.target))
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  return (await renaming.target.session.client.query(text)).rows
}

/** Writes by the old column alone, and says what became of it. */
async function writeOldAlone(): Promise<'copied' | 'left' | 'refused'> {
  try {
    const [row] = await query(
      `INSERT INTO users (name) VALUES ('raw ' || gen_random_uuid()) RETURNING name = full_name AS copied`,
    )
    return row!.copied ? 'copied' : 'left'
  } catch {
    return 'refused'
  }
}

describe('forwards', () => {
  it('goes one step at a time, through every decision, to the drop', async () => {
    const steps: string[] = []
    for (
      let plan = await planNext(renaming.target);
      plan.step.kind !== 'done';
      plan = await planNext(renaming.target)
    ) {
      steps.push(
        plan.step.kind === 'transition'
          ? plan.step.to
          : plan.step.kind === 'reads'
            ? `reads ${plan.step.percent}`
            : plan.step.kind,
      )
      await takeNext(renaming.target, plan)
    }
    expect(steps).toEqual([
      'dual-write',
      'backfill',
      'verify',
      'read-switch',
      'reads 5',
      'reads 50',
      'reads 100',
      'verify',
      'read-new',
      'new-only',
      'arm',
      'contracted',
      'retire',
      'drop',
    ])
    expect(await query('SELECT full_name FROM users ORDER BY id LIMIT 1')).toEqual([{ full_name: 'name 1' }])
    const history = await readHistory(renaming.target.session.db, 'user-full-name')
    expect(history.filter(({ action }) => action === 'transition').map(({ toPhase }) => toPhase)).toEqual([
      'expanded',
      'dual-write',
      'read-switch',
      'read-new',
      'new-only',
      'contracted',
    ])
  })

  it('applies the handover before new-only: the new column is NOT NULL and UNIQUE then', async () => {
    await advanceTo(renaming, 'new-only')
    const rows = await query(
      `SELECT attnotnull, (SELECT count(*)::int FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'u') AS uniques FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'full_name'`,
    )
    expect(rows).toEqual([{ attnotnull: true, uniques: 1 }])
  })
})

/** What each step back restores, and what it makes of a writer that knows the old column only. */
const rollbacks: readonly [from: Phase, armed: boolean, to: Partial<Awaited<ReturnType<typeof situation>>>][] = [
  ['dual-write', false, { phase: 'expanded', mode: 'old' }],
  ['read-switch', false, { phase: 'dual-write', mode: 'old', held: false, percent: 0 }],
  ['read-new', false, { phase: 'read-switch', mode: 'old', held: true }],
  ['new-only', false, { phase: 'read-new', mode: 'both' }],
  ['new-only', true, { phase: 'read-new', mode: 'both' }],
  ['contracted', true, { phase: 'new-only', mode: 'both' }],
]

describe('back', () => {
  it.each(rollbacks)('from %s (armed: %s)', async (from, armed, expected) => {
    await advanceTo(renaming, from)
    if (armed && from === 'new-only') await next()
    expect(await writeOldAlone()).toBe(armed ? 'refused' : 'copied')
    await back()
    const now = await situation()
    expect(now).toMatchObject(expected)
    expect(now.recordedMode).toBe(now.mode)
    expect(await writeOldAlone()).toBe('copied')
    expect(await query('SELECT FROM users WHERE name IS DISTINCT FROM full_name AND full_name IS NOT NULL')).toEqual([])
    await query('DELETE FROM expand_contract.unaware_writers') // as if the soak were over
    await advanceTo(renaming, from)
  })

  it('from contracted after the retire step: the column gets its name back, and retire runs again later', async () => {
    await advanceTo(renaming, 'contracted')
    await next()
    expect(
      await query(
        `SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE '%name'  ORDER BY 1`,
      ),
    ).toEqual([{ attname: 'full_name' }, { attname: '~ec_retired_name' }])
    await query(`INSERT INTO users (full_name) VALUES ('written while retired')`)
    await back()
    expect(await situation()).toMatchObject({ phase: 'new-only', mode: 'both' })
    expect(await query(`SELECT name FROM users WHERE full_name = 'written while retired'`)).toEqual([
      { name: 'written while retired' },
    ])
    for (const _ of ['arm', 'contracted', 'retire', 'drop']) await next()
    expect((await planNext(renaming.target)).step).toEqual({ kind: 'done' })
  })

  it('from expanded abandons: later steps are void, and there is no way forward', async () => {
    await back()
    expect(await situation()).toMatchObject({ phase: 'abandoned' })
    expect(
      await query(`SELECT step, state FROM expand_contract.migration_steps WHERE state = 'void' ORDER BY step`),
    ).toHaveLength(3)
    expect((await planNext(renaming.target)).step).toEqual({ kind: 'done' })
    expect(await planBack(renaming.target)).toMatchObject({ step: { kind: 'none' }, blockers: [] })
  })

  it('after the drop is refused, with the reason', async () => {
    await advanceTo(renaming, 'contracted')
    for (const _ of ['retire', 'drop']) await next()
    await expect(back()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('only a restore brings it back'),
    })
  })

  it('keeps reads on old until they are raised again', async () => {
    await advanceTo(renaming, 'read-new')
    await back()
    expect((await planNext(renaming.target)).step).toEqual({ kind: 'reads', percent: 5 })
    await setReads(renaming.target, 50)
    expect(await situation()).toMatchObject({ held: false, percent: 50 })
  })

  it('to expanded and forward again keeps what was filled, as the trigger was there all the time', async () => {
    await advanceTo(renaming, 'read-switch')
    await back()
    await back()
    await next()
    expect((await planNext(renaming.target)).step).toEqual({ kind: 'transition', to: 'read-switch' })
  })
})

describe('a step', () => {
  it('into read-switch starts reads at 0, whatever was set before its time', async () => {
    await advanceTo(renaming, 'dual-write')
    await setReads(renaming.target, 100)
    await advanceTo(renaming, 'read-switch')
    expect(await situation()).toMatchObject({ percent: 0, held: false })
  })

  it('that waits for an open writer lets all other writers pass meanwhile', async () => {
    await advanceTo(renaming, 'read-switch')
    await setReads(renaming.target, 100)
    await next() // verify
    const { pool } = renaming.database
    const open = await pool.connect()
    await open.query(`BEGIN; INSERT INTO users (name) VALUES ('open')`)
    let isThrough = false
    const plan = await planNext(renaming.target)
    const step = takeNext(renaming.target, plan).then(() => {
      isThrough = true
    })
    const other = await pool.connect()
    await other.query(`SET statement_timeout = '5s'`)
    const hasTried = async () =>
      (
        await other.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'expand-contract' AND datname = current_database() AND query ~ 'pg_locks|LOCK TABLE|CREATE OR REPLACE TRIGGER'`,
        )
      ).rowCount
    await expect.poll(hasTried).toBe(1)
    // Several, so that some fall into an attempt of the step; one that queued behind it would time out.
    for (let write = 0; write < 20; write += 1)
      await other.query('INSERT INTO users (name) VALUES ($1)', [`other ${write}`])
    expect(isThrough).toBe(false)
    await open.query('COMMIT')
    await step
    open.release()
    other.release()
    expect((await situation()).phase).toBe('read-new')
  })

  it('decided on before somebody else moved the change is not taken, also where the handover comes first', async () => {
    await advanceTo(renaming, 'read-new')
    const decided = await planNext(renaming.target)
    await back()
    await advanceTo(renaming, 'read-new')
    await expect(takeNext(renaming.target, decided)).rejects.toMatchObject({ code: 'EC_EPOCH_CONFLICT' })
    expect((await situation()).phase).toBe('read-new')
  })
})

describe('the function behind the sync trigger', () => {
  it("runs with its owner's rights, and finds nothing by the writer's search path", async () => {
    expect(await query(`SELECT prosecdef, proconfig FROM pg_proc WHERE proname = 'sync_user-full-name'`)).toEqual([
      { prosecdef: true, proconfig: ['search_path=pg_catalog, pg_temp'] },
    ])
  })
})

describe('two operators at once', () => {
  it('one wins; the other is told, and nothing happens twice', async () => {
    const { target, database } = renaming
    const other: Target = { ...target, session: await openSession(database.url) }
    const decisions = await Promise.all([planNext(target), planNext(other)])
    const outcomes = await Promise.allSettled([takeNext(target, decisions[0]), takeNext(other, decisions[1])])
    await other.session.close()
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'moved' : outcome.reason.code)).sort()).toEqual([
      'EC_EPOCH_CONFLICT',
      'moved',
    ])
    expect(await situation()).toMatchObject({ phase: 'dual-write' })
    expect(await query(`SELECT epoch::int FROM expand_contract.changes`)).toEqual([{ epoch: 2 }])
  })
})

describe('a guard', () => {
  it('refuses to raise reads while the sync trigger is off, and never to lower them', async () => {
    await advanceTo(renaming, 'read-switch')
    await setReads(renaming.target, 50)
    await query('ALTER TABLE users DISABLE TRIGGER USER')
    await expect(setReads(renaming.target, 100)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await expect(next()).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    await setReads(renaming.target, 0)
    expect(await situation()).toMatchObject({ percent: 0 })
  })

  it('refuses to lift a hold while the sync trigger is off, whatever the percentage was before', async () => {
    await advanceTo(renaming, 'read-new')
    await back()
    expect(await situation()).toMatchObject({ held: true, percent: 100 })
    await query('ALTER TABLE users DISABLE TRIGGER USER')
    for (const percent of [0, 25, 100]) {
      await expect(setReads(renaming.target, percent)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    }
    expect(await situation()).toMatchObject({ held: true, percent: 100 })
  })

  it('is asked again when the step is taken: what has become false since the decision refuses it', async () => {
    await advanceTo(renaming, 'dual-write')
    await next()
    await next()
    const decided = await planNext(renaming.target)
    expect(decided).toMatchObject({ step: { to: 'read-switch' }, blockers: [] })
    await query('UPDATE expand_contract.changes SET verified_epoch = NULL') // a verification has found something
    await expect(takeNext(renaming.target, decided)).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })
    expect((await situation()).phase).toBe('dual-write')
  })

  it('of a verification asks again where a fill has begun since: fill, then verify', async () => {
    const { session, change, sides } = renaming.target
    await advanceTo(renaming, 'dual-write')
    await next()
    await next()
    const interrupt = new AbortController()
    const onProgress = () => interrupt.abort()
    await runBackfill(session, change, sides, { restart: true, pageRows: 1, signal: interrupt.signal, onProgress })
    const steps: unknown[] = []
    for (let taken = 0; taken < 3; taken += 1) {
      steps.push((await planNext(renaming.target)).step)
      await next()
    }
    expect(steps).toEqual([{ kind: 'backfill' }, { kind: 'verify' }, { kind: 'transition', to: 'read-switch' }])
  })

  it('waits for the whole soak before old is refused, as a weekly writer needs a week to be seen', async () => {
    await query(`UPDATE expand_contract.changes SET soak_ms = 3600000`)
    await advanceTo(renaming, 'new-only')
    await expect(next()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('watched for less than the soak'),
    })
    await query(`UPDATE expand_contract.transitions SET at = at - interval '61 minutes'`)
    await next()
    expect(await situation()).toMatchObject({ mode: 'new' })
  })

  it('refuses dual-write while the expand step is unfinished', async () => {
    await query(`UPDATE expand_contract.migration_steps SET state = 'running' WHERE step = 'expand'`)
    await expect(next()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('the expand step is running'),
    })
  })

  it('of safety refuses even by force; of courtesy yields to a reason, which is kept', async () => {
    await query('ALTER TABLE users DISABLE TRIGGER USER')
    const blocked = await planNext(renaming.target)
    await expect(takeNext(renaming.target, blocked, { force: 'in a hurry' })).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
    })
    await query(
      'ALTER TABLE users ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u"',
    )
    await advanceTo(renaming, 'new-only')
    await writeOldAlone()
    await expect(next()).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('wrote users.name alone'),
    })
    await takeNext(renaming.target, await planNext(renaming.target), { force: 'it was me' })
    const history = await readHistory(renaming.target.session.db, 'user-full-name')
    expect(history.at(-1)).toMatchObject({ action: 'arm', overrideReason: 'it was me' })
  })

  it('names a view that needs the old column, before the contract', async () => {
    await query('CREATE VIEW report AS SELECT name FROM users')
    await advanceTo(renaming, 'new-only')
    await next()
    expect((await planNext(renaming.target)).blockers.map(({ reason }) => reason)).toEqual([
      'view report needs users.name: change or drop it',
    ])
  })
})
