import type { ClientBase } from 'pg'
import { type RowTrigger, rowTriggers } from '../catalog/row-triggers.ts'
import type { TableName } from '../catalog/table-name.ts'
import type { AnyChange } from '../change/change.ts'
import type { TriggerFacts } from '../phase/facts.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { syncNames, syncSchema } from './names.ts'

/** A sync trigger as it is installed; whether somebody altered it shows in its version. */
export interface TriggerState extends Omit<TriggerFacts, 'alteredByHand'> {
  /** Changes with everything that is done to one of the triggers: disabling, enabling, replacing, dropping. */
  readonly version: string
}

/** What is installed of a change's sync trigger; undefined where one of its triggers, or the table, is missing. */
export async function triggerState(
  client: ClientBase,
  change: Pick<AnyChange, 'id'>,
  sides: { readonly table: TableName },
): Promise<TriggerState | undefined> {
  return judgeTriggers(change.id, await rowTriggers(client, sides.table))
}

/** @param triggers all BEFORE ROW triggers of the table, in firing order. */
export function judgeTriggers(changeId: string, triggers: readonly RowTrigger[]): TriggerState | undefined {
  const { insertTrigger, updateTrigger, defaultTrigger } = syncNames(changeId)
  const named = (name: string): RowTrigger | undefined => triggers.find((trigger) => trigger.name === name)
  const [insert, update, optionalDefault] = [insertTrigger, updateTrigger, defaultTrigger].map(named)
  if (insert === undefined || update === undefined) return undefined
  const ours = [insert, update, ...(optionalDefault === undefined ? [] : [optionalDefault])]
  return {
    version: ours.map(({ version }) => version).join(' '),
    mode: update.arguments[0] as TriggerMode,
    enabledAlways: ours.every(({ isEnabledAlways, columns }) => isEnabledAlways && columns.length === 0),
    // Triggers of other changes of the table touch other columns.
    laterTriggers: triggers
      .slice(triggers.findIndex((trigger) => ours.includes(trigger)))
      .filter(({ functionSchema }) => functionSchema !== syncSchema)
      .map(({ name }) => name),
  }
}
