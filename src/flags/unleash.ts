import { setTimeout as delay } from 'node:timers/promises'
import { type Context, InMemStorageProvider, Unleash, type UnleashConfig } from 'unleash-client'
import { failure } from '../errors/index.ts'
import { keyOf } from './key.ts'
import type { FlagPort, FlagReport, FlagRequest, FlagStatus } from './port.ts'
import { repositoryOf, type UnleashClient, UnleashWatch } from './unleash-watch.ts'

export type { UnleashClient } from './unleash-watch.ts'

/** How long `toolkit.start()` waits for the server's first answer before it goes on without, in milliseconds. */
const startPatience = 1_000

/** Below this `timeout` every poll of unleash-client fails before it is made: its retries begin at 1000 ms. */
const smallestTimeout = 1_000

/**
 * Read flags from Unleash.
 *
 * Given a client, the adapter uses it and leaves it alone: it starts, changes and destroys nothing. Given options, it
 * makes a client of its own, which it starts and stops with the toolkit and which keeps its flags in memory only; the
 * default of unleash-client, a file in the temporary directory, hands stale flags to the next process of the same
 * `appName`.
 *
 * A server that is down keeps no process from starting and no request waiting: until the first answer there is no wish
 * (old is read in read-switch), later the flags stay as they were last seen. `status()` tells how old that is. After 401
 * or 403 unleash-client never polls again; that state is `stopped` and is reported once.
 *
 * A flag that the server does not define has no value, which is not the same as off: the last known answer stays, so a
 * flag that is archived too early, renamed or filtered out moves nobody.
 *
 * Danger: a `customHeadersFunction` that rejects ends the process, since the usage reports of unleash-client do not catch
 * it. Let it resolve always, or set `disableMetrics`.
 *
 * @throws ExpandContractError EC_OPTION_INVALID for options with which no poll could be made.
 * @example
 * ```ts
 * const unleash = new Unleash({ url, appName: 'billing', customHeaders: { Authorization: token } })
 * const toolkit = createToolkit({ db, schema, changes, flags: unleashFlags(unleash), process: { name: 'billing', release } })
 * ```
 */
export function unleashFlags(source: UnleashClient | UnleashConfig): FlagPort {
  return new UnleashFlags('isEnabled' in source ? connectionTo(source) : newConnection(checked(source)))
}

/** A client, and what its owner does with it besides asking. */
interface Connection {
  readonly client: UnleashClient
  begin(): void
  close(): void
}

class UnleashFlags implements FlagPort {
  readonly name = 'unleash'
  readonly #connect: () => Connection
  #connection: Connection
  #watch: UnleashWatch
  #ended = false

  constructor(connect: () => Connection) {
    this.#connect = connect
    this.#connection = connect()
    // From the first poll on, not from start() on: a client that was refused in between is never heard of again.
    this.#watch = new UnleashWatch(this.#connection.client)
  }

  async start(report: FlagReport): Promise<void> {
    if (this.#ended) {
      this.#connection = this.#connect()
      this.#watch = new UnleashWatch(this.#connection.client)
      this.#ended = false
    }
    this.#watch.reportTo(report)
    this.#connection.begin()
    await Promise.race([this.#watch.firstOutcome, delay(startPatience, undefined, { ref: false })])
  }

  async stop(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#watch.end('the toolkit was stopped')
    this.#connection.close()
  }

  wish(request: FlagRequest): boolean | undefined {
    const { client } = this.#connection
    const definition = client.getFeatureToggleDefinition(request.flag)
    // Also before the client is ready, when it has no definitions and every question would cost a warning.
    if (!Array.isArray(definition?.strategies)) return undefined
    let hasValue = true
    const enabled = client.isEnabled(request.flag, contextOf(request), () => {
      hasValue = false
      return false
    })
    return hasValue ? enabled : undefined
  }

  status(): FlagStatus {
    return this.#watch.status
  }
}

/**
 * The context for Unleash. What a rollout sticks to is decided by the flag: `default` takes userId, then sessionId, then
 * dice; `userId` and `sessionId` are off for whoever has none. So where the unit of work has none, they are its key. As
 * text, since Unleash compares text and takes the number 0 for none.
 */
function contextOf({ key, context }: FlagRequest): Context {
  return {
    ...(context as Context),
    userId: keyOf(context, 'userId') ?? key,
    sessionId: keyOf(context, 'sessionId') ?? key,
  }
}

/** To a client that somebody else owns. */
function connectionTo(client: UnleashClient): () => Connection {
  return () => ({ client, begin: ignore, close: ignore })
}

/** To a client of our own. */
function newConnection(config: UnleashConfig): () => Connection {
  return () => {
    const storageProvider = config.storageProvider ?? new InMemStorageProvider()
    // Not startUnleash, which rejects while the server is down, and not initialize, which hands out one for all.
    const client = new Unleash({ ...config, storageProvider, disableAutoStart: true })
    client.on('error', ignore) // without a listener the client prints what the watch reports already
    return {
      client,
      begin: () => void client.start(),
      close() {
        client.destroy()
        // destroy() has taken all listeners away; an `error` of the poll under way would now end the process.
        repositoryOf(client).on('error', ignore)
      },
    }
  }
}

const ignore = (): void => undefined

function checked(config: UnleashConfig): UnleashConfig {
  const { url, appName, timeout, refreshInterval } = config
  if (typeof url !== 'string' || !URL.canParse(url)) throw invalid('url', 'is no URL')
  if (typeof appName !== 'string' || appName === '') throw invalid('appName', 'is missing')
  if (timeout !== undefined && !(timeout >= smallestTimeout)) {
    throw invalid('timeout', `must be ${smallestTimeout} ms or more; with less, unleash-client never asks the server`)
  }
  if (refreshInterval !== undefined && !(refreshInterval > 0)) {
    throw invalid('refreshInterval', 'must be above 0 ms; with 0, unleash-client never asks the server')
  }
  return config
}

function invalid(option: string, problem: string): Error {
  return failure('EC_OPTION_INVALID', { option: `unleashFlags, "${option}"`, problem: `${problem}.` })
}
