import { transformOf } from '../../change/recorded.ts'
import { type ColumnParts, columnParts } from '../../drizzle/column-parts.ts'
import type { Kit } from '../../drizzle/kit.ts'
import { type Snapshot, tableKey, withTable } from '../../drizzle/snapshot.ts'
import { dropColumns } from '../drop-columns.ts'
import { gateCheck } from '../gate-check.ts'
import type { GeneratedChange } from '../generated-changes.ts'
import { forCount, quotedList } from '../in-words.ts'
import type { Statement } from '../sql-file.ts'
import { recordedStepFile } from '../step-file.ts'
import { syncRemoval } from '../sync-removal.ts'

/**
 * Removes everything that the expand step added, and gives the old columns their defaults back.
 *
 * @param declared the schema without the new columns.
 */
export async function abandonFile(kit: Kit, { id, declaration }: GeneratedChange, declared: Snapshot): Promise<string> {
  const table = { schema: declaration.schema, name: declaration.table }
  const { old, new: next, sync = 'trigger' } = declaration
  return recordedStepFile(
    { changeId: id, step: 'abandon' },
    declaration,
    `Gives the change up: ${quotedList(next)} ${forCount(next, 'leaves, with all that hangs on it', 'leave, with all that hangs on them')}, and ${quotedList(old)} ${forCount(old, 'is as it was', 'are as they were')} before.`,
    [
      [
        gateCheck(id, 'abandon'),
        ...syncRemoval({ id, sync }, { table, transform: transformOf(declaration) }),
        ...(sync === 'trigger' ? await oldDefaults(kit, declared, table, columnParts(declared, table, old)!) : []),
        {
          why: `Catalog only: no row is rewritten. Indexes and constraints of ${forCount(next, 'the column leave with it', 'the columns leave with them')}.`,
          sql: dropColumns(table, next),
        },
      ],
    ],
  )
}

async function oldDefaults(
  kit: Kit,
  declared: Snapshot,
  table: { readonly schema: string; readonly name: string },
  { columns: old }: ColumnParts,
): Promise<readonly Statement[]> {
  const bare = Object.fromEntries(old.map(({ default: _default, ...column }) => [column.name, column]))
  const without = withTable(declared, tableKey(table), ({ columns }) => ({ columns: { ...columns, ...bare } }))
  const statements = await kit.diff(without, declared)
  return statements.map((sql) => ({ why: 'The default goes back to the column. Catalog only.', sql }))
}
