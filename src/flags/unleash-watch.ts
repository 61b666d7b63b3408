import { EventEmitter } from 'node:events'
import type { Unleash } from 'unleash-client'
import type { FlagReport, FlagState, FlagStatus } from './port.ts'
import { type PollProblem, problemOfError, problemOfWarning } from './unleash-problem.ts'

/** What the adapter needs of a client; an `Unleash` of another copy of the package, or a wrapper, serves as well. */
export type UnleashClient = Pick<Unleash, 'isEnabled' | 'getFeatureToggleDefinition' | 'on' | 'off'>

/** Where a client's polls can be seen. `connected`: the server has answered with flags. */
type PollSource = Pick<EventEmitter, 'on' | 'off'> & { readonly connected?: boolean }

/**
 * The repository inside the client, whose events are those of the polls alone: the client's own mix in those of its usage
 * metrics, which may fail while polls do not, and a listener for `error` there would silence what the client prints. It
 * is a private property; a client without one is listened to itself.
 */
export function repositoryOf(client: UnleashClient): PollSource {
  const { repository } = client as unknown as { repository?: unknown }
  return repository instanceof EventEmitter ? repository : client
}

/** Follows the polls of a client: how the service is doing, from what the client lets out. */
export class UnleashWatch {
  readonly #source: PollSource
  #status: FlagStatus
  #report: FlagReport | undefined
  readonly #outcome = Promise.withResolvers<void>()

  constructor(client: UnleashClient) {
    this.#source = repositoryOf(client)
    this.#status = { state: 'starting', since: new Date(), lastSuccessAt: undefined, reason: undefined }
    if (this.#source.connected === true) this.#enter('ready')
    for (const [event, listener] of this.#listeners) this.#source.on(event, listener)
  }

  /** Resolves with the first poll that was answered or failed. */
  get firstOutcome(): Promise<void> {
    return this.#outcome.promise
  }

  get status(): FlagStatus {
    return this.#status
  }

  /** Reports every change of state from now on, and the present one where it is a bad one. */
  reportTo(report: FlagReport): void {
    this.#report = report
    if (this.#status.state === 'failing' || this.#status.state === 'stopped') this.#tell()
  }

  /** Leaves the client as if it had never been watched. */
  end(reason: string): void {
    for (const [event, listener] of this.#listeners.toReversed()) this.#source.off(event, listener)
    this.#report = undefined
    this.#enter('stopped', reason)
  }

  readonly #onChanged = (): void => {
    // Bootstrap data comes as `changed` too (and as `synchronized`), and says nothing about the server.
    if (this.#source.connected !== false) this.#succeed()
  }
  readonly #onUnchanged = (): void => this.#succeed()
  readonly #onError = (error: unknown): void => this.#fail(problemOfError(error))
  readonly #onWarn = (warning: unknown): void => {
    const problem = problemOfWarning(warning)
    if (problem !== undefined) this.#fail(problem)
  }
  /** `destroy()` takes all listeners away and tells nobody. */
  readonly #onListenerRemoved = (_event: unknown, listener: unknown): void => {
    if (listener === this.#onChanged) this.#enter('stopped', 'the client was destroyed')
  }
  /** In the order of attaching; taken away in reverse, so that `removeListener` does not hear of our own doing. */
  readonly #listeners: readonly (readonly [string, (...args: unknown[]) => void])[] = [
    ['changed', this.#onChanged],
    ['unchanged', this.#onUnchanged],
    ['error', this.#onError],
    ['warn', this.#onWarn],
    ['removeListener', this.#onListenerRemoved],
  ]

  #succeed(): void {
    this.#status = { ...this.#status, lastSuccessAt: new Date() }
    this.#enter('ready')
  }

  #fail({ state, reason }: PollProblem): void {
    this.#enter(state, reason)
  }

  #enter(state: FlagState, reason?: string): void {
    const changes = state !== this.#status.state
    this.#status = { ...this.#status, state, reason, since: changes ? new Date() : this.#status.since }
    // In the next tick: the client has its first answer a tick before it is ready to use it.
    process.nextTick(this.#outcome.resolve)
    if (changes) this.#tell()
  }

  #tell(): void {
    try {
      this.#report?.(this.#status)
    } catch {
      // We are inside the client's poll: an exception here would end its polling, or the process.
    }
  }
}
