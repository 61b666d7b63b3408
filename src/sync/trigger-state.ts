import type { ClientBase } from 'pg'
import { type RowTrigger, rowTriggers } from '../catalog/row-triggers.ts'
import type { TableName } from '../catalog/table-name.ts'
import type { AnyChange } from '../change/change.ts'
import type { TriggerFacts } from '../phase/facts.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { syncNames, syncSchema } from './names.ts'

/** What is installed of a change's sync trigger; undefined where one of its triggers, or the table, is missing. */
export async function triggerState(
  client: ClientBase,
  change: Pick<AnyChange, 'id'>,
  sides: { readonly table: TableName },
): Promise<TriggerFacts | undefined> {
  return judgeTriggers(change.id, await rowTriggers(client, sides.table))
}

/** @param triggers all BEFORE ROW triggers of the table, in firing order. */
export function judgeTriggers(changeId: string, triggers: readonly RowTrigger[]): TriggerFacts | undefined {
  const { insertTrigger, updateTrigger, defaultTrigger } = syncNames(changeId)
  const named = (name: string): RowTrigger | undefined => triggers.find((trigger) => trigger.name === name)
  const [insert, update, optionalDefault] = [insertTrigger, updateTrigger, defaultTrigger].map(named)
  if (insert === undefined || update === undefined) return undefined
  const ours = [insert, update, ...(optionalDefault === undefined ? [] : [optionalDefault])]
  return {
    mode: update.arguments[0] as TriggerMode,
    enabledAlways: ours.every(({ isEnabledAlways, columns }) => isEnabledAlways && columns.length === 0),
    // Triggers of other changes of the table touch other columns.
    laterTriggers: triggers
      .slice(triggers.findIndex((trigger) => ours.includes(trigger)))
      .filter(({ functionSchema }) => functionSchema !== syncSchema)
      .map(({ name }) => name),
  }
}
