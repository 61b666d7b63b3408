import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { until } from '../../../examples/01-rename-column/demo/until.ts'
import type { Random } from '../../support/random.ts'
import type { Assignment, Order, Report } from '../processes/orders.ts'
import type { Keeper } from './keeper.ts'
import type { Outputs } from './outputs.ts'

/** One place in the fleet: whoever holds it is replaced as soon as it dies. */
export interface Post {
  readonly name: string
  readonly kind: Assignment['kind']
  /** Default: 100. */
  readonly requestsPerSecond?: number
  /** False for writers that may not look at what they write. Default: true. */
  readonly reads?: boolean
  /** Where it connects; the address of the site unless it says otherwise. */
  readonly url?: string
}

export type CommonAssignment = Omit<
  Assignment,
  'name' | 'kind' | 'incarnation' | 'seed' | 'requestsPerSecond' | 'reads'
>

interface Member {
  readonly post: Post
  readonly child: ChildProcess
  readonly said: () => string
  isServing: boolean
  isStopped: boolean
  isLeaving: boolean
  wasKilled: boolean
  requests: number
}

/** How long a process may take to end what it began. */
const patienceMs = 20_000

const script = fileURLToPath(new URL('../processes/writer.ts', import.meta.url))

export interface FleetOptions {
  readonly common: CommonAssignment
  readonly environment: NodeJS.ProcessEnv
  readonly keeper: Keeper
  readonly outputs: Outputs
  readonly random: Random
}

/** The processes that write and read during a run. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #members = new Map<string, Member>()
  readonly #requestsOfTheDead = new Map<string, number>()
  #incarnations = 0
  #isClosed = false
  /** Processes that ended although nobody ended them, or did not when they were asked to, with what they said last. */
  readonly crashes: string[] = []

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Starts processes and waits until they serve. */
  async start(...posts: readonly Post[]): Promise<void> {
    for (const post of posts) this.#launch(post)
    await this.serving()
  }

  /** Waits until every post is held by a process that serves. */
  serving(): Promise<void> {
    return until('every process serving', () => this.#all().every(({ isServing }) => isServing))
  }

  /** Everybody, those included that have been stopped. */
  names(kind?: Assignment['kind']): readonly string[] {
    return this.#all()
      .filter(({ post }) => kind === undefined || post.kind === kind)
      .map(({ post }) => post.name)
  }

  /** Processes that run and have not been stopped. */
  targets(kind?: Assignment['kind']): readonly string[] {
    return this.#all()
      .filter(
        ({ post, isStopped, isLeaving }) => !isStopped && !isLeaving && (kind === undefined || post.kind === kind),
      )
      .map(({ post }) => post.name)
  }

  /** SIGKILL. Another process takes over at once. */
  async kill(name: string): Promise<void> {
    const member = this.#member(name)
    member.wasKilled = true
    member.child.kill('SIGKILL')
    await ended(member.child)
  }

  /** SIGSTOP now, and SIGCONT by the function that is returned. */
  freeze(name: string): () => void {
    const member = this.#member(name)
    member.isStopped = true
    member.child.kill('SIGSTOP')
    return () => {
      member.isStopped = false
      member.child.kill('SIGCONT')
    }
  }

  order(name: string, order: Order): void {
    const { child } = this.#member(name)
    // A process that ends at this moment is noticed when it is waited for.
    if (child.connected) child.send(order, () => undefined)
  }

  /** Waits until every process that is at work has made so many more requests. */
  async traffic(requests: number, timeoutMs = 30_000): Promise<void> {
    const before = this.#all()
      .filter(({ isStopped }) => !isStopped)
      .map(({ post }) => [post.name, this.#requestsOf(post.name)] as const)
    await until('traffic', () => before.every(([name, seen]) => this.#requestsOf(name) >= seen + requests), {
      timeoutMs,
    })
  }

  /** Every process of a kind ends what it began, and leaves for good. */
  async dismiss(kind: Assignment['kind']): Promise<void> {
    const leaving = this.#all().filter(({ post }) => post.kind === kind)
    await Promise.all(leaving.map((member) => this.#leave(member)))
    for (const { post } of leaving) this.#members.delete(post.name)
  }

  /** Everybody does. */
  async stop(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#all().map((member) => this.#leave(member)))
  }

  async #leave(member: Member): Promise<void> {
    member.isLeaving = true
    if (member.isStopped) member.child.kill('SIGCONT')
    this.order(member.post.name, { order: 'stop' })
    const patience = setTimeout(() => {
      this.crashes.push(`${member.post.name} did not leave: ${member.said().slice(-500)}`)
      member.child.kill('SIGKILL')
    }, patienceMs)
    await ended(member.child)
    clearTimeout(patience)
  }

  #launch(post: Post): void {
    if (this.#isClosed) return
    this.#incarnations += 1
    const { common, environment, keeper, outputs, random } = this.#options
    const assignment: Assignment = {
      ...common,
      ...(post.url === undefined ? {} : { url: post.url }),
      name: post.name,
      kind: post.kind,
      reads: post.reads ?? true,
      requestsPerSecond: post.requestsPerSecond ?? 100,
      incarnation: this.#incarnations,
      seed: random.below(2 ** 31),
    }
    const child = fork(script, [JSON.stringify(assignment)], {
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    keeper.keep(child)
    const member: Member = {
      post,
      child,
      said: outputs.listen(post.name, child.stdout, child.stderr),
      isServing: false,
      isStopped: false,
      isLeaving: false,
      wasKilled: false,
      requests: 0,
    }
    this.#members.set(post.name, member)
    child.on('message', (report: Report) => this.#hear(member, report))
    child.once('exit', () => this.#replace(member))
  }

  #hear(member: Member, report: Report): void {
    if (report.report === 'traffic') member.requests = report.requests
    else member.isServing = true
  }

  #replace(member: Member): void {
    const { name } = member.post
    this.#requestsOfTheDead.set(name, (this.#requestsOfTheDead.get(name) ?? 0) + member.requests)
    member.requests = 0
    if (member.isLeaving) return
    if (!member.wasKilled) this.crashes.push(`${name} ended by itself: ${member.said().slice(-500)}`)
    this.#launch(member.post)
  }

  #requestsOf(name: string): number {
    return (this.#requestsOfTheDead.get(name) ?? 0) + (this.#members.get(name)?.requests ?? 0)
  }

  #all(): readonly Member[] {
    return [...this.#members.values()]
  }

  #member(name: string): Member {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`there is no ${name}`)
    return member
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
