import { sql } from 'drizzle-orm'
import type { Database } from '../drizzle/database.ts'

/** Which of some columns a table has; none where the table itself is missing. One indexed look at pg_attribute. */
export async function existingColumns(
  db: Database,
  table: { readonly schema: string; readonly name: string },
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ name: sql<string>`attname::text` })
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
  return new Set(rows.map(({ name }) => name))
}
