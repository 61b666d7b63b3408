import { isWithin } from './bucket.ts'
import type { FlagPort } from './port.ts'

/**
 * Read flags with nothing else to install: the percentage on the change's row, set with `expand-contract reads <change>
 * 25`, decides by the key of the unit of work.
 *
 * Processes learn of a new percentage with their next look at the phases.
 *
 * @example
 * ```ts
 * const toolkit = createToolkit({ db, schema, changes, flags: databaseFlags(), process: { name: 'billing', release } })
 * ```
 */
export function databaseFlags(): FlagPort {
  return {
    name: 'database',
    wish: ({ readPercent, changeId, key }) => isWithin(readPercent, changeId, key),
  }
}
