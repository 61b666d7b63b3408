import { createHash } from 'node:crypto'
import type { AnyChange } from './change.ts'
import type { Sides } from './sides.ts'

/**
 * What the database records of a declaration when it is expanded, and compares with later: the names that a wrong
 * declaration would write to. Options such as the soak or the flag's name may change while the change is under way.
 */
export type RecordedDeclaration = {
  readonly kind: string
  readonly schema: string
  readonly table: string
  readonly old: readonly string[]
  readonly new: readonly string[]
  /** Present only without a sync trigger. */
  readonly sync?: 'none'
}

export function recordedDeclaration(change: AnyChange, sides: Sides): RecordedDeclaration {
  return {
    kind: change.kind,
    schema: sides.table.schema,
    table: sides.table.name,
    old: [sides.old.name],
    new: [sides.next.name],
    ...(change.sync === 'none' ? { sync: 'none' as const } : {}),
  }
}

/** In words, what differs between the recorded declaration and the one in the code; empty where nothing does. */
export function differences(recorded: RecordedDeclaration, declared: RecordedDeclaration): readonly string[] {
  const one = { ...whatAbsenceMeans, ...recorded }
  const other = { ...whatAbsenceMeans, ...declared }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof RecordedDeclaration>
  return [...names]
    .filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
    .map((name) => `${name}: recorded ${shown(one[name])}, declared ${shown(other[name])}`)
}

const whatAbsenceMeans = { sync: 'trigger' }

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

/** sha256 of a recorded declaration: what processes compare. */
export function declarationHash(declaration: RecordedDeclaration): string {
  const { kind, schema, table, old, new: next, sync } = declaration
  return createHash('sha256')
    .update(JSON.stringify([kind, schema, table, old, next, ...(sync === undefined ? [] : [sync])]))
    .digest('hex')
}
