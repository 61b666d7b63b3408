import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Account } from './account.ts'
import { isReachable } from './permission.ts'
import { startOf } from './processes.ts'

/** All that a scratch server has on disk is in one directory of this prefix, so that leftovers can be found. */
export const directoryPrefix = 'expand-contract-postgres-'

/** The process that will remove a directory, so that others can tell whether it still can. */
interface Owner {
  /** Process ids mean nothing on another machine, nor in another container that shares our temp directory. */
  readonly host: string
  readonly pid: number
  readonly startedAt: string | undefined
}

/** Makes the directory of a server that `account` (or, if undefined, this process) runs. */
export function createDirectory(account: Account | undefined): string {
  const directory = mkdtempSync(join(temporaryParent(account), directoryPrefix))
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

/** Undefined where there is no marker, or where it is just being written. */
export function readOwner(directory: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(markerOf(directory), 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** The first temp directory that the account can pass through: root's own may be closed to others. */
export function temporaryParent(account: Account | undefined): string {
  const parents = [tmpdir(), '/tmp', '/var/tmp']
    .filter((parent) => existsSync(parent))
    .map((parent) => realpathSync(parent))
  return parents.find((parent) => account === undefined || isReachable(parent, account)) ?? tmpdir()
}
