import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { failure } from '../errors/index.ts'

/** A column of the primary key, by its name and its type in the database. */
export interface KeyColumn {
  readonly name: string
  /** What values are cast back to; with its modifiers, as in `character(5)`. */
  readonly type: string
  readonly isArray: boolean
}

/** What the database says of a changed table when somebody sets out to walk it. */
export interface TableShape {
  /** The primary key, in its own order: the order of its index, in which the table is walked. */
  readonly key: readonly KeyColumn[]
  /** As of the last ANALYZE or VACUUM; undefined where there was none. */
  readonly rowsEstimated: number | undefined
}

/**
 * Reads the key of a changed table from the catalog and checks that both sides are there with one type.
 *
 * @throws ExpandContractError EC_SCHEMA_CHANGED_UNDER
 */
export async function readTableShape(client: ClientBase, change: AnyChange, sides: Sides): Promise<TableShape> {
  const { table, old, next } = sides
  const refuse = (problem: string) =>
    failure('EC_SCHEMA_CHANGED_UNDER', { id: change.id, table: `${table.schema}.${table.name}`, problem })
  const found = await findTable(client, table)
  if (found === undefined) throw refuse('it does not exist')
  const types = await sideTypes(client, found.oid, [old.name, next.name])
  for (const { name } of [old, next]) if (!types.has(name)) throw refuse(`it has no column "${name}"`)
  const [oldType, newType] = [types.get(old.name), types.get(next.name)]
  if (oldType !== newType) {
    throw refuse(`column "${old.name}" is ${oldType} and column "${next.name}" is ${newType}`)
  }
  const key = await primaryKey(client, found.oid)
  if (key.length === 0) throw refuse('it has no primary key, so its rows cannot be walked in pages')
  return { rowsEstimated: found.rowsEstimated, key }
}

async function findTable(
  client: ClientBase,
  table: Sides['table'],
): Promise<(Pick<TableShape, 'rowsEstimated'> & { readonly oid: number }) | undefined> {
  const { rows } = await client.query<{ oid: number; rows: number }>(
    `SELECT c.oid,
            coalesce((SELECT sum(nullif(leaf.reltuples, -1)) FROM pg_partition_tree(c.oid) AS p
                        JOIN pg_class leaf ON leaf.oid = p.relid WHERE p.isleaf), c.reltuples)::float8 AS rows
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`,
    [table.schema, table.name],
  )
  const [found] = rows
  return found && { oid: found.oid, rowsEstimated: found.rows > 0 ? Math.round(found.rows) : undefined }
}

/** Types without modifiers: `varchar(20)` and `varchar(40)` hold values of one type. */
async function sideTypes(
  client: ClientBase,
  oid: number,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type
       FROM pg_attribute WHERE attrelid = $1 AND attname = ANY($2::text[]) AND attnum > 0 AND NOT attisdropped`,
    [oid, names],
  )
  return new Map(rows.map(({ name, type }) => [name, type]))
}

async function primaryKey(client: ClientBase, oid: number): Promise<readonly KeyColumn[]> {
  const { rows } = await client.query<KeyColumn>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typcategory = 'A' AS "isArray"
       FROM pg_index i
       CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, position)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       JOIN pg_type t ON t.oid = a.atttypid
      WHERE i.indrelid = $1 AND i.indisprimary AND k.position <= i.indnkeyatts
      ORDER BY k.position`,
    [oid],
  )
  return rows
}
