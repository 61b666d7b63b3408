import { rm } from 'node:fs/promises'
import { clusterNameOf, dataOf } from './directory.ts'
import { type Process, runningProcesses, signal } from './processes.ts'
import { removeSegment } from './segment.ts'
import { poll } from './wait.ts'

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
    for (const { pid } of postmasters(directory)) signal(pid, name)
    await poll(() => postmasters(directory).length === 0, { timeoutMs, intervalMs: 10 })
  }
  // A killed postmaster leaves processes that end by themselves only when they next look for it.
  for (const { pid } of serverProcesses(directory)) signal(pid, 'SIGKILL')
  await poll(() => serverProcesses(directory).length === 0, { timeoutMs: 5_000, intervalMs: 10 })
  removeSegment(dataOf(directory))
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

/** The processes of the server in this directory: postmaster, backends and workers, `initdb`. */
function serverProcesses(directory: string): Process[] {
  return runningProcesses().filter(
    ({ command }) =>
      isPostmaster(command, directory) ||
      command.startsWith(`postgres: ${clusterNameOf(directory)}: `) ||
      (/^\S*\/initdb /.test(command) && command.includes(dataOf(directory))),
  )
}

/** The postmaster, and any child of it that has not given itself a title yet. */
function postmasters(directory: string): Process[] {
  return runningProcesses().filter(({ command }) => isPostmaster(command, directory))
}

function isPostmaster(command: string, directory: string): boolean {
  return /\/postgres -D /.test(command) && command.includes(` -D ${dataOf(directory)} `)
}
