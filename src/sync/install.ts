import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { identifier, qualified } from '../sql/identifier.ts'
import { createDefaultTrigger } from './default-trigger.ts'
import { syncNames, syncSchema } from './names.ts'
import { createSyncFunction } from './sync-function.ts'
import { createSyncTriggers, type TriggerSides } from './sync-triggers.ts'

type Identified = Pick<AnyChange, 'id'>

export interface InstallOptions {
  /**
   * The defaults of old columns that are NOT NULL, as SQL, by the name of the column: they move from the columns into a
   * trigger. The caller drops them from the columns in the same transaction.
   */
  readonly oldDefaults?: ReadonlyMap<string, string>
}

/**
 * Statements that put the sync trigger on the table of a change; to be run in one transaction with the new columns, after
 * the functions of the transform (`createTransformFunctions`). The trigger is lenient, as no phase is before expanded.
 * SHARE ROW EXCLUSIVE on the table: waits for open writers, so that from its commit on no write passes by.
 */
export function installSync(
  change: Identified,
  sides: Sides,
  mode: TriggerMode,
  { oldDefaults }: InstallOptions = {},
): readonly string[] {
  return [
    `CREATE SCHEMA IF NOT EXISTS ${identifier(syncSchema)}`,
    ...createSyncFunction(change.id, sides),
    ...(oldDefaults?.size ? createDefaultTrigger(change.id, sides, oldDefaults) : []),
    ...createSyncTriggers(change.id, sides, { mode, copyBack: true, lenient: true }),
  ]
}

/**
 * Statements that remove the triggers and their functions; to be run in one transaction with the removal of the columns,
 * before the functions of the transform are dropped (`dropTransformFunctions`). ACCESS EXCLUSIVE on the table.
 */
export function removeSync(change: Identified, sides: Pick<TriggerSides, 'table' | 'transform'>): readonly string[] {
  const names = syncNames(change.id)
  return [
    ...[names.insertTrigger, names.updateTrigger, names.namedTrigger, names.defaultTrigger].map(
      (trigger) => `DROP TRIGGER IF EXISTS ${identifier(trigger)} ON ${qualified(sides.table)}`,
    ),
    ...[names.function, names.defaultFunction].map((name) => `DROP FUNCTION IF EXISTS ${name}()`),
    ...(sides.transform.mayRaise ? [`DROP FUNCTION IF EXISTS ${names.quarantineFunction}`] : []),
  ]
}
