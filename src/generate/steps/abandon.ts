import { type ColumnParts, columnParts } from '../../drizzle/column-parts.ts'
import type { Kit } from '../../drizzle/kit.ts'
import { type Snapshot, tableKey, withTable } from '../../drizzle/snapshot.ts'
import { identifier, qualified } from '../../sql/identifier.ts'
import { gateCheck } from '../gate-check.ts'
import type { GeneratedChange } from '../generated-changes.ts'
import type { Statement } from '../sql-file.ts'
import { recordedStepFile } from '../step-file.ts'
import { syncRemoval } from '../sync-removal.ts'

/**
 * Removes everything that the expand step added, and gives the old column its default back.
 *
 * @param declared the schema without the new column.
 */
export async function abandonFile(kit: Kit, { id, declaration }: GeneratedChange, declared: Snapshot): Promise<string> {
  const table = { schema: declaration.schema, name: declaration.table }
  const [old, next] = [declaration.old[0]!, declaration.new[0]!]
  const hasTrigger = declaration.sync !== 'none'
  return recordedStepFile(
    { changeId: id, step: 'abandon' },
    declaration,
    `Gives the change up: ${identifier(next)} leaves, with all that hangs on it, and ${identifier(old)} is as it was before.`,
    [
      [
        gateCheck(id, 'abandon'),
        ...(hasTrigger ? syncRemoval({ id }, { table }) : []),
        ...(hasTrigger ? await oldDefault(kit, declared, table, columnParts(declared, table, old)!) : []),
        {
          why: 'Catalog only: no row is rewritten. Indexes and constraints of the column leave with it.',
          sql: `ALTER TABLE ${qualified(table)} DROP COLUMN ${identifier(next)}`,
        },
      ],
    ],
  )
}

async function oldDefault(
  kit: Kit,
  declared: Snapshot,
  table: { readonly schema: string; readonly name: string },
  { column }: ColumnParts,
): Promise<readonly Statement[]> {
  if (column.default === undefined) return []
  const { default: _default, ...bare } = column
  const without = withTable(declared, tableKey(table), ({ columns }) => ({
    columns: { ...columns, [column.name]: bare },
  }))
  const statements = await kit.diff(without, declared)
  return statements.map((sql) => ({ why: 'The default goes back to the column. Catalog only.', sql }))
}
