import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export const isRoot = process.getuid?.() === 0

const temporaries: string[] = []
afterAll(() => {
  for (const path of temporaries) rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})

/** A directory that every account can use, removed at the end of the test file. */
export function makeTemporary(): string {
  // Root's own TMPDIR may lie where no other account can go.
  const temporary = mkdtempSync(join(realpathSync(isRoot ? '/tmp' : tmpdir()), 'ec-test-'))
  chmodSync(temporary, 0o777)
  temporaries.push(temporary)
  return temporary
}
