import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import type { Account } from '../../src/scratch/account.ts'
import { makeTemporary } from './temporary.ts'
import { eventually, expectNoTraces, processesOf, serverDirectories } from './traces.ts'

const ownCheckout = fileURLToPath(new URL('../..', import.meta.url))

const starters: Starter[] = []
afterAll(async () => {
  for (const starter of starters) starter.kill()
  for (const { temporary } of starters) await expectNoTraces(temporary)
})

const isStandaloneServer = /^\S+\/postgres --(boot|single) /

/** What a starter says about the server that it has started. */
interface Started {
  readonly url: string
  readonly pid: number
  readonly directory: string
}

export interface StarterOptions {
  /** Its temp directory, by which all that it leaves behind can be told from anything else. Default: a new one. */
  readonly temporary?: string
  /** Default: this checkout. */
  readonly checkout?: string
  /** The Node to run it, for accounts that cannot reach ours. */
  readonly node?: string
  /** The account that it runs as. Default: our own. */
  readonly account?: Account
  /** Default: our own. */
  readonly umask?: string
}

/** A process that starts a scratch server (`starter.ts`), in a process group of its own as a shell would give it. */
export class Starter {
  readonly temporary: string
  /** Resolves when the server accepts connections. */
  readonly started: Promise<Started>
  readonly #process: ChildProcess
  /** Settles when the starter has ended and all that it said has been read. */
  readonly #closed: Promise<unknown>
  #errors = ''

  constructor(options: StarterOptions = {}) {
    this.temporary = options.temporary ?? makeTemporary()
    const node = options.node ?? process.execPath
    const script = join(options.checkout ?? ownCheckout, 'test/support/starter.ts')
    const umask = options.umask === undefined ? '' : `umask ${options.umask};`
    this.#process = spawn('sh', ['-c', `${umask} exec "$0" "$@"`, node, script], {
      detached: true,
      cwd: this.temporary,
      env: { PATH: process.env.PATH, TMPDIR: this.temporary },
      ...(options.account === undefined ? {} : { uid: options.account.uid, gid: options.account.gid }),
    })
    this.#process.stderr?.on('data', (text) => {
      this.#errors += text
    })
    this.#closed = new Promise((resolve) => this.#process.once('close', resolve))
    this.started = this.#readFirstLine()
    // Tests that end the starter before it has started anything do not look at this promise.
    this.started.catch(() => {})
    starters.push(this)
  }

  /** Lets the starter end by itself: `stop`, `exit`, `throw` or `forget`. */
  tell(ending: string): void {
    this.#process.stdin?.end(`${ending}\n`)
  }

  /** Sends a signal to the starter alone. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#pid, name)
  }

  /** Sends a signal to the starter and its children, as Ctrl-C does. */
  signalGroup(name: NodeJS.Signals): void {
    process.kill(-this.#pid, name)
  }

  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL')
  }

  /** Resolves while `initdb` runs, with the id of the server without a postmaster that it works through. */
  initialising(): Promise<number> {
    return eventually(() => processesOf(this.temporary).find(({ command }) => isStandaloneServer.test(command))?.pid)
  }

  /** The id of the process that looks after the server. */
  async supervisor(): Promise<number> {
    const markers = (): string[] => serverDirectories(this.temporary).map((directory) => join(directory, 'owner.json'))
    const marker = await eventually(() => markers().find((path) => existsSync(path)))
    return (JSON.parse(readFileSync(marker, 'utf8')) as { pid: number }).pid
  }

  get #pid(): number {
    if (this.#process.pid === undefined) throw new Error(`The starter did not start: ${this.#errors}`)
    return this.#process.pid
  }

  async #readFirstLine(): Promise<Started> {
    if (this.#process.stdout === null) throw new Error('The starter has no output.')
    for await (const line of createInterface(this.#process.stdout)) return JSON.parse(line) as Started
    await this.#closed
    throw new Error(`The starter did not start a server: ${this.#errors}`)
  }
}
