import { retiredName, syncNames, transformFunctionNames } from '../sync/index.ts'
import { type Guarded, mentionOf } from './mentions.ts'
import type { OrdinaryFile, StepFile } from './migration-file.ts'
import { tokensOf } from './sql-tokens.ts'
import { statementsOf } from './statement.ts'
import type { StepChange } from './step-change.ts'

/** A step that waits for its gate, and the change it belongs to. */
export interface WaitingStep {
  readonly file: StepFile
  readonly change: StepChange
}

/** Where a migration would get in the way of a step that waits. */
export interface Conflict {
  readonly name: string
  readonly waiting: WaitingStep
}

/** The first thing that a migration names and a waiting step still has to change; undefined where there is none. */
export function conflictOf({ migration }: OrdinaryFile, waiting: readonly WaitingStep[]): Conflict | undefined {
  const statements = migration.statements.flatMap(statementsOf)
  for (const step of waiting) {
    const guarded = guardedBy(step.change)
    for (const statement of statements) {
      const name = mentionOf(statement, guarded)
      if (name !== undefined) return { name, waiting: step }
    }
  }
  return undefined
}

function guardedBy({ id, table, oldColumns, newColumns, transform }: StepChange): Guarded {
  const { insertTrigger, updateTrigger, namedTrigger, defaultTrigger, ...names } = syncNames(id)
  const functions = [
    names.function,
    names.defaultFunction,
    names.quarantineFunction,
    ...transformFunctionNames(id, transform),
  ].map((name) => tokensOf(name).at(-1)!.value)
  return {
    table,
    columns: [...oldColumns, ...newColumns, ...oldColumns.map(retiredName)],
    objects: [insertTrigger, updateTrigger, namedTrigger, defaultTrigger, ...functions],
  }
}
