import type { AnyChange } from '../change/change.ts'
import { type RecordedDeclaration, recordedDeclaration } from '../change/recorded.ts'
import type { Sides } from '../change/sides.ts'
import { type Step, type StepHeader, stepHead, voidStepHead } from '../change/step.ts'
import { type Chunk, comment, sqlFile } from './sql-file.ts'

/**
 * The text of a step's file: the header that the runner reads, the names that the step was generated for (by which a
 * later `generate` knows the column that it removed), and two sentences for people.
 */
export function stepFile(step: Step, change: AnyChange, sides: Sides, what: string, chunks: readonly Chunk[]): string {
  return recordedStepFile({ changeId: change.id, step }, recordedDeclaration(change, sides), what, chunks)
}

/** The same for a change whose declaration has left the code. */
export function recordedStepFile(
  header: StepHeader,
  declaration: RecordedDeclaration,
  what: string,
  chunks: readonly Chunk[],
): string {
  return sqlFile(
    [
      ...stepHead(header, declaration),
      '--',
      comment(what),
      comment(whenItRuns[header.step]),
      ...(needsOwnTransactions(chunks)
        ? [comment('Cannot run inside a transaction: each part between two breakpoints commits by itself.')]
        : []),
    ],
    chunks,
  )
}

/** What is left of a step's file when its change is given up. */
export function voidStepFile(header: StepHeader, declaration: RecordedDeclaration, why: string): string {
  return `${[...voidStepHead(header, declaration), '--', comment(why)].join('\n')}\n`
}

const whenItRuns: Readonly<Record<Step, string>> = {
  expand: 'Runs at once, with the next `expand-contract migrate`. Releases that know the old column only keep working.',
  handover: 'Runs when all reads are on the new column; `expand-contract migrate` defers it until then.',
  retire: 'Runs when nobody uses the old column any more; `expand-contract migrate` defers it until then.',
  drop: 'Runs when the retired column has gone unused for the soak; `expand-contract migrate` defers it until then.',
  abandon:
    'Runs where old is all that is used and no process declares the change any more; `expand-contract migrate` defers it until then.',
}

function needsOwnTransactions(chunks: readonly Chunk[]): boolean {
  return chunks.some((chunk) => chunk.some(({ sql }) => / CONCURRENTLY /.test(sql)))
}
