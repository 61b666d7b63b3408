import { createHash } from 'node:crypto'
import { identifier } from '../sql/identifier.ts'
import type { AnyChange } from './change.ts'
import type { Sides } from './sides.ts'
import { filledIn, identity, type SqlTransform } from './sql-transform.ts'

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
  /** How values come from one side to the other; absent where they move as they are. */
  readonly transform?: Omit<SqlTransform, 'isIdentity'>
}

export function recordedDeclaration(change: AnyChange, sides: Sides): RecordedDeclaration {
  return {
    kind: change.kind,
    schema: sides.table.schema,
    table: sides.table.name,
    old: sides.old.map(({ name }) => name),
    new: sides.next.map(({ name }) => name),
    ...(change.sync === 'none' ? { sync: 'none' as const } : {}),
    ...(sides.transform.isIdentity ? {} : { transform: recordedTransform(sides.transform) }),
  }
}

function recordedTransform({ forward, backward, mayRaise }: SqlTransform): Omit<SqlTransform, 'isIdentity'> {
  return { forward, backward, mayRaise }
}

/** The transform of a recorded declaration. */
export function transformOf({ transform }: RecordedDeclaration): SqlTransform {
  return transform === undefined ? identity : { ...transform, isIdentity: false }
}

/** In words, what differs between the recorded declaration and the one in the code; empty where nothing does. */
export function differences(recorded: RecordedDeclaration, declared: RecordedDeclaration): readonly string[] {
  const [one, other] = [described(recorded), described(declared)]
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((part) => one.get(part) !== other.get(part))
    .map((part) => `${part}: recorded ${one.get(part) ?? 'nothing'}, declared ${other.get(part) ?? 'nothing'}`)
}

/** What a declaration says, part by part: of a transform the SQL for each column. */
function described({ transform, sync, ...names }: RecordedDeclaration): ReadonlyMap<string, string> {
  const said = { ...names, sync: sync ?? 'trigger', ...(transform && { mayRaise: transform.mayRaise }) }
  return new Map([
    ...Object.entries(said).map(([part, value]) => [part, JSON.stringify(value)] as const),
    ...expressions('forward', transform?.forward, names.old, names.new),
    ...expressions('backward', transform?.backward, names.new, names.old),
  ])
}

function expressions(
  direction: string,
  templates: SqlTransform['forward'] = [],
  from: readonly string[],
  to: readonly string[],
): readonly (readonly [part: string, text: string])[] {
  const operands = from.map(identifier)
  return templates.map((template, index) => [`${direction} of ${identifier(to[index]!)}`, filledIn(template, operands)])
}

/** sha256 of a recorded declaration: what processes compare. */
export function declarationHash(declaration: RecordedDeclaration): string {
  const { kind, schema, table, old, new: next, sync, transform } = declaration
  return createHash('sha256')
    .update(
      JSON.stringify([
        kind,
        schema,
        table,
        old,
        next,
        ...(sync === undefined ? [] : [sync]),
        ...transformParts(transform),
      ]),
    )
    .digest('hex')
}

/** In one order, whatever that of the keys in the database. */
function transformParts(transform: RecordedDeclaration['transform']): readonly unknown[] {
  return transform === undefined ? [] : [[transform.forward, transform.backward, transform.mayRaise]]
}
