import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { problems, scratchFailure } from './problem.ts'
import type { Answer, Command, RunningServer } from './protocol.ts'

/** The starter's end of the channel to a supervisor (see `supervisor.ts`). */
export class Supervision {
  readonly #process: ChildProcess
  readonly #ended: Promise<void>
  readonly #waiting: ((answer: Answer) => void)[] = []
  #isEnding = false

  /** Starts a supervisor. */
  constructor() {
    // This file is TypeScript in a checkout and JavaScript in the package, and so is its neighbour.
    const extension = extname(fileURLToPath(import.meta.url))
    this.#process = fork(new URL(`./supervisor${extension}`, import.meta.url), [], {
      cwd: '/',
      detached: true,
      stdio: 'ignore',
      // Neither flags nor NODE_OPTIONS: a debugger or a loader of the starter is none of its business.
      execArgv: [],
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR },
    })
    this.#ended = new Promise((resolve) => this.#process.once('exit', () => resolve()))
    this.#process.on('message', (answer: Answer) => this.#settle(answer))
    this.#process.once('exit', () => this.#abandon())
    this.#process.on('error', () => this.#abandon())
    this.#letStarterExit()
  }

  /** Has a command done. Answers come in the order of the commands. */
  async send(command: Command): Promise<RunningServer> {
    const answer = await this.#ask(command)
    if ('failed' in answer) throw scratchFailure(answer.failed)
    return answer.server
  }

  /** Has the server stopped and its directory removed, and waits for both. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#process.ref()
    if (this.#process.connected) this.#process.disconnect()
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.#ended
  }

  #ask(command: Command): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#process.connected) return this.#abandon()
      this.#keepStarterAlive()
      this.#process.send(command)
    })
  }

  #settle(answer: Answer): void {
    this.#waiting.shift()?.(answer)
    if (this.#waiting.length === 0) this.#letStarterExit()
  }

  #abandon(): void {
    const failed = this.#isEnding ? problems.stopped() : problems.supervisorEnded()
    for (const resolve of this.#waiting.splice(0)) resolve({ failed })
  }

  /** A program that forgets to stop its server still ends when it has nothing left to do. */
  #letStarterExit(): void {
    this.#process.unref()
    this.#process.channel?.unref()
  }

  #keepStarterAlive(): void {
    this.#process.ref()
    this.#process.channel?.ref()
  }
}
