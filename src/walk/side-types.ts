import type { ClientBase } from 'pg'
import type { Sides } from '../change/sides.ts'
import { typeName } from '../drizzle/sql-template.ts'

/** A column of a side, by the types that it has and that it is declared with, as the catalog formats them. */
export interface SideType {
  readonly name: string
  /** Undefined where there is no such column. */
  readonly type: string | undefined
  /** Undefined for a type that the database does not know. */
  readonly declared: string | undefined
}

/** The types of the columns of both sides, without modifiers: `varchar(20)` and `varchar(40)` hold values of one type. */
export async function readSideTypes(
  client: ClientBase,
  { table, old, next }: Pick<Sides, 'table' | 'old' | 'next'>,
): Promise<readonly SideType[]> {
  const columns = [...old, ...next]
  const { rows } = await client.query<{ name: string; type: string | null; declared: string | null }>(
    `SELECT wanted.name, format_type(a.atttypid, NULL) AS type, format_type(to_regtype(wanted.type)::oid, NULL) AS declared
       FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS wanted(name, type, position)
       LEFT JOIN pg_attribute a ON a.attname = wanted.name AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attrelid = (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p'))
      ORDER BY wanted.position`,
    [table.schema, table.name, columns.map(({ name }) => name), columns.map(({ column }) => typeName(column))],
  )
  return rows.map(({ name, type, declared }) => ({ name, type: type ?? undefined, declared: declared ?? undefined }))
}

/**
 * What keeps values from being copied between the sides: a column that is missing, or a type of which the transform knows
 * nothing. Values that move as they are need one type on both sides, whichever that is.
 */
export function problemOfTypes(
  { transform }: Pick<Sides, 'transform'>,
  types: readonly SideType[],
): string | undefined {
  const missing = types.find(({ type }) => type === undefined)
  if (missing !== undefined) return `it has no column "${missing.name}"`
  if (transform.isIdentity) {
    const [old, next] = types as readonly [SideType, SideType]
    if (old.type === next.type) return undefined
    return `column "${old.name}" is ${old.type} and column "${next.name}" is ${next.type}`
  }
  const other = types.find(({ type, declared }) => declared !== undefined && type !== declared)
  return other && `column "${other.name}" is ${other.type} and is declared as ${other.declared}`
}
