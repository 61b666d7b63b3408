import { readdirSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { directoryPrefix, readOwner, temporaryParent } from './directory.ts'
import { startOf } from './processes.ts'
import { removeDirectory } from './removal.ts'

/** A directory without a marker is one that another process is just making, unless it is old. */
const markerIsDueAfterMs = 60_000

/** Removes what servers of this user left behind whose owner was killed. */
export async function removeLeftovers(account: Account | undefined): Promise<void> {
  const parent = temporaryParent(account)
  const leftovers = readdirSync(parent)
    .filter((name) => name.startsWith(directoryPrefix))
    .map((name) => join(parent, name))
    .filter((directory) => isLeftover(directory))
  // What cannot be removed now is tried again by the next start.
  await Promise.allSettled(leftovers.map((directory) => removeDirectory(directory)))
}

function isLeftover(directory: string): boolean {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats === undefined || stats.uid !== process.getuid?.()) return false
  const owner = readOwner(directory)
  if (owner === undefined) return Date.now() - stats.mtimeMs > markerIsDueAfterMs
  return owner.host === hostname() && startOf(owner.pid) !== owner.startedAt
}
