import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InMemStorageProvider, Unleash, type UnleashConfig } from 'unleash-client'
import { test as base, describe, expect, type TestContext, vi } from 'vitest'
import type { FlagContext, FlagPort, FlagRequest, FlagStatus } from '../../../src/flags/port.ts'
import { unleashFlags } from '../../../src/flags/unleash.ts'
import { repositoryOf } from '../../../src/flags/unleash-watch.ts'
import {
  type Answer,
  dropsTheConnection,
  type Feature,
  features,
  hangs,
  off,
  on,
  rollout,
  ScriptedUnleash,
  status,
  text,
} from './scripted-unleash.ts'

const flag = 'user-full-name'

function ask(key = 'ada', context: FlagContext = {}, name = flag): FlagRequest {
  return { flag: name, changeId: name, key, context, readPercent: 0 }
}

function optionsFor(server: ScriptedUnleash, more: Partial<UnleashConfig> = {}): UnleashConfig {
  return { url: server.url, appName: 'billing', refreshInterval: 20, timeout: 1_000, disableMetrics: true, ...more }
}

/** Makes what a test needs and ends it with the test. */
class Lab {
  readonly #afterwards: TestContext['onTestFinished']

  constructor(afterwards: TestContext['onTestFinished']) {
    this.#afterwards = afterwards
  }

  async serverThat(answers: Answer): Promise<ScriptedUnleash> {
    const server = await ScriptedUnleash.start(answers)
    this.#afterwards(() => server[Symbol.asyncDispose]())
    return server
  }

  flags(source: Parameters<typeof unleashFlags>[0]): FlagPort {
    const flags = unleashFlags(source)
    this.#afterwards(() => flags.stop!())
    return flags
  }

  /** Started flags and what they have reported. */
  async started(source: Parameters<typeof unleashFlags>[0]) {
    const flags = this.flags(source)
    const reports: FlagStatus[] = []
    await flags.start!((report) => void reports.push(report))
    return { flags, reports, states: () => reports.map(({ state }) => state) }
  }

  /** A client of the application's own; with a file for its backup only where the test gives it a folder. */
  client(server: ScriptedUnleash, more: Partial<UnleashConfig> = {}): Unleash {
    const storage: Partial<UnleashConfig> =
      more.backupPath === undefined ? { storageProvider: new InMemStorageProvider() } : {}
    const client = new Unleash(optionsFor(server, { ...storage, ...more }))
    this.#afterwards(() => {
      client.destroy()
      repositoryOf(client).on('error', () => undefined)
    })
    return client
  }

  async emptyFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'unleash-backup-'))
    this.#afterwards(() => rm(folder, { recursive: true }))
    return folder
  }
}

const test = base.extend<{ lab: Lab }>({ lab: ({ onTestFinished }, use) => use(new Lab(onTestFinished)) })

async function until(flags: FlagPort, state: FlagStatus['state']): Promise<FlagStatus> {
  return vi.waitFor(
    () => {
      expect(flags.status!()).toMatchObject({ state })
      return flags.status!()
    },
    { timeout: 10_000, interval: 5 },
  )
}

