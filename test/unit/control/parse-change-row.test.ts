import { expect, it } from 'vitest'
import { type ChangeRecord, parseChangeRow } from '../../../src/control/parse-change-row.ts'

/** As `expand` records a change. */
const expanded = {
  scope: 'default',
  id: 'user-full-name',
  declaration: { kind: 'rename-column', schema: 'public', table: 'users', old: ['name'], new: ['full_name'] },
  phase: 'expanded',
  epoch: 1,
  triggerMode: 'old',
  syncSince: 1,
  backfillState: 'pending',
  backfillDirection: 'forward',
  verifiedEpoch: null,
  readPercent: 0,
  sync: 'trigger',
  soakMs: 0,
} as unknown as ChangeRecord

const withoutTrigger = { ...expanded.declaration, sync: 'none' }

it.each<[what: string, edited: Partial<ChangeRecord>]>([
  ['as it was recorded', {}],
  ['without a sync trigger', { sync: 'none', declaration: withoutTrigger, triggerMode: null, syncSince: null }],
  ['armed', { phase: 'new-only', triggerMode: 'new', epoch: 9, verifiedEpoch: 5 }],
  ['abandoned, with the trigger gone', { phase: 'abandoned', triggerMode: null, epoch: 2 }],
  ['found to be retired, with the trigger gone', { phase: 'contracted', triggerMode: null, syncSince: null }],
])('a row %s is taken', (_what, edited) => {
  expect(parseChangeRow({ ...expanded, ...edited })).toMatchObject({ id: 'user-full-name', ...edited })
})

it.each<[problem: string, edited: Partial<ChangeRecord>]>([
  ['"phase" is "done"', { phase: 'done' }],
  ['"declaration" does not name a table', { declaration: {} }],
  ['"sync" is "none", and "declaration" says "trigger"', { sync: 'none', triggerMode: null }],
  ['"sync" is "trigger", and "declaration" says "none"', { declaration: withoutTrigger }],
  ['"trigger_mode" is "old", and "sync" says', { sync: 'none', declaration: withoutTrigger }],
  ['"trigger_mode" is "new" in phase "dual-write"', { phase: 'dual-write', triggerMode: 'new' }],
  ['"trigger_mode" is "both" in phase "read-switch"', { phase: 'read-switch', triggerMode: 'both' }],
  ['"trigger_mode" is "fence" in phase "read-new"', { phase: 'read-new', triggerMode: 'fence' }],
  ['"read_percent" is 101', { readPercent: 101 }],
  ['"read_percent" is -1', { readPercent: -1 }],
  ['"soak_ms" is -1', { soakMs: -1 }],
  ['"epoch" is 0', { epoch: 0 }],
  ['"sync_since" is 2, and "epoch" is only 1', { syncSince: 2 }],
  ['"verified_epoch" is 2, and "epoch" is only 1', { verifiedEpoch: 2 }],
])('a row that was edited by hand is refused: %s', (problem, edited) => {
  expect(() => parseChangeRow({ ...expanded, ...edited })).toThrow(
    expect.objectContaining({
      code: 'EC_ROW_UNREADABLE',
      message: expect.stringContaining(`Row "user-full-name" of expand_contract.changes cannot be read: ${problem}`),
    }),
  )
})
