import type { AnyChange } from '../change/change.ts'
import { recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import { type Step, stepHead } from '../change/step.ts'
import { type Chunk, comment, sqlFile } from './sql-file.ts'

/**
 * The text of a step's file: the header that the runner reads, the names that the step was generated for (by which a
 * later `generate` knows the column that it removed), and two sentences for people.
 */
export function stepFile(step: Step, change: AnyChange, sides: Sides, what: string, chunks: readonly Chunk[]): string {
  return sqlFile(
    [
      ...stepHead({ changeId: change.id, step }, recordedDeclaration(change, sides)),
      '--',
      comment(what),
      comment(whenItRuns[step]),
      ...(needsOwnTransactions(chunks)
        ? [comment('Cannot run inside a transaction: each part between two breakpoints commits by itself.')]
        : []),
    ],
    chunks,
  )
}

const whenItRuns: Readonly<Record<Step, string>> = {
  expand: 'Runs at once, with the next `expand-contract migrate`. Releases that know the old column only keep working.',
  handover: 'Runs when all reads are on the new column; `expand-contract migrate` defers it until then.',
  retire: 'Runs when nobody uses the old column any more; `expand-contract migrate` defers it until then.',
  drop: 'Runs when the retired column has gone unused for the soak; `expand-contract migrate` defers it until then.',
}

function needsOwnTransactions(chunks: readonly Chunk[]): boolean {
  return chunks.some((chunk) => chunk.some(({ sql }) => / CONCURRENTLY /.test(sql)))
}
