import { failure } from '../errors/index.ts'
import { settlesWithin } from './settles-within.ts'

/** What is begun by `start` and ended by `stop`. */
export interface Service {
  /** @param interrupted aborts where `stop` was called meanwhile; what has not begun by then must not begin any more. */
  begin(interrupted: AbortSignal): Promise<void>
  /** Ends what has begun, also where that is not all of it. */
  end(): Promise<void>
}

/** From a `start` to its `stop`. */
interface Run {
  readonly started: Promise<void>
  readonly interruption: AbortController
}

/**
 * Where a service is between `start` and `stop`, whatever the order in which they are called. One run follows the other:
 * never do two of them begin or end things at the same time.
 *
 * | while it is | `start`                       | `stop`                                                  |
 * | ----------- | ----------------------------- | ------------------------------------------------------- |
 * | stopped     | begins a run                  | has nothing to do                                       |
 * | starting    | joins it                      | interrupts it, so that it rejects, and ends what it has begun |
 * | started     | has nothing to do             | ends the run                                            |
 * | stopping    | begins a run once that is over | joins it                                                |
 *
 * A start that fails ends what it has begun by itself: until that is done the service is stopping.
 */
export class Lifecycle {
  readonly #service: Service
  readonly #limitMs: number
  /** Undefined while stopped or stopping. */
  #run: Run | undefined
  /** When the run before is over. */
  #over: Promise<void> = Promise.resolve()

  /** @param limitMs for how long `stop` waits for a start that it has interrupted. */
  constructor(service: Service, limitMs: number) {
    this.#service = service
    this.#limitMs = limitMs
  }

  /** @throws ExpandContractError (rejects) EC_NOT_STARTED where `stop` came meanwhile; what `begin` throws. */
  start(): Promise<void> {
    if (this.#run === undefined) {
      const interruption = new AbortController()
      this.#run = { interruption, started: this.#begin(interruption.signal) }
    }
    return this.#run.started
  }

  /** @throws what `end` throws (rejects); it is stopped all the same. */
  stop(): Promise<void> {
    if (this.#run !== undefined) {
      this.#over = this.#end(this.#run)
      this.#run = undefined
    }
    return this.#over
  }

  async #begin(interrupted: AbortSignal): Promise<void> {
    await this.#over.catch(() => undefined)
    interrupted.throwIfAborted()
    try {
      await this.#service.begin(interrupted)
    } catch (error) {
      interrupted.throwIfAborted()
      this.#run = undefined
      this.#over = this.#service.end().catch(() => undefined) // the first failure is the one to tell
      await this.#over
      throw error
    }
    interrupted.throwIfAborted()
  }

  async #end({ started, interruption }: Run): Promise<void> {
    interruption.abort(failure('EC_NOT_STARTED', {}))
    await settlesWithin(started, this.#limitMs)
    await this.#service.end()
  }
}
