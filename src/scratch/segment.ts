import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Removes the shared memory that a killed server has left behind, once none of its processes runs any more.
 *
 * Every server holds a System V segment of 56 bytes to keep a second one off its data directory. The system keeps the
 * segment until the next boot, and gives its id to somebody else after that: so the creator has to be the same, too,
 * which only Linux tells.
 */
export function removeSegment(dataDirectory: string): void {
  // Lines of the file: https://www.postgresql.org/docs/18/storage-file-layout.html. A server that ended in order has
  // removed the file; one without a postmaster, as initdb runs it, has put a minus before its process id.
  const lines = readText(join(dataDirectory, 'postmaster.pid')).split('\n')
  const creator = lines[0]?.replace('-', '')
  const id = lines[6]?.trim().split(/\s+/)[1]
  if (creator === undefined || id === undefined) return
  const isLeft = readText('/proc/sysvipc/shm')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some((columns) => columns[1] === id && columns[4] === creator)
  if (isLeft) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
