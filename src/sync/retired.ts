import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { retiredPrefix } from '../change/step.ts'
import { boundedName, identifier, qualified } from '../sql/identifier.ts'
import { renameInDefaultFunction } from './default-trigger.ts'
import { createSyncFunction } from './sync-function.ts'

type Renamed = Pick<AnyChange, 'id' | 'sync'>

/** What an old column is called once it has been renamed out of the way. */
export function retiredName(oldName: string): string {
  return boundedName(retiredPrefix, oldName)
}

/** The sides of a change once its old column has been renamed out of the way. */
export function retiredSides(sides: Sides): Sides {
  return { ...sides, old: { ...sides.old, name: retiredName(sides.old.name) } }
}

/**
 * Statements that rename the old column out of the way and let its triggers follow; to be run in one transaction.
 * ACCESS EXCLUSIVE on the table. With copy-back new is still copied into the retired column, until the drop.
 */
export function retireStatements(change: Renamed, sides: Sides): readonly string[] {
  return renameOldStatements(change, sides, retiredSides(sides))
}

/** Statements that give the retired column its name back. ACCESS EXCLUSIVE on the table. */
export function unretireStatements(change: Renamed, sides: Sides): readonly string[] {
  return renameOldStatements(change, retiredSides(sides), sides)
}

/**
 * The first statement takes the lock under which no other statement runs, so the functions, which know the column by its
 * name, may be replaced. The conditions of the triggers follow the column by themselves.
 */
function renameOldStatements({ id, sync }: Renamed, from: Sides, to: Sides): readonly string[] {
  const rename = `ALTER TABLE ${qualified(from.table)} RENAME COLUMN ${identifier(from.old.name)} TO ${identifier(to.old.name)}`
  if (sync === 'none') return [rename]
  return [rename, ...createSyncFunction(id, to), renameInDefaultFunction(id, from.old.name, to.old.name)]
}
