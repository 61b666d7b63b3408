import { identifier, qualified } from '../../sql/identifier.ts'
import type { ChangeContext } from '../new-column.ts'
import type { Chunk, Statement } from '../sql-file.ts'

/**
 * Takes from the old column what would refuse a row once nobody writes it any more: new rows leave it NULL, and in the
 * others it stays behind. A foreign key would keep rows that it refers to by a value that is no longer true, or delete
 * with them. The new column has constraints of its own by then.
 */
export function relaxOld({ change, sides, old }: ChangeContext): readonly Chunk[] {
  if (change.copyBack) return []
  const table = `ALTER TABLE ${qualified(sides.table)}`
  const constraints = [...Object.values(old.checkConstraints), ...Object.values(old.foreignKeys)]
  const statements: readonly Statement[] = [
    ...(old.column.notNull ? [{ sql: `${table} ALTER COLUMN ${identifier(sides.old.name)} DROP NOT NULL` }] : []),
    // Two changes may share a check, and each may be the first.
    ...constraints.map(({ name }) => ({ sql: `${table} DROP CONSTRAINT IF EXISTS ${identifier(name)}` })),
  ]
  const [first, ...rest] = statements
  if (first === undefined) return []
  const why =
    'Nobody writes the old column from new-only on, so it may not refuse rows. ACCESS EXCLUSIVE, for an instant.'
  return [[{ why, ...first }, ...rest]]
}
