import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { retiredPrefix } from '../change/step.ts'
import { boundedName, identifier, qualified } from '../sql/identifier.ts'
import { renameInDefaultFunction } from './default-trigger.ts'
import { createSyncFunction } from './sync-function.ts'
import { createVerdictFunctions } from './transform-functions.ts'

type Renamed = Pick<AnyChange, 'id' | 'sync'>

/** What an old column is called once it has been renamed out of the way. */
export function retiredName(oldName: string): string {
  return boundedName(retiredPrefix, oldName)
}

/** The sides of a change once its old columns have been renamed out of the way. */
export function retiredSides(sides: Sides): Sides {
  return { ...sides, old: sides.old.map((column) => ({ ...column, name: retiredName(column.name) })) }
}

/**
 * Statements that rename the old columns out of the way and let the triggers follow; to be run in one transaction.
 * ACCESS EXCLUSIVE on the table. With copy-back new is still copied into the retired columns, until the drop.
 */
export function retireStatements(change: Renamed, sides: Sides): readonly string[] {
  return renameOldStatements(change, sides, retiredSides(sides))
}

/** Statements that give the retired columns their names back. ACCESS EXCLUSIVE on the table. */
export function unretireStatements(change: Renamed, sides: Sides): readonly string[] {
  return renameOldStatements(change, retiredSides(sides), sides)
}

/**
 * The first statement takes the lock under which no other statement runs, so the functions, which know the columns by
 * their names, may be replaced. The conditions of the triggers follow the column by themselves.
 */
function renameOldStatements({ id, sync }: Renamed, from: Sides, to: Sides): readonly string[] {
  const renamed = from.old.map(({ name }, index) => [name, to.old[index]!.name] as const)
  const renames = renamed.map(
    ([before, after]) =>
      `ALTER TABLE ${qualified(from.table)} RENAME COLUMN ${identifier(before)} TO ${identifier(after)}`,
  )
  const verdicts = createVerdictFunctions(id, to)
  if (sync === 'none') return [...renames, ...verdicts]
  const inDefaults = renamed.map(([before, after]) => renameInDefaultFunction(id, before, after))
  return [...renames, ...verdicts, ...createSyncFunction(id, to), ...inDefaults]
}
