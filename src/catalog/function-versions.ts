import type { ClientBase } from 'pg'

/**
 * The versions of functions, one by one, as those of triggers are written (`RowTrigger.version`); of one that is missing,
 * or that shares its name with another, none.
 *
 * @param names as in SQL, with their schema.
 */
export async function functionVersions(client: ClientBase, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return []
  const { rows } = await client.query<{ version: string }>(
    `SELECT 'f' || p.oid || ':' || p.xmin AS version
     FROM unnest($1::text[]) AS name JOIN pg_proc p ON p.oid = to_regproc(name)
     ORDER BY p.oid`,
    [names],
  )
  return rows.map(({ version }) => version)
}
