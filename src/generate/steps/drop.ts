import { identifier, qualified } from '../../sql/identifier.ts'
import { removeSync, retiredSides } from '../../sync/index.ts'
import { gateCheck } from '../gate-check.ts'
import type { ChangeContext } from '../new-column.ts'
import type { Statement } from '../sql-file.ts'
import { stepFile } from '../step-file.ts'

/** Removes trigger, functions and retired column, and gives the new column its default. */
export async function dropFile(context: ChangeContext): Promise<string> {
  const { change, sides } = context
  const retired = identifier(retiredSides(sides).old.name)
  const [first, ...rest] = removeSync(change, sides)
  return stepFile(
    'drop',
    change,
    sides,
    `Drops ${retired}, once ${identifier(sides.old.name)}, and the trigger. Cannot be undone.`,
    [
      [
        gateCheck(change.id, 'drop'),
        { why: 'Trigger and column leave together. ACCESS EXCLUSIVE, for an instant.', sql: first! },
        ...rest.map((sql) => ({ sql })),
        {
          why: 'Catalog only: no row is rewritten. Indexes and constraints of the column leave with it.',
          sql: `ALTER TABLE ${qualified(sides.table)} DROP COLUMN ${retired}`,
        },
        ...(await newDefault(context)),
      ],
    ],
  )
}

async function newDefault({ next, sqlOf }: ChangeContext): Promise<readonly Statement[]> {
  const { name, default: value } = next.column
  if (value === undefined) return []
  return [
    {
      why: 'Until now the default would have hidden from the trigger what a writer had left out. Catalog only.',
      sql: await sqlOf(({ columns }) => ({ columns: { ...columns, [name]: { ...columns[name]!, default: value } } })),
    },
  ]
}
