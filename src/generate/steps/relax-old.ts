import { identifier, qualified } from '../../sql/identifier.ts'
import type { ChangeContext } from '../change-context.ts'
import { forCount } from '../in-words.ts'
import type { Chunk, Statement } from '../sql-file.ts'

/**
 * Takes from the old columns what would refuse a row once nobody writes them any more: new rows leave them NULL, and in
 * the others they stay behind. A foreign key would keep rows that it refers to by a value that is no longer true, or delete
 * with them. The new columns have constraints of its own by then.
 */
export function relaxOld({ change, sides, old }: ChangeContext): readonly Chunk[] {
  if (change.copyBack) return []
  const table = `ALTER TABLE ${qualified(sides.table)}`
  const constraints = [...Object.values(old.checkConstraints), ...Object.values(old.foreignKeys)]
  const statements: readonly Statement[] = [
    ...old.columns
      .filter(({ notNull }) => notNull)
      .map(({ name }) => ({ sql: `${table} ALTER COLUMN ${identifier(name)} DROP NOT NULL` })),
    // Two changes may share a check, and each may be the first.
    ...constraints.map(({ name }) => ({ sql: `${table} DROP CONSTRAINT IF EXISTS ${identifier(name)}` })),
  ]
  const [first, ...rest] = statements
  if (first === undefined) return []
  const columns = forCount(
    old.columns,
    'the old column from new-only on, so it',
    'the old columns from new-only on, so they',
  )
  const why = `Nobody writes ${columns} may not refuse rows. ACCESS EXCLUSIVE, for an instant.`
  return [[{ why, ...first }, ...rest]]
}
