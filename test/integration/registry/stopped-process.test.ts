import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { drainBriefly } from '../../../src/advance/drain.ts'
import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import type { LiveProcess } from '../../../src/phase/live-process.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { advanceTo, type Renaming, startRenaming } from '../../support/renaming.ts'
import { runCommand } from './command-line.ts'

const script = fileURLToPath(new URL('project/service.ts', import.meta.url))

let renaming: Renaming
beforeEach(async () => {
  renaming = await startRenaming()
})

async function startService(leaseMs: number): Promise<ChildProcess> {
  const service = fork(script, [renaming.database.url, String(leaseMs)])
  onTestFinished(() => void service.kill('SIGKILL'))
  await once(service, 'message')
  return service
}

interface Status {
  readonly changes: readonly {
    readonly change: string
    readonly processes: readonly LiveProcess[]
    readonly blockedBy: readonly { readonly reason: string }[]
  }[]
}

async function status(): Promise<Status['changes'][number]> {
  const { document } = await runCommand<Status>(renaming.database.url, 'expand-contract.config.ts', 'status')
  return document.changes[0]!
}

const processes = async () => (await planNext(renaming.target)).facts.processes
const reaches = (phase: Phase) => expect.poll(async () => (await processes())[0]?.oldestPhase).toBe(phase)
const armed = async () => (await planNext(renaming.target)).facts.trigger?.mode === 'new'

async function takeStep(): Promise<void> {
  const plan = await drainBriefly(renaming.target, await planNext(renaming.target), planNext, undefined)
  await takeNext(renaming.target, plan)
}

it('a stopped process is named by status with what it blocks, and the step succeeds after it exits', async () => {
  const service = await startService(60_000)
  await advanceTo(renaming, 'read-new')
  await reaches('read-new')
  service.kill('SIGSTOP')
  await advanceTo(renaming, 'new-only')

  const { change, processes, blockedBy } = await status()
  expect(change).toBe('user-full-name')
  expect(processes).toMatchObject([
    { name: 'billing', release: '4f2a1c', host: hostname(), pid: service.pid, oldestPhase: 'read-new' },
  ])
  const reason = `billing 4f2a1c on ${hostname()} (pid ${service.pid}) is at "read-new"`
  expect(blockedBy.map((blocker) => blocker.reason)).toContainEqual(expect.stringContaining(reason))
  await expect(takeStep()).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' })

  service.kill('SIGTERM')
  service.kill('SIGCONT')
  await once(service, 'exit')
  await takeStep()
  expect(await armed()).toBe(true)
})

it('a killed process is silent, then ages out, and the step succeeds', async () => {
  const service = await startService(2_000)
  await advanceTo(renaming, 'read-new')
  await reaches('read-new')
  service.kill('SIGKILL')
  await advanceTo(renaming, 'new-only')
  await expect.poll(processes).toMatchObject([{ pid: service.pid, isSilent: true }])
  await expect.poll(processes, { timeout: 5_000 }).toEqual([])
  await takeStep()
  expect(await armed()).toBe(true)
})
