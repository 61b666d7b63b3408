import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { basename } from 'node:path'

/** How a process appears in `status`. */
export interface ProcessOptions {
  /** The service: `billing`. Default: the name of the running script. */
  readonly name?: string | undefined
  /** The release that runs, best the commit. Default: `'unknown'`. */
  readonly release?: string | undefined
  /**
   * For functions and jobs that live for seconds: all of a release share one row in the registry, instead of each coming
   * and going. The row stays when one of them stops, until the lease of the last one has ended. Default: `false`.
   */
  readonly shortLived?: boolean | undefined
}

export interface ProcessIdentity {
  /** Told apart even where a process id is used again. */
  readonly instance: string
  readonly name: string
  readonly release: string
  readonly host: string
  readonly pid: number
  readonly isShared: boolean
}

/** What a process declares: those who share a row declare the same. */
interface Declared {
  readonly scope: string
  readonly tables: readonly string[]
  /** Change id → hash of its declaration. */
  readonly declarations: Readonly<Record<string, string>>
}

export function processIdentity(options: ProcessOptions = {}, declared: Declared): ProcessIdentity {
  const name = options.name ?? basename(process.argv[1] ?? 'node')
  const release = options.release ?? 'unknown'
  const isShared = options.shortLived ?? false
  return {
    instance: isShared ? sharedInstance({ name, release, ...declared }) : randomUUID(),
    name,
    release,
    host: hostname(),
    pid: process.pid,
    isShared,
  }
}

/** The same in every process of a release, on whatever host: a uuid of version 8, made of a hash. */
function sharedInstance({ scope, name, release, tables, declarations }: Declared & { name: string; release: string }) {
  const said = [scope, name, release, [...tables].sort(), Object.entries(declarations).sort()]
  const bytes = createHash('sha256').update(JSON.stringify(said)).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
