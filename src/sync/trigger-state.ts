import type { ClientBase } from 'pg'
import { functionVersions } from '../catalog/function-versions.ts'
import { type RowTrigger, rowTriggers } from '../catalog/row-triggers.ts'
import type { TableName } from '../catalog/table-name.ts'
import type { AnyChange } from '../change/change.ts'
import type { SqlTransform } from '../change/sql-transform.ts'
import type { TriggerFacts } from '../phase/facts.ts'
import type { TriggerMode } from '../phase/phase.ts'
import { syncNames, syncSchema } from './names.ts'
import { comparesNames, isLenientBy, type SyncSetting } from './sync-triggers.ts'
import { transformFunctionNames } from './transform-functions.ts'

/** The sync triggers as they are installed; whether somebody altered one shows in their version. */
export interface TriggerState extends Omit<TriggerFacts, 'alteredByHand'> {
  /** The trigger that looks at the columns that a statement names is at work. */
  readonly comparesNames: boolean
  /** A value that the transform rejects may be written to old. */
  readonly lenient: boolean
  /**
   * Changes with everything that is done to one of the triggers (disabling, enabling, replacing, dropping) or of the
   * functions behind them, those of the transform and of the quarantine included.
   */
  readonly version: string
}

/**
 * True where a trigger or one of its functions has been altered, or dropped, since a version was recorded. Partitions come and go:
 * those that were not there, and those that are there no more, prove nothing.
 */
export function isAltered(recorded: string, current: string): boolean {
  const now = new Map(partsOf(current))
  return partsOf(recorded).some(([part, xmin]) => {
    const found = now.get(part)
    return found === undefined ? !part.startsWith('p') : found !== xmin
  })
}

function partsOf(version: string): readonly (readonly [part: string, xmin: string])[] {
  return version.split(' ').map((part) => {
    const [name = '', xmin = ''] = part.split(':')
    return [name, xmin]
  })
}

/** What is installed of a change's sync triggers; undefined where one that every mode needs, or the table, is missing. */
export async function triggerState(
  client: ClientBase,
  change: Pick<AnyChange, 'id'>,
  { table, transform }: { readonly table: TableName; readonly transform: SqlTransform },
): Promise<TriggerState | undefined> {
  const state = judgeTriggers(change.id, await rowTriggers(client, table))
  if (state === undefined) return undefined
  const called = await functionVersions(client, calledFunctions(change.id, transform))
  return { ...state, version: [state.version, ...called].join(' ') }
}

/** What the triggers and their function call, and with them the walks of the table. */
function calledFunctions(changeId: string, transform: SqlTransform): readonly string[] {
  const quarantine = transform.mayRaise ? [syncNames(changeId).quarantineFunction] : []
  return [...transformFunctionNames(changeId, transform), ...quarantine]
}

/** True where switching the triggers to a setting would leave them as they are. */
export function isSetTo(
  state: Pick<TriggerState, 'mode' | 'comparesNames' | 'lenient'>,
  setting: SyncSetting,
): boolean {
  return (
    state.mode === setting.mode &&
    state.comparesNames === comparesNames(setting) &&
    state.lenient === (setting.lenient ?? false)
  )
}

/** @param triggers all BEFORE ROW triggers of the table, in firing order. */
function judgeTriggers(changeId: string, triggers: readonly RowTrigger[]): TriggerState | undefined {
  const { insertTrigger, updateTrigger, namedTrigger, defaultTrigger } = syncNames(changeId)
  const named = (name: string): RowTrigger | undefined => triggers.find((trigger) => trigger.name === name)
  const [insert, update] = [named(insertTrigger), named(updateTrigger)]
  if (insert === undefined || update === undefined) return undefined
  const comparing = named(namedTrigger)
  const everyMode = [insert, update, named(defaultTrigger)].filter((trigger) => trigger !== undefined)
  const ours = comparing === undefined ? everyMode : [...everyMode, comparing]
  return {
    version: ours.map(({ version }) => version).join(' '),
    mode: update.arguments[0] as TriggerMode,
    enabledAlways: everyMode.every(({ isEnabledAlways, columns }) => isEnabledAlways && columns.length === 0),
    lenient: isLenientBy(update.arguments),
    comparesNames: comparing?.isEnabledAlways === true && comparing.arguments[0] === update.arguments[0],
    // Triggers of other changes of the table touch other columns.
    laterTriggers: triggers
      .slice(triggers.findIndex((trigger) => ours.includes(trigger)))
      .filter(({ functionSchema }) => functionSchema !== syncSchema)
      .map(({ name }) => name),
  }
}
