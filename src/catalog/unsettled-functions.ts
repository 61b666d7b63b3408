import type { ClientBase } from 'pg'

/**
 * The functions that the constraints of a table call, by themselves or by another function, whose names mean what the
 * search path of the caller makes of them: the body is text that is looked at in each session anew, and no search path
 * goes with it.
 *
 * @param table as in SQL.
 * @returns each as `regprocedure` has it.
 */
export async function functionsWithoutSearchPath(client: ClientBase, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ signature: string }>(
    `WITH RECURSIVE called AS (
       SELECT d.refclassid, d.refobjid FROM pg_depend d JOIN pg_constraint c ON c.oid = d.objid
       WHERE d.classid = 'pg_constraint'::regclass AND c.conrelid = $1::regclass
       UNION
       SELECT d.refclassid, d.refobjid FROM called JOIN pg_depend d ON d.classid = called.refclassid AND d.objid = called.refobjid
       -- Operators depend on their functions, and functions whose bodies are parsed on what those call.
       WHERE called.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
     )
     SELECT p.oid::regprocedure::text AS signature
     FROM called JOIN pg_proc p ON called.refclassid = 'pg_proc'::regclass AND p.oid = called.refobjid
     JOIN pg_language l ON l.oid = p.prolang
     WHERE l.lanname IN ('plpgsql', 'sql') AND p.prosqlbody IS NULL
       AND p.pronamespace <> 'pg_catalog'::regnamespace
       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
     ORDER BY 1`,
    [table],
  )
  return rows.map(({ signature }) => signature)
}
