import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { basename } from 'node:path'

/** How a process appears in `status`. */
export interface ProcessOptions {
  /** The service: `billing`. Default: the name of the running script. */
  readonly name?: string | undefined
  /** The release that runs, best the commit. Default: `'unknown'`. */
  readonly release?: string | undefined
}

export interface ProcessIdentity {
  /** Told apart even where a process id is used again. */
  readonly instance: string
  readonly name: string
  readonly release: string
  readonly host: string
  readonly pid: number
}

export function processIdentity({ name, release }: ProcessOptions = {}): ProcessIdentity {
  return {
    instance: randomUUID(),
    name: name ?? basename(process.argv[1] ?? 'node'),
    release: release ?? 'unknown',
    host: hostname(),
    pid: process.pid,
  }
}
