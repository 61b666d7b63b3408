import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientBase, Pool } from 'pg'
import { type Changes, isChange } from '../../../src/change/change.ts'
import { loadKit } from '../../../src/drizzle/kit.ts'
import { type Migration, readMigrations } from '../../../src/drizzle/migration-folder.ts'
import type { Casing } from '../../../src/drizzle/physical-table.ts'
import { emptySnapshot, type Snapshot } from '../../../src/drizzle/snapshot.ts'
import { type GenerateResult, generateMigrations } from '../../../src/generate/generate.ts'
import { makeTemporary } from '../../support/temporary.ts'

export type Schema = Readonly<Record<string, unknown>>

/** A user's project: a migration folder, into which schema after schema is generated. */
export class Project {
  readonly folder = join(makeTemporary(), 'drizzle')
  readonly #casing: Casing | undefined

  constructor(casing?: Casing) {
    this.#casing = casing
  }

  generate(schema: Schema, changes: Changes = [], options: { name?: string; dryRun?: boolean; abandon?: string } = {}) {
    return generateMigrations({
      folder: this.folder,
      schema,
      changes: Object.values(changes).filter(isChange),
      ...(this.#casing && { casing: this.#casing }),
      ...options,
    })
  }

  get entries(): { idx: number; when: number; tag: string }[] {
    return JSON.parse(readFileSync(join(this.folder, 'meta/_journal.json'), 'utf8')).entries
  }

  snapshot(tag: string): Snapshot {
    return JSON.parse(readFileSync(join(this.folder, 'meta', `${tag.slice(0, 4)}_snapshot.json`), 'utf8'))
  }

  get texts(): readonly string[] {
    return readMigrations(this.folder).map(({ text }) => text)
  }
}

export function namesOf({ files }: GenerateResult): readonly string[] {
  return files.map(({ tag }) => tag)
}

/** Applies migrations as the toolkit does: each part between two breakpoints in a transaction of its own. */
export async function apply(
  client: ClientBase | Pool,
  project: Project,
  isWanted: (migration: Migration) => boolean = () => true,
): Promise<void> {
  for (const { statements } of readMigrations(project.folder).filter(isWanted)) {
    for (const statement of statements) await client.query(statement)
  }
}

/** Makes the schema in an empty database as drizzle-kit would. */
export async function create(client: ClientBase | Pool, schema: Schema, casing?: Casing): Promise<void> {
  const kit = await loadKit()
  for (const statement of await kit.diff(emptySnapshot, await kit.describe(schema, casing))) {
    await client.query(statement)
  }
}

/** All that PostgreSQL knows of the schemas of a user, as text, with the columns of a table in no order. */
export async function catalog(client: ClientBase | Pool): Promise<readonly string[]> {
  const { rows } = await client.query<{ line: string }>(`
    WITH tables AS (
      SELECT c.oid, c.relname, c.relrowsecurity, c.relkind, c.oid::regclass::text AS name FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'drizzle'))
    SELECT format('%s: column %s %s%s default %s', name, attname, format_type(atttypid, atttypmod),
                  CASE WHEN attnotnull THEN ' not null' END, pg_get_expr(adbin, adrelid)) AS line
      FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE relkind IN ('r', 'v', 'm')
    UNION ALL SELECT format('%s: constraint %s %s valid %s', name, conname, pg_get_constraintdef(c.oid), convalidated)
      FROM tables JOIN pg_constraint c ON conrelid = tables.oid
    UNION ALL SELECT format('%s: index %s valid %s', name, pg_get_indexdef(indexrelid), indisvalid)
      FROM tables JOIN pg_index ON indrelid = tables.oid
    UNION ALL SELECT format('%s: trigger %s', name, tgname) FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
    UNION ALL SELECT format('%s: policy %s %s %s', name, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      FROM tables JOIN pg_policy ON polrelid = tables.oid
    UNION ALL SELECT format('%s: row security %s', name, relrowsecurity) FROM tables WHERE relkind = 'r'
    UNION ALL SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM tables WHERE relkind IN ('v', 'm')
    UNION ALL SELECT format('function %s', p.oid::regprocedure) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
       WHERE nspname = 'expand_contract'
    ORDER BY line`)
  return rows.map(({ line }) => line)
}
