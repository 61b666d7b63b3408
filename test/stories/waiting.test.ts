import pg from 'pg'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Phase } from '../../src/phase/phase.ts'
import { startCommand } from '../integration/registry/command-line.ts'
import { backendPid } from '../support/blocked.ts'
import { advanceTo, type Renaming, startRenaming } from '../support/renaming.ts'

let renaming: Renaming
/** In new-only, where the next step is to arm the refusal: it waits for processes, then for a drain. */
beforeEach(async () => {
  renaming = await startRenaming()
  await advanceTo(renaming, 'new-only')
})

function start(...args: readonly string[]) {
  const command = startCommand(renaming.database.url, 'expand-contract.config.ts', ...args)
  onTestFinished(() => void command.child.kill('SIGKILL'))
  return command
}

async function query(text: string) {
  return (await renaming.database.pool.query(text)).rows
}

/** A process of the registry that acts by phases up to `phase`, for a minute. */
async function register(phase: Phase): Promise<void> {
  await query(`INSERT INTO expand_contract.processes (instance, name, release, host, pid, flags, tables, changes, renewed_at, lease_until)
    SELECT gen_random_uuid(), 'billing', '4f2a1c', 'web-3', 812, 'database', '["public.users"]',
           jsonb_build_object(id, jsonb_build_object('hash', declaration_hash, 'phase', '${phase}', 'oldestPhase', '${phase}', 'epoch', epoch,
             'keyedReads', '{"old": 0, "new": 0, "lastOldAgoMs": null}'::jsonb)),
           now(), now() + interval '1 minute'
      FROM expand_contract.changes`)
}

async function openTransaction(): Promise<{ readonly client: pg.Client; readonly pid: number }> {
  const client = new pg.Client({ connectionString: renaming.database.url, application_name: 'nightly report' })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN; SELECT 1')
  return { client, pid: await backendPid(client) }
}

/** What a command prints, once it has printed this. */
function untilPrinted({ child }: ReturnType<typeof start>, text: string): Promise<void> {
  return new Promise((done) => {
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += chunk
      if (printed.includes(text)) done()
    })
  })
}

function untilDrained(): Promise<void> {
  return vi.waitFor(
    async () => expect(await query('SELECT FROM expand_contract.changes WHERE drain IS NOT NULL')).toHaveLength(1),
    { timeout: 15_000, interval: 20 },
  )
}

const phaseNow = async () => (await query('SELECT phase, trigger_mode AS mode FROM expand_contract.changes'))[0]

describe('next --wait', () => {
  it('takes the step once the process that it has named is gone, and says so', async () => {
    await register('read-new')
    const command = start('next', '--wait')
    await untilPrinted(command, 'billing 4f2a1c on web-3 (pid 812) is at "read-new"')
    await query('DELETE FROM expand_contract.processes')
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(stdout).toContain('✓ No longer, after')
    expect(await phaseNow()).toMatchObject({ mode: 'new' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with 130, with what it waited for and with no step taken',
    async (signal) => {
      const { pid } = await openTransaction()
      const before = await query('SELECT phase, epoch, trigger_mode FROM expand_contract.changes')
      const command = start('next', '--wait', '--json')
      await untilDrained()
      command.child.kill(signal)
      const { code, stdout } = await command.ended
      expect(code).toBe(130)
      expect(JSON.parse(stdout)).toMatchObject({
        command: 'next',
        phase: 'new-only',
        next: { kind: 'arm' },
        blockedBy: [{ reason: expect.stringContaining(`transaction of pid ${pid} ("nightly report"`) }],
      })
      expect(await query('SELECT phase, epoch, trigger_mode FROM expand_contract.changes')).toEqual(before)
    },
  )

  it('--terminate ends the session that is waited for, takes the step, and keeps it in the history', async () => {
    const { client, pid } = await openTransaction()
    const { code, stdout } = await start('next', '--wait', '--terminate', '--yes').ended
    expect(code).toBe(0)
    expect(stdout).toContain(`Ended the session of pid ${pid} (nightly report).`)
    await expect(client.query('COMMIT')).rejects.toThrow()
    expect(await phaseNow()).toMatchObject({ mode: 'new' })
    expect(
      await query(
        `SELECT evidence->'terminated' AS sessions FROM expand_contract.transitions WHERE evidence ? 'terminated'`,
      ),
    ).toEqual([{ sessions: [expect.objectContaining({ pid, application: 'nightly report' })] }])
  })
})

describe('back --wait', () => {
  beforeEach(async () => {
    await start('back', '--yes', '--json').ended
    await register('new-only') // it has not followed the step yet
  })

  it('takes the second step back once processes have followed the first', async () => {
    expect(await phaseNow()).toMatchObject({ phase: 'read-new' })
    const command = start('back', '--yes', '--wait')
    await untilPrinted(command, 'billing 4f2a1c on web-3 (pid 812) is at "new-only"')
    await query('DELETE FROM expand_contract.processes')
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(stdout).toContain('✓ No longer, after')
    expect(await phaseNow()).toMatchObject({ phase: 'read-switch' })
  })

  it('interrupted says what it has waited for', async () => {
    const command = start('back', '--yes', '--wait')
    await untilPrinted(command, 'is at "new-only"')
    command.child.kill('SIGINT')
    expect(await command.ended).toMatchObject({
      code: 130,
      stdout: expect.stringContaining('Interrupted; the step was not taken.'),
    })
    expect(await phaseNow()).toMatchObject({ phase: 'read-new' })
  })
})

describe('back, where there is nothing to do', () => {
  it('ends with 0 where nothing comes before, as next does where nothing comes after; with 2 after the drop', async () => {
    const abandoned = await startRenaming()
    const back = (url: string) =>
      startCommand(url, 'expand-contract.config.ts', 'back', '--yes', '--wait', '--json').ended
    const next = (url: string) => startCommand(url, 'expand-contract.config.ts', 'next', '--json').ended
    expect((await back(abandoned.database.url)).code).toBe(0)
    const nothing = await back(abandoned.database.url)
    expect(nothing.code).toBe(0)
    expect(JSON.parse(nothing.stdout)).toMatchObject({ back: { kind: 'none' }, blockedBy: [] })
    expect((await next(abandoned.database.url)).code).toBe(0)

    await query(`UPDATE expand_contract.changes SET phase = 'contracted', retired_at = now(), dropped_at = now()`)
    expect((await next(renaming.database.url)).code).toBe(0)
    const dropped = await back(renaming.database.url)
    expect(dropped.code).toBe(2)
    expect(JSON.parse(dropped.stdout).blockedBy).toMatchObject([{ reason: expect.stringContaining('only a restore') }])
  })
})
