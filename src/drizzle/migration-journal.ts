import type { ClientBase } from 'pg'
import { identifier, type QualifiedName, qualified } from '../sql/identifier.ts'
import { isFolderPerMigration, type Migration } from './migration-folder.ts'

/** One line of Drizzle's journal, the table in which it notes what it has applied. */
export interface JournalEntry {
  readonly hash: string
  readonly createdAt: number | null
  /** The migration's folder; only Drizzle 1.0 keeps it. */
  readonly name: string | null
}

type Match = (entry: JournalEntry, migration: Migration) => boolean

const sameHash: Match = ({ hash }, migration) => hash === migration.hash
/** A folder of Drizzle 1.0 keeps whole seconds, and may have been made of a 0.45 migration with a journal in milliseconds. */
const sameMoment: Match = ({ createdAt }, { when }) =>
  createdAt !== null && (when % 1000 === 0 ? createdAt - (createdAt % 1000) : createdAt) === when
const sameName: Match = ({ name }, { tag }) => name === tag

/**
 * What makes an entry the entry of a migration, the surest first; each entry stands for one migration. Two migrations may
 * have one text and so one hash (an empty one, for example), a text may be edited after it was applied, and a migration
 * that is generated again after a merge keeps its text and gets another time.
 */
const matches: readonly Match[] = [
  (entry, migration) => sameHash(entry, migration) && sameMoment(entry, migration),
  sameName,
  (entry, migration) => entry.name === null && sameMoment(entry, migration),
  sameHash,
]

/**
 * The migrations that the journal holds. Drizzle 0.45 looks at the latest time alone and so skips a migration that is
 * merged late with an earlier one; here it is missing and therefore pending.
 */
export function journaledMigrations(
  entries: readonly JournalEntry[],
  migrations: readonly Migration[],
): ReadonlySet<Migration> {
  const left = new Set(entries)
  const found = new Set<Migration>()
  for (const isMatch of matches) {
    for (const migration of migrations) {
      if (found.has(migration)) continue
      const entry = [...left].find((candidate) => isMatch(candidate, migration))
      if (entry === undefined) continue
      left.delete(entry)
      found.add(migration)
    }
  }
  return found
}

/** Drizzle's journal in a database, in the form of either version. */
export class MigrationJournal {
  readonly #client: ClientBase
  readonly #table: string
  #columns: ReadonlySet<string>

  private constructor(client: ClientBase, table: string, columns: ReadonlySet<string>) {
    this.#client = client
    this.#table = table
    this.#columns = columns
  }

  static async open(client: ClientBase, table: QualifiedName): Promise<MigrationJournal> {
    return new MigrationJournal(client, qualified(table), await columnsOf(client, table))
  }

  get exists(): boolean {
    return this.#columns.size > 0
  }

  async read(): Promise<readonly JournalEntry[]> {
    if (!this.exists) return []
    const name = this.#columns.has('name') ? 'name' : 'NULL'
    const { rows } = await this.#client.query<{ hash: string; createdAt: string | null; name: string | null }>(
      `SELECT hash, created_at AS "createdAt", ${name} AS name FROM ${this.#table} ORDER BY id`,
    )
    return rows.map((row) => ({ ...row, createdAt: row.createdAt === null ? null : Number(row.createdAt) }))
  }

  /** Creates the table as the Drizzle version does that keeps its migrations in this format. */
  static async create(
    client: ClientBase,
    table: QualifiedName,
    migrations: readonly Migration[],
  ): Promise<MigrationJournal> {
    const { rows } = await client.query<{ present: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS present', [
      identifier(table.schema),
    ])
    // IF NOT EXISTS asks for the right to create a schema even where it exists.
    if (!rows[0]!.present) await client.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(table.schema)}`)
    const named = migrations.some(isFolderPerMigration)
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${qualified(table)} (
         id SERIAL PRIMARY KEY,
         hash text NOT NULL,
         created_at bigint${named ? ',\n         name text,\n         applied_at timestamp with time zone DEFAULT now()' : ''}
       )`,
    )
    return MigrationJournal.open(client, table)
  }

  /** Notes a migration as applied; to be called in the migration's own transaction. */
  async append({ hash, when, tag }: Migration): Promise<void> {
    await (this.#columns.has('name')
      ? this.#client.query(`INSERT INTO ${this.#table} (hash, created_at, name) VALUES ($1, $2, $3)`, [hash, when, tag])
      : this.#client.query(`INSERT INTO ${this.#table} (hash, created_at) VALUES ($1, $2)`, [hash, when]))
  }
}

async function columnsOf(client: ClientBase, table: QualifiedName): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname::text AS name FROM pg_catalog.pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [qualified(table)],
  )
  return new Set(rows.map(({ name }) => name))
}
