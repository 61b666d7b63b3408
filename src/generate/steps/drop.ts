import { identifier, qualified } from '../../sql/identifier.ts'
import { retiredSides } from '../../sync/index.ts'
import { gateCheck } from '../gate-check.ts'
import type { ChangeContext } from '../new-column.ts'
import type { Statement } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'
import { syncRemoval } from '../sync-removal.ts'

/** Removes trigger, functions and retired column, and gives the new column its default. */
export async function dropFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const retired = identifier(retiredSides(sides).old.name)
  const hasTrigger = change.sync === 'trigger'
  return stepFile(
    'drop',
    change,
    sides,
    `Drops ${retired}, once ${identifier(sides.old.name)}${hasTrigger ? ', and the trigger' : ''}. Cannot be undone.`,
    [
      [
        gateCheck(change.id, 'drop'),
        ...(hasTrigger ? syncRemoval(change, sides) : []),
        {
          why: 'Catalog only: no row is rewritten. Indexes and constraints of the column leave with it.',
          sql: `ALTER TABLE ${qualified(sides.table)} DROP COLUMN ${retired}`,
        },
        ...(await newDefault(context)),
      ],
    ],
  )
}

async function newDefault({ change, next, sqlOf }: ChangeContext): Promise<readonly Statement[]> {
  const { name, default: value } = next.column
  if (value === undefined) return []
  return [
    {
      why:
        change.sync === 'trigger'
          ? 'Until now the default would have hidden from the trigger what a writer had left out. Catalog only.'
          : 'Until now an old release that left the column out would have seemed to write it. Catalog only.',
      sql: await sqlOf(({ columns }) => ({ columns: { ...columns, [name]: { ...columns[name]!, default: value } } })),
    },
  ]
}
