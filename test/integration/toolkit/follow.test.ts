import { afterEach, describe, expect, it } from 'vitest'
import type { Change } from '../../../src/change/change.ts'
import { inSync, openStage, users, withoutCopyBack, withoutTrigger } from './stage.ts'

const stage = openStage()
const sql = async (text: string) => (await stage.session.client.query(text)).rows

afterEach(() => sql('ALTER TABLE IF EXISTS expand_contract.away RENAME TO processes'))

/** Oldest and newest phase, at each renewal from here on. */
async function recordRenewals(): Promise<() => Promise<string[]>> {
  await sql(`
    DROP TABLE IF EXISTS renewals; CREATE TABLE renewals (n serial, span text);
    CREATE OR REPLACE FUNCTION record_renewal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO renewals (span)
        SELECT concat(said #>> '{oldestPhase}', ' ', said #>> '{newestPhase}') FROM (SELECT NEW.changes->'user-full-name' AS said) s;
      RETURN NULL; END $$;
    CREATE TRIGGER renewals AFTER INSERT OR UPDATE ON expand_contract.processes FOR EACH ROW EXECUTE FUNCTION record_renewal()`)
  return async () => (await sql('SELECT span FROM renewals ORDER BY n')).map(({ span }) => span)
}

const waiting = async () =>
  (
    await stage.database.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  ).rowCount

/** A process in read-new, which reads new. */
async function startInReadNew(change: Change) {
  const toolkit = await stage.startIn(change)
  await stage.moveTo('read-new')
  await toolkit.refresh()
  stage.queries.length = 0
  return { toolkit, read: async () => (await toolkit.repository(users).findFirst())?.fullName }
}

describe('a process that follows a step', () => {
  it.each([
    ['back', 'read-switch', 'old', ['read-switch read-new', 'read-switch read-switch']],
    ['forward', 'new-only', 'new', ['read-new new-only', 'new-only new-only']],
  ])('%s: tells the registry first, looks again, and goes on then', async (_, phase, side, spans) => {
    const { toolkit, read } = await startInReadNew(withoutCopyBack)
    const renewals = await recordRenewals()
    await stage.moveTo(phase)
    await toolkit.refresh()
    expect(await read()).toBe(side)
    expect(await renewals()).toEqual(spans)
    expect(stage.queries.map((query) => /(?:from|into) "expand_contract"\."(\w+)"/.exec(query)?.[1])).toEqual([
      'changes',
      'processes',
      'changes',
      'processes',
      undefined,
    ])
  })

  it('goes by the phase before for as long as the registry does not tell of the other', async () => {
    const { toolkit, read } = await startInReadNew(withoutCopyBack)
    await stage.moveTo('read-switch')
    await sql('BEGIN')
    await sql('LOCK TABLE expand_contract.processes')
    const following = toolkit.refresh()
    await expect.poll(waiting).toBe(1)
    expect(await read()).toBe('new')
    await sql('COMMIT')
    await following
    expect(await read()).toBe('old')
  })

  it('goes on by what it sees once the registry tells of it, not by what it saw before', async () => {
    const { toolkit, read } = await startInReadNew(withoutCopyBack)
    await stage.moveTo('read-switch')
    await sql('BEGIN')
    await sql('LOCK TABLE expand_contract.processes')
    const following = toolkit.refresh()
    await expect.poll(waiting).toBe(1)
    await stage.moveTo('read-new')
    await sql('COMMIT')
    await following
    expect(await read()).toBe('new')
  })

  it('tells the phases of its open units of work', async () => {
    const { toolkit, read } = await startInReadNew(withoutTrigger)
    const renewals = await recordRenewals()
    await toolkit.run({}, async () => {
      await read()
      await stage.moveTo('read-switch')
      await toolkit.refresh()
    })
    expect(await renewals()).toEqual(['read-switch read-new', 'read-switch read-new'])
    await toolkit.refresh()
    expect((await renewals()).at(-1)).toBe('read-switch read-switch')
  })
})

describe('where the registry cannot be told', () => {
  async function goBackUntold(change: Change) {
    const { toolkit, read } = await startInReadNew(change)
    await stage.moveTo('read-switch')
    await sql('ALTER TABLE expand_contract.processes RENAME TO away')
    await expect(toolkit.refresh()).rejects.toMatchObject({ code: 'EC_QUERY_FAILED' })
    return { toolkit, read }
  }

  it('a step back is followed all the same where old is kept in sync', async () => {
    const { read } = await goBackUntold(inSync)
    expect(await read()).toBe('old')
  })

  it.each([
    ['copy-back is off', withoutCopyBack],
    ['there is no sync trigger', withoutTrigger],
  ])('it is not where %s, until it can be', async (_, change) => {
    const { toolkit, read } = await goBackUntold(change)
    expect(await read()).toBe('new')
    await sql('ALTER TABLE expand_contract.away RENAME TO processes')
    await toolkit.refresh()
    expect(await read()).toBe('old')
  })
})

it('a process whose registration cannot be renewed decides nothing once its lease may have ended', async () => {
  const toolkit = await stage.startIn(withoutCopyBack, { pollMs: 50, leaseMs: 500 })
  const read = () => toolkit.repository(users).findFirst()
  await sql('ALTER TABLE expand_contract.processes RENAME TO away')
  await expect.poll(() => read().catch((error) => error.code)).toBe('EC_VIEW_STALE')
  await sql('ALTER TABLE expand_contract.away RENAME TO processes')
  await expect.poll(() => read().catch(() => undefined)).toEqual({ id: 1, fullName: 'old' })
})

it('a process that cannot start is not registered at all', async () => {
  const toolkit = await stage.startIn(inSync)
  await toolkit.stop()
  const renewals = await recordRenewals()
  await sql(`UPDATE expand_contract.changes SET declaration = jsonb_set(declaration, '{kind}', '"other"')`)
  await expect(toolkit.start()).rejects.toMatchObject({ code: 'EC_DECLARATION_DIFFERS' })
  expect(await renewals()).toEqual([])
})
