import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, expect, inject, it } from 'vitest'
import { makeTemporary } from '../support/temporary.ts'
import { eventually, expectNoTraces } from '../support/traces.ts'

const demo = fileURLToPath(new URL('../../examples/01-rename-column/demo.ts', import.meta.url))

/** The demo as a process of its own, in a process group of its own as a shell would give it. */
class Demo {
  readonly temporary = makeTemporary()
  readonly #process: ChildProcess
  readonly ended: Promise<number | null>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(process.execPath, [demo, ...args], {
      detached: true,
      env: { ...process.env, TMPDIR: this.temporary, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stdout?.on('data', (text) => {
      this.stdout += text
    })
    this.#process.stderr?.on('data', (text) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => this.#process.once('close', resolve))
    demos.push(this)
  }

  /** Reaches the director and its processes, as Ctrl-C does. */
  signalGroup(name: NodeJS.Signals): void {
    process.kill(-this.#process.pid!, name)
  }

  /** Of a test that failed before the demo had ended. */
  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.signalGroup('SIGKILL')
  }

  get outcome(): Record<string, unknown> {
    return JSON.parse(this.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
  }
}

const demos: Demo[] = []
afterAll(async () => {
  for (const started of demos) started.kill()
  for (const { temporary } of demos) await expectNoTraces(temporary)
})

const values = /User \d|(old-release|raw-writer|service-\d) \d/

it('takes a rename through every stage and two rollbacks, with nothing lost, stale or failed', async () => {
  const whole = new Demo(['--json'])
  expect(await whole.ended, whole.stderr).toBe(0)
  expect(whole.outcome).toEqual({
    requests: expect.any(Number),
    failedRequests: 0,
    lostWrites: 0,
    staleReads: 0,
    unawareWriters: expect.arrayContaining(['old-release', 'raw-writer']),
    phases: [
      'planned',
      'expanded',
      'dual-write',
      'read-switch',
      'read-new',
      'read-switch',
      'read-new',
      'new-only',
      'read-new',
      'new-only',
      'contracted',
    ],
    ok: true,
  })
  expect(whole.outcome.requests).toBeGreaterThanOrEqual(20_000)
  for (const figure of [/Killed at (\d+) %/, /Resumed at (\d+) %/]) {
    const percent = Number(figure.exec(whole.stderr)?.[1])
    expect(percent).toBeGreaterThanOrEqual(20)
    expect(percent).toBeLessThanOrEqual(80)
  }
  for (const phase of ['planned', 'dual-write']) {
    expect(whole.stderr.replace(/\s+/g, ' ')).toContain(
      `asks to read new; phase "${phase}" permits old only. Reading old.`,
    )
  }
  const output = whole.stdout + whole.stderr
  expect(output).not.toMatch(values)
  expect(output).not.toContain('postgres://')
  expect(output).not.toContain('\x1b')
  await expectNoTraces(whole.temporary)
}, 180_000)

it.each([
  { name: 'notrigger', damage: ['lostWrites', 'staleReads'] },
  { name: 'nobackfill', damage: ['lostWrites', 'staleReads'] },
  { name: 'noclamp', damage: ['failedRequests', 'staleReads'] },
  { name: 'dropearly', damage: ['failedRequests'] },
])(
  'is caught by the checker when a guard is overridden: $name',
  async ({ name, damage }) => {
    const sabotaged = new Demo(['--json', '--rows=50000', `--sabotage=${name}`], { DATABASE_URL: inject('serverUrl') })
    expect(await sabotaged.ended, sabotaged.stderr).toBe(1)
    expect(sabotaged.outcome.ok).toBe(false)
    for (const count of damage) expect(sabotaged.outcome[count], `${count}\n${sabotaged.stderr}`).toBeGreaterThan(0)
    await expectNoTraces(sabotaged.temporary)
  },
  120_000,
)

it('leaves no process, no directory and no database when it is interrupted', async () => {
  const own = new Demo(['--rows=20000'])
  const borrowing = new Demo(['--rows=20000'], { DATABASE_URL: inject('serverUrl') })
  await eventually(() => (own.stdout.includes('$ npx expand-contract') ? true : undefined))
  await eventually(() => (borrowing.stdout.includes('$ npx expand-contract') ? true : undefined))
  own.signalGroup('SIGINT')
  borrowing.signalGroup('SIGINT')
  expect(await own.ended, own.stderr).toBe(130)
  expect(await borrowing.ended, borrowing.stderr).toBe(130)
  await expectNoTraces(own.temporary)
  await expectNoTraces(borrowing.temporary)
  expect(await demoDatabases()).toEqual([])
  expect(own.stdout).not.toContain('\x1b')
}, 60_000)

it.each([['--rows=some'], ['--sabotage=everything'], ['--jsn']])('refuses %s and starts nothing', async (argument) => {
  const refused = new Demo([argument])
  expect(await refused.ended).toBe(3)
  expect(refused.stderr).toContain('npm run demo -- [--json]')
  expect(refused.stdout).toBe('')
})

async function demoDatabases(): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: inject('serverUrl') })
  await client.connect()
  try {
    const { rows } = await client.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE 'rename\\_demo\\_%'`,
    )
    return rows.map(({ datname }) => datname)
  } finally {
    await client.end()
  }
}
