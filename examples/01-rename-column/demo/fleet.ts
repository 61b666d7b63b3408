import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ToolkitEvent } from 'drizzle-expand-contract'
import type { Order, Report } from './messages.ts'
import { until } from './until.ts'

/** The four processes, and what is special about each. */
const crew = {
  'old-release': { script: '../old-release/service.ts', environment: {} },
  'raw-writer': { script: '../raw-writer.ts', environment: {} },
  'service-1': { script: '../service.ts', environment: { POLL_MS: '300' } },
  'service-2': { script: '../service.ts', environment: { POLL_MS: '1000' } },
} as const

export type Writer = keyof typeof crew
export const writers = Object.keys(crew) as Writer[]

/** Of one process. Four of them leave about half of two cores to PostgreSQL, the backfill and the command line. */
const requestsPerSecond = 120

interface Member {
  readonly process: ChildProcess
  isServing: boolean
  isLeaving: boolean
  requests: number
  failed: number
  errors: string
}

export interface FleetOptions {
  readonly url: string
  readonly ledgers: string
  readonly rows: number
  /** Modules that a process of the new release loads first. */
  readonly preload: readonly string[]
  readonly onEvent: (writer: Writer, event: ToolkitEvent) => void
}

/** The processes under traffic, as the director sees them. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #members = new Map<Writer, Member>()
  readonly #events: { readonly writer: Writer; readonly event: ToolkitEvent }[] = []
  #flagPercent = 0

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Starts processes and waits until they serve. */
  async start(...names: readonly Writer[]): Promise<void> {
    for (const name of names) this.#members.set(name, this.#launch(name))
    await until(`${names.join(', ')} serving`, () => names.every((name) => this.#member(name).isServing))
    this.flag(this.#flagPercent)
  }

  /** Turns the read flag in all processes that have one. */
  flag(percent: number): void {
    this.#flagPercent = percent
    for (const name of this.live()) this.#order(name, { order: 'flag', percent })
  }

  /** Lets processes finish what they do and leave. */
  async stop(...names: readonly Writer[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const member = this.#member(name)
        member.isLeaving = true
        this.#order(name, { order: 'stop' })
        if (isAlive(member.process)) await once(member.process, 'exit')
      }),
    )
  }

  stopAll(): Promise<void> {
    return this.stop(...this.live())
  }

  /** Ends all processes at once, for when the demo itself is interrupted. */
  kill(): void {
    for (const { process } of this.#members.values()) process.kill('SIGKILL')
  }

  live(): readonly Writer[] {
    return writers.filter((name) => {
      const member = this.#members.get(name)
      return member !== undefined && isAlive(member.process)
    })
  }

  get requests(): number {
    return this.#sum(({ requests }) => requests)
  }

  get failed(): number {
    return this.#sum(({ failed }) => failed)
  }

  /** Waits until every live process has made so many more requests. */
  async traffic(requests: number): Promise<void> {
    const before = this.live().map((name) => [name, this.#member(name).requests] as const)
    await until(
      'traffic',
      () => {
        this.#requireAll()
        return before.every(([name, seen]) => this.#member(name).requests >= seen + requests)
      },
      { timeoutMs: 60_000 },
    )
  }

  /** What the toolkit told in the processes of the new release, since a number of events. */
  events(since = 0): readonly { readonly writer: Writer; readonly event: ToolkitEvent }[] {
    return this.#events.slice(since)
  }

  #launch(name: Writer): Member {
    const { script, environment } = crew[name]
    const { url, ledgers, rows, preload } = this.#options
    const assignment = {
      writer: name,
      ledgers,
      rows,
      number: writers.indexOf(name),
      writers: writers.length,
      requestsPerSecond,
    }
    const process_ = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(assignment)], {
      env: { ...process.env, DATABASE_URL: url, SERVICE_NAME: name, ...environment },
      execArgv: preload.flatMap((module) => ['--import', module]),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const member: Member = { process: process_, isServing: false, isLeaving: false, requests: 0, failed: 0, errors: '' }
    process_.stderr?.on('data', (text) => {
      member.errors += text
    })
    process_.on('message', (message: Report) => this.#hear(name, member, message))
    return member
  }

  #hear(writer: Writer, member: Member, message: Report): void {
    switch (message.report) {
      case 'serving':
        member.isServing = true
        break
      case 'traffic':
        member.requests = message.requests
        member.failed = message.failed
        break
      case 'event':
        this.#events.push({ writer, event: message.event })
        this.#options.onEvent(writer, message.event)
        break
    }
  }

  #order(name: Writer, order: Order): void {
    const { process } = this.#member(name)
    // A process that ends at this moment is noticed when it is waited for.
    if (process.connected) process.send(order, () => undefined)
  }

  #member(name: Writer): Member {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`${name} has not been started`)
    if (!isAlive(member.process) && !member.isLeaving) throw new Error(`${name} ended by itself: ${member.errors}`)
    return member
  }

  #requireAll(): void {
    for (const name of this.#members.keys()) this.#member(name)
  }

  #sum(count: (member: Member) => number): number {
    return [...this.#members.values()].reduce((sum, member) => sum + count(member), 0)
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
