import type { Migration } from '../drizzle/migration-folder.ts'
import { type Statement, statementsOf } from './statement.ts'
import { concurrentIndex, mustRunOutside, withoutConcurrently } from './statement-kinds.ts'

/** What is sent to the server at once: the text between two breakpoints, or one statement that needs to stand alone. */
export interface Unit {
  readonly text: string
  readonly statements: readonly Statement[]
  /** PostgreSQL refuses it inside a transaction. */
  readonly isOutside: boolean
}

/** The units of a migration, in order. A text that cannot run inside a transaction is taken apart into its statements. */
export function unitsOf({ statements }: Pick<Migration, 'statements'>): readonly Unit[] {
  return statements.flatMap((text): readonly Unit[] => {
    const parsed = statementsOf(text)
    if (parsed.length === 0) return []
    if (!parsed.some(mustRunOutside)) return [{ text, statements: parsed, isOutside: false }]
    return parsed.map((statement) => ({
      text: statement.text,
      statements: [statement],
      isOutside: mustRunOutside(statement),
    }))
  })
}

/** The same unit for a table that nobody uses yet: its indexes need not be built concurrently. */
export function insideTransaction(unit: Unit): Unit {
  const [statement] = unit.statements
  if (statement === undefined || concurrentIndex(statement) === undefined) return unit
  const text = withoutConcurrently(statement)
  return { text, statements: statementsOf(text), isOutside: false }
}

/** `each`: every unit commits by itself, so that a long one never runs under the lock of the one before. */
export type Grouping = 'each' | 'together'

/** Units that commit together; one that must run outside stands alone. Never none, so that something marks the end. */
export function groupsOf(units: readonly Unit[], grouping: Grouping): readonly (readonly Unit[])[] {
  const groups: Unit[][] = []
  for (const unit of units) {
    const last = groups.at(-1)
    if (last === undefined || grouping === 'each' || unit.isOutside || last[0]!.isOutside) groups.push([unit])
    else last.push(unit)
  }
  return groups.length === 0 ? [[]] : groups
}
