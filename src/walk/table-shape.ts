import type { ClientBase } from 'pg'
import type { AnyChange } from '../change/change.ts'
import type { Sides } from '../change/sides.ts'
import { failure } from '../errors/index.ts'
import { problemOfTypes, readSideTypes } from './side-types.ts'

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
 * Reads the key of a changed table from the catalog and checks that both sides are there with the types that they need.
 *
 * @throws ExpandContractError EC_SCHEMA_CHANGED_UNDER
 */
export async function readTableShape(client: ClientBase, change: AnyChange, sides: Sides): Promise<TableShape> {
  const { table } = sides
  const refuse = (problem: string) =>
    failure('EC_SCHEMA_CHANGED_UNDER', { id: change.id, table: `${table.schema}.${table.name}`, problem })
  const found = await findTable(client, table)
  if (found === undefined) throw refuse('it does not exist')
  const problem = problemOfTypes(sides, await readSideTypes(client, sides))
  if (problem !== undefined) throw refuse(problem)
  const key = await primaryKey(client, found.oid)
  if (key.length === 0) throw refuse('it has no primary key, so its rows cannot be walked in pages')
  if (sides.transform.mayRaise) requireDeclaredKey(key, table, refuse)
  return { rowsEstimated: found.rowsEstimated, key }
}

/** The sync trigger writes the keys of rejected rows by the declaration, and walks read them by the catalog. */
function requireDeclaredKey(
  key: readonly KeyColumn[],
  { primaryKey }: Sides['table'],
  refuse: (problem: string) => Error,
): void {
  const [found, declared] = [key, primaryKey].map((columns) => columns.map(({ name }) => `"${name}"`).join(', '))
  if (found !== declared) throw refuse(`its primary key is (${found}) and is declared as (${declared})`)
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
