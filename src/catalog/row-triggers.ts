import type { ClientBase } from 'pg'
import type { TableName } from './table-name.ts'

/** A BEFORE ROW trigger for INSERT or UPDATE, as the catalog has it. */
export interface RowTrigger {
  readonly name: string
  /** Schema of its function. */
  readonly functionSchema: string
  readonly arguments: readonly string[]
  /** Named with `UPDATE OF`; empty for any column. */
  readonly columns: readonly string[]
  /** `tgenabled = 'A'`, on the table and on every partition: `session_replication_role` cannot pass it by. */
  readonly isEnabledAlways: boolean
  /**
   * Of its rows in pg_trigger (`t`; `p` on a partition) and of its function (`f`), each as `<kind><oid>:<xmin>`: others
   * after everything that alters them, even if that was undone.
   */
  readonly version: string
}

/**
 * The BEFORE ROW triggers for INSERT or UPDATE of a table, in the order in which they fire; none where the table is
 * missing. A partitioned table answers for its partitions, and for triggers that only one of them has.
 */
export async function rowTriggers(client: ClientBase, table: TableName): Promise<readonly RowTrigger[]> {
  const { rows } = await client.query<RowTrigger>(
    `WITH RECURSIVE tables AS (
       SELECT c.oid, true AS is_root FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2
       UNION
       SELECT i.inhrelid, false FROM tables JOIN pg_inherits i ON i.inhparent = tables.oid
       JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relispartition
     )
     SELECT t.tgname::text AS name, min(n.nspname::text) AS "functionSchema",
       -- Arguments are stored one after the other, each ended by a zero byte.
       (min(string_to_array(encode(t.tgargs, 'escape'), '\\000')))[1:min(t.tgnargs)] AS arguments,
       min(ARRAY(
         SELECT a.attname::text FROM unnest(t.tgattr::int2[]) AS number
         JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = number
         ORDER BY 1
       )) AS columns,
       bool_and(t.tgenabled = 'A') AND count(*) = (SELECT count(*) FROM tables) AS "isEnabledAlways",
       -- The transaction that wrote each row last; it stays readable after the row has been frozen.
       string_agg(CASE WHEN tables.is_root THEN 't' ELSE 'p' END || t.oid || ':' || t.xmin, ' ' ORDER BY t.oid)
         || ' ' || string_agg(DISTINCT 'f' || p.oid || ':' || p.xmin, ' ') AS version
     FROM tables
     JOIN pg_trigger t ON t.tgrelid = tables.oid
     JOIN pg_proc p ON p.oid = t.tgfoid
     JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE NOT t.tgisinternal
       AND t.tgtype::int & 3 = 3 -- FOR EACH ROW, BEFORE
       AND t.tgtype::int & 20 <> 0 -- INSERT, UPDATE
     GROUP BY t.tgname
     ORDER BY t.tgname`,
    [table.schema, table.name],
  )
  return rows
}
