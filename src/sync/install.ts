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
   * The default of an old column that is NOT NULL, as SQL: it moves from the column into a trigger. The caller drops it
   * from the column in the same transaction.
   */
  readonly oldDefault?: string | undefined
}

/**
 * Statements that put the sync trigger on the table of a change; to be run in one transaction with the new column.
 * SHARE ROW EXCLUSIVE on the table: waits for open writers, so that from its commit on no write passes by.
 */
export function installSync(
  change: Identified,
  sides: Sides,
  mode: TriggerMode,
  { oldDefault }: InstallOptions = {},
): readonly string[] {
  return [
    `CREATE SCHEMA IF NOT EXISTS ${identifier(syncSchema)}`,
    ...createSyncFunction(change.id, sides),
    ...(oldDefault === undefined ? [] : createDefaultTrigger(change.id, sides, oldDefault)),
    ...createSyncTriggers(change.id, sides, { mode, copyBack: true }),
  ]
}

/**
 * Statements that remove the triggers and functions of a change; to be run in one transaction with the removal of the
 * column. ACCESS EXCLUSIVE on the table.
 */
export function removeSync(change: Identified, sides: Pick<TriggerSides, 'table'>): readonly string[] {
  const names = syncNames(change.id)
  return [
    ...[names.insertTrigger, names.updateTrigger, names.namedTrigger, names.defaultTrigger].map(
      (trigger) => `DROP TRIGGER IF EXISTS ${identifier(trigger)} ON ${qualified(sides.table)}`,
    ),
    ...[names.function, names.defaultFunction].map((name) => `DROP FUNCTION IF EXISTS ${name}()`),
  ]
}
