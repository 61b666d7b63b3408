import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Account } from './account.ts'

/** What the mode of a file lets an account do. We run the server without supplementary groups, so none are looked at. */
export function grants(stats: Stats, account: Account, right: 'read' | 'execute'): boolean {
  const bit = { read: 4, execute: 1 }[right]
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0
  return ((stats.mode >> shift) & bit) !== 0
}

/** True where every directory from the root down to this one lets the account pass. */
export function isReachable(directory: string, account: Account): boolean {
  const parent = dirname(directory)
  return grants(statSync(directory), account, 'execute') && (parent === directory || isReachable(parent, account))
}
