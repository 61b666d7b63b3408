import { setTimeout as sleep } from 'node:timers/promises'
import { sqlState } from './failure.ts'
import type { KeySpace } from './keys.ts'
import { clock, type Ledger, type LedgerEntry, type Operation } from './ledger.ts'
import type { UserStore } from './user-store.ts'

export interface TrafficOptions {
  /** Names the process in the values that it writes, which are all different. */
  readonly writer: string
  readonly store: UserStore
  readonly keys: KeySpace
  readonly ledger: Ledger
  readonly requestsPerSecond: number
}

/** How many requests a process has under way at once. */
const lanes = 4

/** How often each request is made, of a hundred. */
const mix: readonly (readonly [Request, number])[] = [
  ['find', 55],
  ['rename', 30],
  ['upsert', 8],
  ['insert', 4],
  ['delete', 3],
]

type Request = Exclude<Operation, 'seed'>
type Answer = Pick<LedgerEntry, 'value' | 'version'>

/** The requests of one process: at a steady rate, each written to the ledger. */
export class Traffic {
  readonly #options: TrafficOptions
  readonly #lanes: Promise<void>[]
  #stopping = false
  #values = 0
  requests = 0
  failed = 0

  /** Starts at once. */
  constructor(options: TrafficOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: lanes }, () => this.#lane())
  }

  /** Resolves when every request under way has its answer. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#lanes)
  }

  async #lane(): Promise<void> {
    const everyMs = (lanes * 1_000) / this.#options.requestsPerSecond
    let due = performance.now() + Math.random() * everyMs
    while (!this.#stopping) {
      await sleep(Math.max(0, due - performance.now()))
      await this.#request(chosen())
      // Requests that a slow answer held up are not made up for.
      due = Math.max(due + everyMs, performance.now())
    }
  }

  async #request(operation: Request): Promise<void> {
    const key = this.#keyFor(operation)
    if (key === undefined) return
    const written = operation === 'find' || operation === 'delete' ? {} : { value: this.#freshValue() }
    const sent = clock()
    const entry = await this.#send(operation, key, written.value ?? '').then(
      (answer) => ({ ...written, ...answer, outcome: 'acknowledged' as const }),
      (error: unknown) => ({ ...written, ...failure(error) }),
    )
    this.#options.ledger.append([{ operation, key, ...entry, sent, done: clock() }])
    this.requests += 1
    if (entry.outcome !== 'acknowledged') this.failed += 1
    else if (operation === 'insert') this.#options.keys.wasInserted(key)
  }

  #keyFor(operation: Request): number | undefined {
    const { keys } = this.#options
    switch (operation) {
      case 'insert':
        return keys.fresh()
      case 'upsert':
        return Math.random() < 0.2 ? keys.fresh() : keys.popular()
      case 'delete':
        return keys.toDelete()
      default:
        return keys.any()
    }
  }

  async #send(operation: Request, key: number, name: string): Promise<Answer> {
    const { store } = this.#options
    switch (operation) {
      case 'find': {
        const found = await store.find(key)
        return found === undefined ? {} : { value: found.name }
      }
      case 'insert':
        await store.insert(key, name)
        return { version: 0 }
      case 'rename': {
        const version = await store.rename(key, name)
        return version === undefined ? {} : { version }
      }
      case 'upsert':
        return { version: await store.upsert(key, name) }
      case 'delete':
        await store.delete(key)
        return {}
    }
  }

  #freshValue(): string {
    this.#values += 1
    return `${this.#options.writer} ${this.#values}`
  }
}

function failure(error: unknown): Pick<LedgerEntry, 'outcome' | 'code'> {
  const code = sqlState(error)
  return code === undefined ? { outcome: 'unknown' } : { outcome: 'failed', code }
}

function chosen(): Request {
  let left = Math.random() * 100
  for (const [operation, share] of mix) {
    left -= share
    if (left < 0) return operation
  }
  return 'find'
}
