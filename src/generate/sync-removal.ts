import { removeSync } from '../sync/index.ts'
import type { Statement } from './sql-file.ts'

/** The statements that take triggers and functions away, beside the one that takes the column. */
export function syncRemoval(...of: Parameters<typeof removeSync>): readonly Statement[] {
  const [first, ...rest] = removeSync(...of)
  return [
    { why: 'Trigger and column leave together. ACCESS EXCLUSIVE, for an instant.', sql: first! },
    ...rest.map((sql) => ({ sql })),
  ]
}
