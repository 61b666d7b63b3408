import { retiredSides, retireStatements } from '../../sync/index.ts'
import type { ChangeContext } from '../change-context.ts'
import { filledCheck, gateCheck } from '../gate-check.ts'
import { quotedColumns } from '../in-words.ts'
import { stepFile } from '../step-file.ts'

/** Renames the old columns out of the way: whoever still names one fails visibly while its values can be brought back. */
export async function retireFile({ change, sides }: ChangeContext): Promise<string> {
  const [rename, ...followUp] = retireStatements(change, sides)
  const what = `Renames ${quotedColumns(sides.old)} to ${quotedColumns(retiredSides(sides).old)}. Nothing is lost: the rename can be undone.`
  return stepFile('retire', change, sides, what, [
    [
      gateCheck(change.id, 'retire'),
      filledCheck(change.id, sides),
      { why: 'Rename and trigger together. Catalog only; ACCESS EXCLUSIVE, for an instant.', sql: rename! },
      ...followUp.map((sql) => ({ sql })),
    ],
  ])
}
