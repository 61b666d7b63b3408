import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Account } from './account.ts'
import { isReachable } from './permission.ts'
import { type Process, runningProcesses, signal, startOf } from './processes.ts'
import { poll } from './wait.ts'

/** All that a scratch server has on disk is in one directory of this prefix, so that leftovers can be found. */
const prefix = 'expand-contract-postgres-'

/** The process that will remove a directory, so that others can tell whether it still can. */
interface Owner {
  /** Process ids mean nothing on another machine, nor in another container that shares our temp directory. */
  readonly host: string
  readonly pid: number
  readonly startedAt: string | undefined
}

/** Makes the directory of a server that `account` (or, if undefined, this process) runs. */
export function createDirectory(account: Account | undefined): string {
  const directory = mkdtempSync(join(temporaryParent(account), prefix))
  const owner: Owner = { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) }
  writeFileSync(markerOf(directory), JSON.stringify(owner), { mode: 0o600 })
  mkdirSync(dataOf(directory), { mode: 0o700 })
  if (account !== undefined) {
    // The account passes through, and owns nothing but the data.
    chmodSync(directory, 0o711)
    chownSync(dataOf(directory), account.uid, account.gid)
  }
  return directory
}

export const dataOf = (directory: string): string => join(directory, 'data')
export const logOf = (directory: string): string => join(directory, 'server.log')
/** Shown in the titles of the server's processes (`postgres: <name>: checkpointer`), by which we find them again. */
export const clusterNameOf = (directory: string): string => basename(directory)
const markerOf = (directory: string): string => join(directory, 'owner.json')

/**
 * How a server is ended: each signal to its postmaster, then the time to wait before the next.
 * SIGINT is a fast shutdown, SIGQUIT an immediate one (https://www.postgresql.org/docs/18/server-shutdown.html).
 */
const shutdown: readonly { readonly name: NodeJS.Signals; readonly timeoutMs: number }[] = [
  { name: 'SIGINT', timeoutMs: 5_000 },
  { name: 'SIGQUIT', timeoutMs: 5_000 },
  { name: 'SIGKILL', timeoutMs: 1_000 },
]

/** Ends the server in this directory, if one runs, and removes the directory. */
export async function removeDirectory(directory: string): Promise<void> {
  for (const { name, timeoutMs } of shutdown) {
    const postmaster = serverProcesses(directory).find(({ command }) => isPostmaster(command, directory))
    if (postmaster === undefined) break
    signal(postmaster.pid, name)
    await poll(() => startOf(postmaster.pid) === undefined, { timeoutMs, intervalMs: 10 })
  }
  // A killed postmaster leaves processes that end by themselves only when they next look for it.
  for (const { pid } of serverProcesses(directory)) signal(pid, 'SIGKILL')
  await poll(() => serverProcesses(directory).length === 0, { timeoutMs: 5_000, intervalMs: 10 })
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

/** Removes what servers of this user left behind whose owner was killed. */
export async function removeLeftovers(account: Account | undefined): Promise<void> {
  const parent = temporaryParent(account)
  const leftovers = readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(parent, name))
    .filter((directory) => isLeftover(directory))
  await Promise.all(leftovers.map((directory) => removeDirectory(directory)))
}

/** The processes of the server in this directory: postmaster, backends and workers, `initdb`. */
export function serverProcesses(directory: string): Process[] {
  return runningProcesses().filter(
    ({ command }) =>
      isPostmaster(command, directory) ||
      command.startsWith(`postgres: ${clusterNameOf(directory)}: `) ||
      (/^\S*\/initdb /.test(command) && command.includes(dataOf(directory))),
  )
}

function isPostmaster(command: string, directory: string): boolean {
  return /^\S*\/postgres /.test(command) && command.includes(` -D ${dataOf(directory)}`)
}

/** A directory without a marker is one that another process is just making, unless it is old. */
const markerIsDueAfterMs = 60_000

function isLeftover(directory: string): boolean {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats === undefined || stats.uid !== process.getuid?.()) return false
  if (!existsSync(markerOf(directory))) return Date.now() - stats.mtimeMs > markerIsDueAfterMs
  const owner = JSON.parse(readFileSync(markerOf(directory), 'utf8')) as Owner
  return owner.host === hostname() && startOf(owner.pid) !== owner.startedAt
}

/** The first temp directory that the account can pass through: root's own may be closed to others. */
function temporaryParent(account: Account | undefined): string {
  const parents = [tmpdir(), '/tmp', '/var/tmp']
    .filter((parent) => existsSync(parent))
    .map((parent) => realpathSync(parent))
  return parents.find((parent) => account === undefined || isReachable(parent, account)) ?? tmpdir()
}
