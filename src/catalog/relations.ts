import type { ClientBase } from 'pg'
import { identifier, type QualifiedName, qualified } from '../sql/identifier.ts'

/** A table or an index that exists. */
export interface Relation extends QualifiedName {
  readonly kind: 'table' | 'index' | 'other'
  /** Of the table: its own, or that of an index. Another table of the same name has another one. */
  readonly tableOid: number
  /** False for an index that a concurrent build left behind when it failed. */
  readonly isValid: boolean
}

/** The relation that a name stands for; without a schema the search path decides, as in SQL. */
export async function findRelation(
  client: ClientBase,
  { schema, name }: { readonly schema: string | undefined; readonly name: string },
): Promise<Relation | undefined> {
  const { rows } = await client.query<Relation>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name,
            CASE WHEN c.relkind IN ('r', 'p') THEN 'table' WHEN c.relkind IN ('i', 'I') THEN 'index' ELSE 'other' END AS kind,
            coalesce(x.indrelid, c.oid) AS "tableOid", coalesce(x.indisvalid, true) AS "isValid"
       FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
      WHERE c.oid = to_regclass($1)`,
    [schema === undefined ? identifier(name) : qualified({ schema, name })],
  )
  return rows[0]
}

/** The object ids of all tables of the database. */
export async function allTables(client: ClientBase): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ oid: number }>(
    `SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p')`,
  )
  return new Set(rows.map(({ oid }) => oid))
}
