/**
 * Ends what the lab leaves behind, however the lab ends: also processes that were stopped (SIGSTOP) and notice nothing,
 * and the folder of the run. It lives as long as the lab does, and a moment longer.
 */
import { rmSync } from 'node:fs'
import { signal, startOf } from '../../../src/scratch/processes.ts'

export type KeeperOrder =
  | { readonly keep: 'process'; readonly pid: number }
  | { readonly forget: 'process'; readonly pid: number }
  | { readonly keep: 'folder'; readonly path: string }

/** With when they were started, since an id may be given out again. */
const processes = new Map<number, string | undefined>()
const folders: string[] = []

process.on('message', (order: KeeperOrder) => {
  if ('forget' in order) processes.delete(order.pid)
  else if (order.keep === 'process') processes.set(order.pid, startOf(order.pid))
  else folders.push(order.path)
})
process.on('disconnect', () => {
  for (const [pid, start] of processes) {
    if (start !== undefined && startOf(pid) === start) signal(pid, 'SIGKILL')
  }
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  process.exit()
})
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined)
