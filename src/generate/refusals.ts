import type { ColumnParts } from '../drizzle/column-parts.ts'
import { type Snapshot, tableKey } from '../drizzle/snapshot.ts'
import { failure } from '../errors/index.ts'
import type { ChangeContext } from './new-column.ts'

/** Why no steps can be written for a change, and what to do about it; the first that holds is reported. */
const rules: readonly ((context: ChangeContext, previous: Snapshot) => Refusal | undefined)[] = [
  /** The steps add the column as the trigger needs it: without default, and NULL until it is filled. */
  ({ sides }, previous) =>
    previous.tables[tableKey(sides.table)]?.columns[sides.next.name] === undefined
      ? undefined
      : {
          problem: `its new column "${sides.next.name}" is in the migrations already, added by one that knows nothing of the change`,
          advice: `If that migration has been applied nowhere, remove its file, snapshot and journal entry and generate again. Otherwise take the column out of the schema, generate and migrate, then put column and declaration back together.`,
        },
  ({ sides, old, next }) => {
    const serial = [old, next].find(({ column }) => /serial$/.test(column.type))
    return (
      serial && {
        problem: `"${serial.column.name}" is a ${serial.column.type}: its values come from a sequence that belongs to the column and would be dropped with it`,
        advice: `Declare "${sides.next.name}" as an integer that your application sets, or keep the column's name.`,
      }
    )
  },
  ({ sides, old }) =>
    refused(Object.keys(old.views), (views) => ({
      problem: `view ${views} reads "${sides.old.name}", which the drop step could not remove from under it`,
      advice: `Take the view out of the schema first (or let it read other columns), and add it again, reading "${sides.next.name}", in a later migration.`,
    })),
  ({ sides, old, next }) =>
    Object.keys(next.policies).length > 0
      ? undefined
      : refused(Object.keys(old.policies), (policies) => ({
          problem: `policy ${policies} decides by "${sides.old.name}", and no policy by "${sides.next.name}" would take its place`,
          advice: `Add a policy of another name that says the same of "${sides.next.name}". It is created when the column is filled, and the other one is dropped with the old column.`,
        })),
  ({ sides, old, next }) => incoming(old, sides.old.name) ?? incoming(next, sides.next.name),
  ({ sides, old, next }) => computed(old, sides.old.name) ?? computed(next, sides.next.name),
]

interface Refusal {
  readonly problem: string
  readonly advice: string
}

/** @throws ExpandContractError EC_GENERATE naming the first object that stands in the way of the change. */
export function refuseUnlessExpandable(context: ChangeContext, previous: Snapshot): void {
  for (const rule of rules) {
    const refusal = rule(context, previous)
    if (refusal !== undefined) {
      const problem = `No migrations can be written for change "${context.change.id}": ${refusal.problem}.`
      throw failure('EC_GENERATE', { problem, advice: refusal.advice })
    }
  }
}

function incoming({ incomingForeignKeys }: ColumnParts, column: string): Refusal | undefined {
  return refused(incomingForeignKeys, (foreignKeys) => ({
    problem: `foreign key ${foreignKeys} refers to "${column}"`,
    advice:
      'Let the foreign key refer to another column (the primary key) first. One to the new column can be added after the drop.',
  }))
}

function computed({ generatedColumns }: ColumnParts, column: string): Refusal | undefined {
  return refused(generatedColumns, (columns) => ({
    problem: `generated column ${columns} is computed from "${column}"`,
    advice:
      'Take the generated column out of the schema until the change has ended; computing it again rewrites the table anyway.',
  }))
}

function refused(names: readonly string[], refusal: (names: string) => Refusal): Refusal | undefined {
  return names.length === 0 ? undefined : refusal(names.map((name) => `"${name}"`).join(', '))
}
