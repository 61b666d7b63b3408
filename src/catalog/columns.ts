import { sql } from 'drizzle-orm'
import type { Database } from '../drizzle/database.ts'

/**
 * The types of some columns of a table, as the catalog formats them, by column; those that do not exist are absent, all
 * where the table itself is missing. One indexed look at pg_attribute.
 */
export async function columnTypes(
  db: Database,
  table: { readonly schema: string; readonly name: string },
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .select({ name: sql<string>`attname::text`, type: sql<string>`pg_catalog.format_type(atttypid, atttypmod)` })
    .from(sql`pg_catalog.pg_attribute`)
    .where(
      sql`attrelid = (select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ${table.schema} and c.relname = ${table.name} and c.relkind in ('r', 'p'))
          and attnum > 0 and not attisdropped
          and attname in (${sql.join(
            names.map((name) => sql`${name}`),
            sql`, `,
          )})`,
    )
  return new Map(rows.map(({ name, type }) => [name, type]))
}
