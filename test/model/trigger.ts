import type { TriggerMode } from '../../src/phase/phase.ts'

/** What the sync trigger does with a row whose sides disagree. */
export type TriggerEffect = 'copy forward' | 'copy back' | 'refuse' | 'leave'

/** What the statement wrote. */
export type Written = 'old alone' | 'new alone' | 'both'

/**
 * The sync trigger as the model has it. `test/integration/sync/model-table.test.ts` runs every cell against the trigger
 * that is installed in a database.
 */
export const triggerTable: Readonly<Record<TriggerMode, Readonly<Record<Written, TriggerEffect>>>> = {
  old: { 'old alone': 'copy forward', 'new alone': 'refuse', both: 'copy forward' },
  both: { 'old alone': 'copy forward', 'new alone': 'copy back', both: 'copy back' },
  new: { 'old alone': 'refuse', 'new alone': 'copy back', both: 'copy back' },
  forward: { 'old alone': 'copy forward', 'new alone': 'leave', both: 'copy back' },
  fence: { 'old alone': 'refuse', 'new alone': 'leave', both: 'copy back' },
}