describe.concurrent('Unleash', { timeout: 20_000 }, () => {
  describe('answers', () => {
    test('a flag that is on wishes new, one that is off wishes old', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag), off('other')))
      const { flags, states } = await lab.started(optionsFor(server))
      expect(flags.wish(ask())).toBe(true)
      expect(flags.wish(ask('ada', {}, 'other'))).toBe(false)
      expect(states()).toEqual(['ready'])
    })

    test('a flag that was switched is seen with the next poll', async ({ lab }) => {
      const server = await lab.serverThat(features(off(flag)))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask())).toBe(false)
      server.answersPolls(features(on(flag)))
      await vi.waitFor(() => expect(flags.wish(ask())).toBe(true))
    })

    test('every answered poll renews the time of the last success, and not since when it is ready', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const { flags } = await lab.started(optionsFor(server))
      const first = flags.status!()
      const later = await vi.waitFor(() => {
        const now = flags.status!()
        expect(now.lastSuccessAt!.getTime()).toBeGreaterThan(first.lastSuccessAt!.getTime())
        return now
      })
      expect(later).toEqual({ ...first, lastSuccessAt: later.lastSuccessAt })
    })

    test('a flag that the server does not define has no value, before and after it was there', async ({ lab }) => {
      const server = await lab.serverThat(features(on('other')))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask())).toBeUndefined()
      expect(flags.wish(ask('ada', {}, 'constructor')), 'a name that every object has').toBeUndefined()
      server.answersPolls(features(on(flag)))
      await vi.waitFor(() => expect(flags.wish(ask())).toBe(true))
      server.answersPolls(features(on('other')))
      await vi.waitFor(() => expect(flags.wish(ask())).toBeUndefined())
    })

    test('a flag whose definition is broken has no value, and the others keep theirs', async ({ lab }) => {
      const server = await lab.serverThat(features({ name: flag, enabled: true } as Feature, on('other')))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask())).toBeUndefined()
      expect(flags.wish(ask('ada', {}, 'other'))).toBe(true)
    })

    test.for(['default', 'userId', 'sessionId'])(
      'a rollout with stickiness "%s" sticks to the key of a unit of work that has neither userId nor sessionId',
      async (stickiness, { lab }) => {
        const server = await lab.serverThat(features(rollout(flag, 50, stickiness)))
        const { flags } = await lab.started(optionsFor(server))
        const keys = Array.from({ length: 100 }, (_, index) => `account-${index}`)
        const answers = keys.map((key) => flags.wish(ask(key, { accountId: key })))
        expect(new Set(answers)).toEqual(new Set([true, false]))
        for (let round = 0; round < 20; round += 1) {
          expect(keys.map((key) => flags.wish(ask(key, { accountId: key })))).toEqual(answers)
        }
      },
    )

    test('the userId 0 is a user like any other', async ({ lab }) => {
      const server = await lab.serverThat(features(rollout(flag, 100, 'userId'), rollout('half', 50, 'default')))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask('0', { userId: 0 }))).toBe(true)
      const answers = Array.from({ length: 40 }, () => flags.wish(ask('0', { userId: 0 }, 'half')))
      expect(new Set(answers).size).toBe(1)
    })

    test('a strategy for certain users sees the userId of the context, not the key', async ({ lab }) => {
      const strategies = [{ name: 'userWithId', parameters: { userIds: 'ada,7' }, constraints: [] }]
      const server = await lab.serverThat(features({ name: flag, enabled: true, strategies }))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask('account-1', { userId: 'ada', accountId: 'account-1' }))).toBe(true)
      expect(flags.wish(ask('7', { userId: 7 }))).toBe(true)
      expect(flags.wish(ask('ada', { userId: 'bob', accountId: 'ada' }))).toBe(false)
    })

    test('a constraint can be put on any entry of the context', async ({ lab }) => {
      const constraints = [
        { contextName: 'plan', operator: 'IN', values: ['beta'], inverted: false },
        { contextName: 'staff', operator: 'IN', values: ['true'], inverted: false },
      ]
      const strategies = [{ name: 'default', parameters: {}, constraints }] as unknown as NonNullable<
        Feature['strategies']
      >
      const server = await lab.serverThat(features({ name: flag, enabled: true, strategies }))
      const { flags } = await lab.started(optionsFor(server))
      expect(flags.wish(ask('ada', { plan: 'beta', staff: true }))).toBe(true)
      expect(flags.wish(ask('ada', { plan: 'beta', staff: false }))).toBe(false)
    })
  })

  describe('a server that fails', () => {
    test.for<[string, Answer, string]>([
      ['answers 503', status(503), 'the server answered 503'],
      ['answers 429', status(429), 'the server answered 429'],
      ['answers 404', status(404), 'the server answered 404'],
      ['answers 418', status(418), 'the server answered 418'],
      ['does not answer', hangs, 'the server did not answer in time'],
      ['drops the connection', dropsTheConnection, 'the server closed the connection (ECONNRESET)'],
      ['sends a page of HTML', text('<html>canary-4711</html>'), 'what the server answered could not be understood'],
      ['sends half a text', text('{"version":2,"features":[{"na'), 'what the server answered could not be understood'],
      ['sends another object', text('{"canary":4711}'), 'what the server answered could not be understood'],
      ['sends flags that are none', text('{"version":2,"features":[null]}'), 'the poll failed (TypeError)'],
    ])('that %s leaves the flags as they were, says why, and is asked again', async ([, failure, reason], { lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const { flags, states } = await lab.started(optionsFor(server))
      const good = flags.status!()
      server.answersPolls(failure)
      const bad = await until(flags, 'failing')
      expect(bad.reason).toBe(reason)
      expect(bad.lastSuccessAt!.getTime()).toBeGreaterThanOrEqual(good.lastSuccessAt!.getTime())
      expect(bad.since.getTime()).toBeGreaterThanOrEqual(bad.lastSuccessAt!.getTime())
      expect(flags.wish(ask())).toBe(true)
      server.answersPolls(features(off(flag)))
      const recovered = await until(flags, 'ready')
      expect(recovered.reason).toBeUndefined()
      expect(recovered.lastSuccessAt!.getTime()).toBeGreaterThanOrEqual(bad.since.getTime())
      await vi.waitFor(() => expect(flags.wish(ask())).toBe(false))
      expect(states()).toEqual(['ready', 'failing', 'ready'])
    })

    test.for([401, 403])('and answers %d is never asked again, which is reported once', async (code, { lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const { flags, reports } = await lab.started(optionsFor(server))
      server.answersPolls(status(code))
      const stopped = await until(flags, 'stopped')
      expect(stopped.reason).toBe(
        `the server answered ${code}: it does not accept the API token, and the client has given up asking. Give it a valid token and restart the process`,
      )
      expect(flags.wish(ask())).toBe(true)
      expect(reports.slice(1)).toEqual([stopped])
    })

    test('and refuses the token before the toolkit starts is reported at the start', async ({ lab }) => {
      const server = await lab.serverThat(status(401))
      const client = lab.client(server)
      client.on('error', () => undefined)
      const flags = lab.flags(client)
      await until(flags, 'stopped')
      const reports: FlagStatus[] = []
      await flags.start!((report) => void reports.push(report))
      expect(reports).toEqual([flags.status!()])
      await flags.stop!()
    })

    test('now and then is reported with every change and never changes an answer', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const { flags, states } = await lab.started(optionsFor(server))
      for (let round = 0; round < 3; round += 1) {
        server.answersPolls(text('nonsense'))
        await until(flags, 'failing')
        expect(flags.wish(ask())).toBe(true)
        server.answersPolls(features(on(flag)))
        await until(flags, 'ready')
        expect(flags.wish(ask())).toBe(true)
      }
      expect(states()).toEqual(['ready', 'failing', 'ready', 'failing', 'ready', 'failing', 'ready'])
    })

    test('only for usage reports is ready', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      server.answersMetrics(status(401))
      const { flags, states } = await lab.started(optionsFor(server, { disableMetrics: false, metricsInterval: 10 }))
      await vi.waitFor(() => {
        flags.wish(ask())
        expect(server.posts).toBeGreaterThanOrEqual(2) // the registration, and a report of usage
      })
      const polls = server.polls
      await vi.waitFor(() => expect(server.polls).toBeGreaterThan(polls + 2))
      expect(states()).toEqual(['ready'])
    })
  })

  describe('a start', () => {
    test('without a server succeeds after a second, with no wish', async ({ lab }) => {
      const flags = lab.flags({ url: 'http://127.0.0.1:1/api', appName: 'billing', timeout: 1_000 })
      const begun = performance.now()
      await flags.start!(() => undefined)
      expect(performance.now() - begun).toBeLessThan(3_000)
      expect(flags.wish(ask())).toBeUndefined()
      expect((await until(flags, 'failing')).reason).toBe('the server cannot be reached (ECONNREFUSED)')
      expect(flags.status!().lastSuccessAt).toBeUndefined()
    })

    test('before the server becomes ready with its first answer', async ({ lab }) => {
      const server = await lab.serverThat(status(503))
      const { flags, states } = await lab.started(optionsFor(server))
      await until(flags, 'failing')
      server.answersPolls(features(on(flag)))
      await until(flags, 'ready')
      expect(flags.wish(ask())).toBe(true)
      expect(states()).toEqual(['failing', 'ready'])
    })

    test('before the server asks the client nothing that it would warn about', async ({ lab }) => {
      const server = await lab.serverThat(hangs)
      const client = lab.client(server, { timeout: 5_000 })
      const warnings: unknown[] = []
      client.on('warn', (warning) => void warnings.push(warning))
      const { flags } = await lab.started(client)
      expect(flags.status!().state).toBe('starting')
      expect(flags.wish(ask())).toBeUndefined()
      expect(warnings).toEqual([])
      client.isEnabled(flag)
      expect(warnings, 'what the client says if it is asked').toHaveLength(1)
    })

    test('with bootstrap data answers from it and does not take it for an answer of the server', async ({ lab }) => {
      const server = await lab.serverThat(status(418))
      const bootstrap = { data: [on(flag)] }
      const { flags, states } = await lab.started(optionsFor(server, { bootstrap }))
      expect(flags.wish(ask())).toBe(true)
      await until(flags, 'failing')
      expect(flags.wish(ask())).toBe(true)
      expect(flags.status!().lastSuccessAt).toBeUndefined()
      expect(states()).toEqual(['failing'])
      server.answersPolls(features(off(flag)))
      await until(flags, 'ready')
      expect(flags.wish(ask())).toBe(false)
    })

    test('takes nothing from the backup file of another process and leaves none', async ({ lab }) => {
      const backupPath = await lab.emptyFolder()
      const server = await lab.serverThat(features(on(flag)))
      const ours = await lab.started(optionsFor(server, { backupPath }))
      expect(ours.flags.wish(ask())).toBe(true)
      expect(await readdir(backupPath)).toEqual([])

      const theirs = lab.client(server, { backupPath })
      await vi.waitFor(async () => expect(await readdir(backupPath)).toHaveLength(1))
      expect(theirs.isEnabled(flag)).toBe(true)
      server.answersPolls(status(418))
      const { flags } = await lab.started(optionsFor(server, { backupPath }))
      await until(flags, 'failing')
      expect(flags.wish(ask())).toBeUndefined()
    })

    test('after a stop makes a new client', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const { flags } = await lab.started(optionsFor(server))
      await flags.stop!()
      expect(flags.status!()).toMatchObject({ state: 'stopped', reason: 'the toolkit was stopped' })
      server.answersPolls(features(off(flag)))
      await flags.start!(() => undefined)
      expect(flags.wish(ask())).toBe(false)
    })
  })

  describe('a client of the application', () => {
    test('goes on as before when the toolkit stops, with the listeners it had', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server)
      const events = ['changed', 'unchanged', 'error', 'warn', 'removeListener', 'ready'] as const
      const repository = repositoryOf(client) as Unleash
      const listeners = () => events.map((event) => [client.listenerCount(event), repository.listenerCount(event)])
      const before = listeners()
      const flags = lab.flags(client)
      expect(listeners()).not.toEqual(before)
      expect(client.listenerCount('error'), 'or the client would no longer print its errors').toBe(1)
      await flags.start!(() => undefined)
      await flags.stop!()
      expect(listeners()).toEqual(before)
      server.answersPolls(features(off(flag)))
      await vi.waitFor(() => expect(client.isEnabled(flag)).toBe(false))
    })

    test('that has its flags already is ready at once', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server)
      await vi.waitFor(() => expect(client.isSynchronized()).toBe(true))
      const flags = lab.flags(client)
      expect(flags.status!().state).toBe('ready')
      expect(flags.wish(ask())).toBe(true)
      await flags.stop!()
    })

    test('has no value in the tick between its first answer and being ready', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server)
      const flags = lab.flags(client)
      const answers: unknown[] = []
      repositoryOf(client).on('changed', () => void answers.push(flags.wish(ask())))
      await flags.start!(() => undefined)
      expect(answers, 'in that tick the client itself would say that the flag is off').toEqual([undefined])
      expect(flags.wish(ask())).toBe(true)
    })

    test('that the application destroys is reported as stopped', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server)
      const { flags, states } = await lab.started(client)
      client.destroy()
      expect(flags.status!()).toMatchObject({ state: 'stopped', reason: 'the client was destroyed' })
      expect(flags.wish(ask()), 'its last flags stay').toBe(true)
      expect(states()).toEqual(['ready', 'stopped'])
    })

    test('with a timeout that its HTTP library cannot use is reported with the cause', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server, { timeout: 500 })
      client.on('error', () => undefined)
      const { flags } = await lab.started(client)
      expect((await until(flags, 'failing')).reason).toBe(
        'the client was made with a "timeout" below 1000 ms, with which unleash-client never asks',
      )
      expect(server.polls).toBe(0)
    })

    test('may be a wrapper that hides what is inside', async ({ lab }) => {
      const server = await lab.serverThat(features(on(flag)))
      const client = lab.client(server)
      const wrapper: Parameters<typeof unleashFlags>[0] = {
        isEnabled: client.isEnabled.bind(client) as Unleash['isEnabled'],
        getFeatureToggleDefinition: client.getFeatureToggleDefinition.bind(client),
        on: client.on.bind(client),
        off: client.off.bind(client),
      }
      const { flags, states } = await lab.started(wrapper)
      expect(flags.wish(ask())).toBe(true)
      server.answersPolls(status(418))
      await until(flags, 'failing')
      expect(states()).toEqual(['ready', 'failing'])
    })
  })

  test.for([
    ['the adapter ends it', 'adapter', 0],
    ['it destroys its client, which is why the adapter does more', 'client', 1],
  ] as const)('a process in the middle of a failing poll: %s', async ([, who, exitCode]) => {
    const program = fileURLToPath(new URL('./stop-during-poll.ts', import.meta.url))
    // With NODE_ENV=test the timers of unleash-client would keep the process for another interval.
    const env = { ...process.env, NODE_ENV: 'production' }
    const child = spawn(process.execPath, [program, who], { stdio: 'ignore', env })
    const [code] = await once(child, 'exit')
    expect(code).toBe(exitCode)
  })

  test('a report that throws harms neither the polling nor the process', async ({ lab }) => {
    const server = await lab.serverThat(features(on(flag)))
    const flags = lab.flags(optionsFor(server))
    await flags.start!(() => {
      throw new Error('a log that is full')
    })
    server.answersPolls(status(418))
    await until(flags, 'failing')
    server.answersPolls(features(off(flag)))
    await until(flags, 'ready')
  })
})

base.each([
  [{ url: 'unleash.example.com', appName: 'billing' }, 'unleashFlags, "url": is no URL.'],
  [{ url: 'https://unleash.example.com/api', appName: '' }, 'unleashFlags, "appName": is missing.'],
  [
    { url: 'https://unleash.example.com/api', appName: 'billing', timeout: 500 },
    'unleashFlags, "timeout": must be 1000 ms or more; with less, unleash-client never asks the server.',
  ],
  [
    { url: 'https://unleash.example.com/api', appName: 'billing', refreshInterval: 0 },
    'unleashFlags, "refreshInterval": must be above 0 ms; with 0, unleash-client never asks the server.',
  ],
])('options with which no poll could be made are refused: %j', (options, message) => {
  expect(() => unleashFlags(options)).toThrow(expect.objectContaining({ code: 'EC_OPTION_INVALID', message }))
})
