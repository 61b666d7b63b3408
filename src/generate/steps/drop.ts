import { retiredSides } from '../../sync/index.ts'
import type { ChangeContext } from '../change-context.ts'
import { dropColumns } from '../drop-columns.ts'
import { gateCheck } from '../gate-check.ts'
import { forCount, quotedColumns } from '../in-words.ts'
import type { Statement } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'
import { syncRemoval } from '../sync-removal.ts'

/** Removes triggers, functions and retired columns, and gives the new columns their defaults. */
export async function dropFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const retired = retiredSides(sides).old
  const hasTrigger = change.sync === 'trigger'
  return stepFile(
    'drop',
    change,
    sides,
    `Drops ${quotedColumns(retired)}, once ${quotedColumns(sides.old)}${hasTrigger ? ', and the trigger' : ''}. Cannot be undone.`,
    [
      [
        gateCheck(change.id, 'drop'),
        ...syncRemoval(change, sides),
        {
          why: `Catalog only: no row is rewritten. Indexes and constraints of ${forCount(retired, 'the column leave with it', 'the columns leave with them')}.`,
          sql: dropColumns(
            sides.table,
            retired.map(({ name }) => name),
          ),
        },
        ...(await newDefaults(context)),
      ],
    ],
  )
}

async function newDefaults({ change, next, sqlOf }: ChangeContext): Promise<readonly Statement[]> {
  const statements: Statement[] = []
  for (const { name, default: value } of next.columns) {
    if (value === undefined) continue
    statements.push({
      why:
        change.sync === 'trigger'
          ? 'Until now the default would have hidden from the trigger what a writer had left out. Catalog only.'
          : 'Until now an old release that left the column out would have seemed to write it. Catalog only.',
      sql: await sqlOf(({ columns }) => ({ columns: { ...columns, [name]: { ...columns[name]!, default: value } } })),
    })
  }
  return statements
}
