import { boundedName, qualified } from '../sql/identifier.ts'

/** Names of the database objects that keep one change in sync. */
export interface SyncNames {
  /** The function behind both sync triggers, quoted, with its schema. */
  readonly function: string
  /** The function behind the default trigger, quoted, with its schema. */
  readonly defaultFunction: string
  /** The function that puts the key of a row into quarantine, quoted, with its schema. */
  readonly quarantineFunction: string
  readonly insertTrigger: string
  readonly updateTrigger: string
  /** The trigger that looks at the columns that a statement names. */
  readonly namedTrigger: string
  readonly defaultTrigger: string
  /** The session setting that remembers when a writer was last looked at. */
  readonly throttleSetting: string
}

/** The schema of the toolkit's functions and control tables. */
export const syncSchema = 'expand_contract'

/**
 * BEFORE ROW triggers fire in the byte order of their names, and ours have to see what all others left: "~" is the last
 * printable ASCII character. The default trigger ("_d") comes before those that compare the sides.
 */
export const syncTriggerPrefix = '~ec_'

export function syncNames(changeId: string): SyncNames {
  return {
    function: qualified({ schema: syncSchema, name: boundedName('sync_', changeId) }),
    defaultFunction: qualified({ schema: syncSchema, name: boundedName('default_', changeId) }),
    quarantineFunction: qualified({ schema: syncSchema, name: boundedName('quarantine_', changeId) }),
    insertTrigger: boundedName(syncTriggerPrefix, changeId, '_i'),
    updateTrigger: boundedName(syncTriggerPrefix, changeId, '_u'),
    namedTrigger: boundedName(syncTriggerPrefix, changeId, '_n'),
    defaultTrigger: boundedName(syncTriggerPrefix, changeId, '_d'),
    // An id has no "_", and a setting's name takes no "-".
    throttleSetting: `expand_contract.unaware_${changeId.replaceAll('-', '_')}`,
  }
}
