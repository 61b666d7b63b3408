import { identifier } from '../../sql/identifier.ts'
import { retiredSides, retireStatements } from '../../sync/index.ts'
import { filledCheck, gateCheck } from '../gate-check.ts'
import type { ChangeContext } from '../new-column.ts'
import { stepFile } from '../step-file.ts'

/** Renames the old column out of the way: whoever still names it fails visibly while its values can be brought back. */
export async function retireFile({ change, sides }: ChangeContext): Promise<string> {
  const [oldName, retired] = [identifier(sides.old.name), identifier(retiredSides(sides).old.name)]
  const [rename, ...followUp] = retireStatements(change, sides)
  const what = `Renames ${oldName} to ${retired}. Nothing is lost: the rename can be undone.`
  return stepFile('retire', change, sides, what, [
    [
      gateCheck(change.id, 'retire'),
      filledCheck(change.id, sides),
      { why: 'Rename and trigger together. Catalog only; ACCESS EXCLUSIVE, for an instant.', sql: rename! },
      ...followUp.map((sql) => ({ sql })),
    ],
  ])
}
