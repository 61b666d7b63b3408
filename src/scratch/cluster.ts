import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { dataOf, logOf } from './directory.ts'
import { findFreePort } from './port.ts'
import { ProblemError, problems } from './problem.ts'
import { runningProcesses, signal } from './processes.ts'
import type { RunningServer } from './protocol.ts'
import { removeDirectory } from './removal.ts'
import type { Setting } from './settings.ts'
import { poll } from './wait.ts'

/** A server loses the race for its port this often before that is given up as hopeless. */
const portAttempts = 10
/** After SIGKILL of the postmaster a start fails until its last child has noticed, up to 2.5 s as measured. */
const restartTimeoutMs = 10_000
const readyTimeoutMs = 60_000

/** A database cluster in a directory of its own, and the server that runs on it. */
export class Cluster {
  readonly #directory: string
  readonly #binaries: Binaries
  readonly #account: Account | undefined
  #server: RunningServer | undefined
  #postmaster: ChildProcess | undefined
  #initdb: ChildProcess | undefined
  #isRemoved = false

  constructor(directory: string, binaries: Binaries, account: Account | undefined) {
    this.#directory = directory
    this.#binaries = binaries
    this.#account = account
  }

  /**
   * Authentication is `trust`: the server listens on 127.0.0.1 alone, holds made-up data, and lives for one run. On a
   * machine shared with people who are not trusted, whoever can connect could act as the account that runs the server.
   */
  async initialise(settings: ReadonlyMap<string, Setting>): Promise<void> {
    const log = openSync(logOf(this.#directory), 'a', 0o600)
    // A group of its own, because it starts programs in turn that have to end with it.
    this.#initdb = this.#spawn(
      this.#binaries.initdb,
      [
        `--pgdata=${dataOf(this.#directory)}`,
        '--username=postgres',
        '--auth=trust',
        '--encoding=UTF8',
        // The same order of text on every machine, whatever its locales.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-sync',
        '--no-instructions',
      ],
      { stdio: ['ignore', log, log], detached: true },
    )
    closeSync(log)
    const reason = await endOf(this.#initdb)
    this.#initdb = undefined
    if (reason !== 'exit code 0') throw new ProblemError(problems.programFailed('initdb', this.#explain(reason)))
    const lines = [...settings].map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    appendFileSync(join(dataOf(this.#directory), 'postgresql.conf'), lines.join(''))
  }

  /** Starts the server on a free port, or, if it ran before, on the same port again. */
  async start(): Promise<RunningServer> {
    if (this.#server === undefined) return this.#startFirst()
    return this.#isRunning() ? this.#server : this.#startAgain(this.#server.port)
  }

  /** Kills the postmaster as a crash would. Its children end by themselves, as after a real crash. */
  async crash(): Promise<RunningServer> {
    if (this.#server === undefined || this.#postmaster === undefined) throw new ProblemError(problems.stopped())
    if (this.#isRunning()) {
      const ended = endOf(this.#postmaster)
      signal(this.#server.pid, 'SIGKILL')
      await ended
    }
    return this.#server
  }

  /** Ends whatever runs and removes the directory; nothing can be started afterwards. */
  async remove(): Promise<void> {
    this.#isRemoved = true
    if (this.#initdb?.pid !== undefined) await killGroup(this.#initdb.pid)
    await removeDirectory(this.#directory)
  }

  async #startFirst(): Promise<RunningServer> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#tryStart(await findFreePort())
      if (typeof outcome !== 'string') return outcome
      const hasLostPort = outcome.includes('could not create any TCP/IP sockets')
      if (attempt === portAttempts || !hasLostPort) throw new ProblemError(problems.programFailed('postgres', outcome))
    }
  }

  async #startAgain(port: number): Promise<RunningServer> {
    let reason = ''
    const server = await poll(
      async () => {
        const outcome = await this.#tryStart(port)
        if (typeof outcome !== 'string') return outcome
        reason = outcome
        return undefined
      },
      { timeoutMs: restartTimeoutMs, intervalMs: 50 },
    )
    if (server === undefined) throw new ProblemError(problems.programFailed('postgres', reason))
    return server
  }

  /** A server that accepts connections, or the reason why there is none. */
  async #tryStart(port: number): Promise<RunningServer | string> {
    const log = openSync(logOf(this.#directory), 'w', 0o600)
    const postmaster = this.#spawn(this.#binaries.postgres, ['-D', dataOf(this.#directory), '-p', String(port)], {
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    let end: string | undefined
    endOf(postmaster).then((reason) => {
      end = reason
    })
    const outcome = await poll(() => end ?? this.#isReady(postmaster), { timeoutMs: readyTimeoutMs, intervalMs: 10 })
    if (outcome !== true || postmaster.pid === undefined) return this.#explain(end ?? 'it was not ready in time')
    this.#postmaster = postmaster
    this.#server = { port, pid: postmaster.pid, directory: this.#directory }
    return this.#server
  }

  #isRunning(): boolean {
    return this.#postmaster !== undefined && this.#postmaster.exitCode === null && this.#postmaster.signalCode === null
  }

  /** The postmaster writes its id and its state into a file, the way that `pg_ctl` waits for it, too. */
  #isReady(postmaster: ChildProcess): boolean {
    try {
      const lines = readFileSync(join(dataOf(this.#directory), 'postmaster.pid'), 'utf8').split('\n')
      return lines[0] === String(postmaster.pid) && lines[7]?.trim() === 'ready'
    } catch {
      return false
    }
  }

  #spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    if (this.#isRemoved) throw new ProblemError(problems.stopped())
    return spawn(program, args, {
      ...options,
      ...(this.#account === undefined ? {} : { uid: this.#account.uid, gid: this.#account.gid }),
      cwd: dataOf(this.#directory),
      // Without TZ, initdb compares the machine's time zone with every one it knows, which takes 0.4 s.
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    })
  }

  /** How a program ended, with its last words from the log, which say why. */
  #explain(end: string): string {
    const log = readFileSync(logOf(this.#directory), 'utf8')
    const words = [...log.matchAll(/(?:LOG|FATAL|PANIC|error): +(.*)/g)].map(([, text]) => text)
    return [end, ...words.slice(-2)].join('; ')
  }
}

async function killGroup(leader: number): Promise<void> {
  signal(-leader, 'SIGKILL')
  const isGone = (): boolean => !runningProcesses().some(({ group }) => group === leader)
  await poll(isGone, { timeoutMs: 5_000, intervalMs: 10 })
}

/** Resolves, and never rejects, with how a child came to its end. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, name) => resolve(name === null ? `exit code ${code}` : `ended by ${name}`))
  })
}
