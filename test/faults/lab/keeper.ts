import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { KeeperOrder } from '../processes/keeper.ts'

/** The lab's end of the process that clears up after it, however it ends (`processes/keeper.ts`). */
export class Keeper {
  readonly #process: ChildProcess

  constructor() {
    this.#process = fork(fileURLToPath(new URL('../processes/keeper.ts', import.meta.url)), [], {
      cwd: '/',
      // Ctrl-C in the terminal is the lab's business, and the keeper has to outlive it.
      detached: true,
      stdio: 'ignore',
      execArgv: [],
    })
    this.#process.on('error', () => undefined)
    this.#process.unref()
    this.#process.channel?.unref()
  }

  /** A process to be killed with the lab. */
  keep(child: ChildProcess): void {
    const { pid } = child
    if (pid === undefined) return
    this.#send({ keep: 'process', pid })
    child.once('exit', () => this.#send({ forget: 'process', pid }))
  }

  /** A folder to be removed with the lab. */
  keepFolder(path: string): void {
    this.#send({ keep: 'folder', path })
  }

  /** Ends everything now. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.ref()
    if (!this.#process.connected) return
    this.#process.disconnect()
    await ended
  }

  #send(order: KeeperOrder): void {
    if (this.#process.connected) this.#process.send(order, () => undefined)
  }
}
