import { z } from 'zod'
import type { changes } from '../../schema/changes.ts'
import type { RecordedDeclaration } from '../change/recorded.ts'
import { failure } from '../errors/index.ts'
import { isBefore, type Phase, phases, type TriggerMode } from '../phase/phase.ts'
import type { ChangeRow } from './change-row.ts'

/** The row of a change as the database has it; a hand may have edited it. */
export type ChangeRecord = typeof changes.$inferSelect

/** What the columns hold that the toolkit alone writes; a hand may have written something else. */
const known = {
  phase: Object.keys(phases),
  sync: ['trigger', 'none'],
  triggerMode: ['old', 'both', 'new', 'forward', 'fence', null],
  backfillState: ['pending', 'running', 'done'],
  backfillDirection: ['forward', 'reverse'],
} as const satisfies Partial<Record<keyof ChangeRow, readonly (string | null)[]>>

const templates = z.array(z.array(z.union([z.string(), z.number()]))).min(1)

/** What else a version has recorded stays: it differs from every declaration that does not say it. */
const recordedDeclaration: z.ZodType<RecordedDeclaration> = z.looseObject({
  kind: z.string(),
  schema: z.string(),
  table: z.string(),
  old: z.array(z.string()).min(1),
  new: z.array(z.string()).min(1),
  sync: z.literal('none').exactOptional(),
  transform: z.object({ forward: templates, backward: templates, mayRaise: z.boolean() }).exactOptional(),
})

/** The phase with which the trigger comes into a mode. */
const entersWith: Readonly<Record<TriggerMode, Phase>> = {
  old: 'expanded',
  both: 'read-new',
  forward: 'new-only',
  new: 'new-only',
  fence: 'new-only',
}

/** What no version writes although each column by itself could hold it, in words; undefined where it does not apply. */
const contradictions: readonly ((row: ChangeRow) => string | undefined)[] = [
  ({ sync, declaration: { sync: declared = 'trigger' } }) =>
    sync === declared ? undefined : `"sync" is "${sync}", and "declaration" says "${declared}"`,
  ({ sync, triggerMode }) =>
    sync === 'none' && triggerMode !== null
      ? `"trigger_mode" is "${triggerMode}", and "sync" says that there is no trigger`
      : undefined,
  ({ triggerMode, phase }) =>
    triggerMode !== null && triggerMode !== 'old' && isBefore(phase, entersWith[triggerMode])
      ? `"trigger_mode" is "${triggerMode}" in phase "${phase}", and comes with "${entersWith[triggerMode]}" at the earliest`
      : undefined,
  ({ readPercent }) => (readPercent >= 0 && readPercent <= 100 ? undefined : `"read_percent" is ${readPercent}`),
  ({ soakMs }) => (soakMs >= 0 ? undefined : `"soak_ms" is ${soakMs}`),
  ({ epoch }) => (epoch >= 1 ? undefined : `"epoch" is ${epoch}, and begins with 1`),
  ({ epoch, syncSince }) => notYet('sync_since', syncSince, epoch),
  ({ epoch, verifiedEpoch }) => notYet('verified_epoch', verifiedEpoch, epoch),
]

function notYet(column: string, value: number | null, epoch: number): string | undefined {
  return value === null || value <= epoch ? undefined : `"${column}" is ${value}, and "epoch" is only ${epoch}`
}

/**
 * The row of a change as its columns promise it.
 *
 * @throws ExpandContractError EC_ROW_UNREADABLE where it was edited by hand to something that no version writes.
 */
export function parseChangeRow(row: ChangeRecord): ChangeRow {
  for (const column of Object.keys(known) as (keyof typeof known)[]) requireKnown(row.id, column, row[column])
  const declaration = readDeclaration(row)
  if (declaration === undefined) throw unreadable(row.id, '"declaration" does not name a table and its two sides')
  const parsed: ChangeRow = { ...(row as Omit<ChangeRow, 'declaration'>), declaration }
  for (const contradiction of contradictions) {
    const problem = contradiction(parsed)
    if (problem !== undefined) throw unreadable(row.id, problem)
  }
  return parsed
}

/** The phase of a change as its row has it. @throws ExpandContractError EC_ROW_UNREADABLE */
export function parsePhase(id: string, phase: string): Phase {
  requireKnown(id, 'phase', phase)
  return phase as Phase
}

/** What a row says that the change is about, whatever else of it can be read; undefined where it does not say. */
export function readDeclaration({ declaration }: Pick<ChangeRecord, 'declaration'>): RecordedDeclaration | undefined {
  return recordedDeclaration.safeParse(declaration).data
}

function requireKnown(id: string, column: keyof typeof known, value: string | null): void {
  const values: readonly (string | null)[] = known[column]
  if (values.includes(value)) return
  throw unreadable(id, `"${column}" is ${JSON.stringify(value)}, and can be ${values.join(', ')}`)
}

function unreadable(id: string, problem: string): Error {
  return failure('EC_ROW_UNREADABLE', { table: 'changes', row: id, problem })
}
