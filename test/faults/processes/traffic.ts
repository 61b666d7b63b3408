import { setTimeout as sleep } from 'node:timers/promises'
import { clock } from '../../../examples/01-rename-column/demo/ledger.ts'
import { Random } from '../../support/random.ts'
import type { Intent, Ledger } from '../ledger/ledger.ts'
import { type IsolationLevel, isolationLevels, type RowStore, type Update } from '../subjects/row-store.ts'
import { Keys } from './keys.ts'
import type { Assignment } from './orders.ts'
import { outcomeOf } from './outcome.ts'

/** How many requests a process has under way at once. */
const lanes = 3

/** More writes than any process makes. */
const writesPerProcess = 1_000_000

/** How often each request is made, of a hundred. */
const mix = [
  ['find', 48],
  ['update', 28],
  ['upsert', 8],
  ['insert', 6],
  ['delete', 3],
  ['transact', 7],
] as const

type Request = (typeof mix)[number][0]

/** The requests of one process at a steady rate. An intention is in the ledger before it is sent, an answer before the next request. */
export class Traffic {
  readonly #store: RowStore
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #keys: Keys
  readonly #assignment: Assignment
  readonly #onError: (error: unknown) => void
  #lanes: readonly Promise<void>[] = []
  readonly #ordered = new Set<Promise<void>>()
  #going = false
  #writes = 0
  requests = 0
  /** Requests that have no answer yet, by name and number. */
  readonly underWay = new Map<number, Request>()

  /** @param onError gets what requests threw. */
  constructor(store: RowStore, ledger: Ledger, assignment: Assignment, onError: (error: unknown) => void) {
    this.#store = store
    this.#ledger = ledger
    this.#onError = onError
    this.#assignment = assignment
    this.#random = new Random(assignment.seed)
    this.#keys = new Keys(this.#random, assignment.rows, assignment.incarnation)
  }

  start(): void {
    this.#going = true
    this.#lanes = Array.from({ length: lanes }, () => this.#lane())
  }

  /** Resolves when every request under way has its answer. */
  async stop(): Promise<void> {
    this.#going = false
    await Promise.all([...this.#lanes, ...this.#ordered])
  }

  /** Transactions at once over the same few rows, each in an order of its own. */
  async contend(isolation: IsolationLevel, times: number, keys: number): Promise<void> {
    await this.#together(times, () => this.#transact(isolation, keys))
  }

  /** Units of work at once that read a row, think, and write it by what was decided for the read. */
  async amend(times: number, thinkMs: number): Promise<void> {
    await this.#together(times, () =>
      this.#write('update', this.#keys.popular(), (row) => this.#store.amend(row, thinkMs)),
    )
  }

  async #together(times: number, request: () => Promise<void>): Promise<void> {
    const requests = Promise.all(Array.from({ length: times }, request)).then(() => undefined)
    this.#ordered.add(requests)
    await requests
    this.#ordered.delete(requests)
  }

  async #lane(): Promise<void> {
    const everyMs = (lanes * 1_000) / this.#assignment.requestsPerSecond
    let due = performance.now() + this.#random.below(everyMs)
    while (this.#going) {
      await sleep(Math.max(0, due - performance.now()))
      if (!this.#going) break
      const number = this.requests
      const request = this.#chosen()
      this.underWay.set(number, request)
      await this.#request(request)
      this.underWay.delete(number)
      // Requests that a slow answer held up are not made up for.
      due = Math.max(due + everyMs, performance.now())
    }
  }

  #chosen(): Request {
    let left = this.#random.below(100)
    for (const [request, share] of mix) {
      left -= share
      if (left < 0) return request
    }
    return 'find'
  }

  #request(request: Request): Promise<void> {
    switch (request) {
      case 'find':
        return this.#assignment.reads ? this.#find(this.#keys.any()) : Promise.resolve()
      case 'update':
        return this.#write('update', this.#keys.any(), (row) => this.#store.update(row))
      case 'upsert': {
        const key = this.#random.percent(20) ? this.#keys.fresh() : this.#keys.popular()
        return this.#write('upsert', key, (row) => this.#store.upsert(row))
      }
      case 'insert':
        return this.#insert(this.#keys.fresh())
      case 'delete':
        return this.#write('delete', this.#keys.toDelete(), async ({ key }) => {
          await this.#store.delete(key)
          return null
        })
      case 'transact':
        return this.#transact(this.#random.pick(isolationLevels), 8)
    }
  }

  async #find(key: number): Promise<void> {
    this.requests += 1
    const sent = clock()
    try {
      const found = await this.#store.find(key)
      this.#ledger.append({ entry: 'read', key, found, sent, done: clock() })
    } catch (error) {
      this.#ledger.append({ entry: 'failed-read', ...outcomeOf(error), sent, done: clock() })
      this.#onError(error)
    }
  }

  async #insert(key: number): Promise<void> {
    await this.#write('insert', key, async (row) => {
      await this.#store.insert(row)
      this.#keys.wasInserted(key)
      return 0
    })
  }

  #write(operation: Intent['operation'], key: number, send: (row: Update) => Promise<number | null>): Promise<void> {
    return this.#send(operation, [key], async ([row]) => [await send(row!)])
  }

  #transact(isolation: IsolationLevel, among: number): Promise<void> {
    const first = this.#keys.popular(among)
    const second = (first % among) + 1
    const keys = this.#random.percent(50) ? [first, second] : [second, first]
    return this.#send('update', keys, (rows) => this.#store.transact(rows, isolation))
  }

  async #send(
    operation: Intent['operation'],
    keys: readonly number[],
    send: (rows: readonly Update[]) => Promise<readonly (number | null)[]>,
  ): Promise<void> {
    this.requests += 1
    const rows = keys.map((key) => ({ key, write: this.#newWrite() }))
    const sent = clock()
    const writes = rows.map(({ write }) => write)
    this.#ledger.append(...rows.map((row): Intent => ({ entry: 'intent', operation, ...row, sent })))
    const { outcome, versions } = await send(rows).then(
      (versions) => ({ outcome: { outcome: 'acknowledged' as const }, versions }),
      (error: unknown) => {
        this.#onError(error)
        return { outcome: outcomeOf(error), versions: [] }
      },
    )
    this.#ledger.append({ entry: 'answer', ...outcome, writes, versions, done: clock() })
  }

  #newWrite(): number {
    this.#writes += 1
    return this.#assignment.incarnation * writesPerProcess + this.#writes
  }
}
