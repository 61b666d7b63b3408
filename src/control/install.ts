import { join } from 'node:path'
import { readMigrations } from '../drizzle/migration-folder.ts'
import { failure } from '../errors/index.ts'
import { packageRoot } from './package-root.ts'
import type { Session } from './session.ts'

/** One at a time may install; the number is the first eight bytes of sha256('expand_contract'), as PostgreSQL's bigint. */
const installLock = '73206908654784638'

/**
 * Creates the control tables, or upgrades them to this version; does nothing where they are current.
 *
 * All pending files run in one transaction together with their entries in `expand_contract.control_migrations`, so an
 * installation is whole or absent. Two at once wait for each other.
 *
 * @returns the tags of the files applied now.
 */
export async function installControlTables(
  { client }: Session,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<readonly string[]> {
  await client.query('BEGIN')
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${installLock})`)
    const installed = await installedTags(client)
    const pending = ownMigrations().filter(({ tag }) => !installed.has(tag))
    for (const { tag, hash, statements } of pending) {
      for (const statement of statements) await client.query(statement)
      await client.query(
        `CREATE TABLE IF NOT EXISTS expand_contract.control_migrations
           (tag text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
      )
      await client.query('INSERT INTO expand_contract.control_migrations (tag, hash) VALUES ($1, $2)', [tag, hash])
    }
    await client.query(dryRun ? 'ROLLBACK' : 'COMMIT')
    return pending.map(({ tag }) => tag)
  } catch (error) {
    // Fails where the connection is gone, which is then what `error` says; the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** @throws ExpandContractError EC_CONTROL_MISSING, EC_CONTROL_OUTDATED */
export async function requireControlTables({ client }: Session): Promise<void> {
  const installed = await installedTags(client)
  if (installed.size === 0) throw failure('EC_CONTROL_MISSING', {})
  const missing = ownMigrations().filter(({ tag }) => !installed.has(tag))
  if (missing.length > 0) throw failure('EC_CONTROL_OUTDATED', { missing: missing.map(({ tag }) => tag) })
}

/** True where any version of the control tables is installed. */
export async function hasControlTables({ client }: Session): Promise<boolean> {
  return (await installedTags(client)).size > 0
}

function ownMigrations() {
  return readMigrations(join(packageRoot(), 'migrations'))
}

async function installedTags(client: Session['client']): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ present: boolean }>(
    `SELECT to_regclass('expand_contract.control_migrations') IS NOT NULL AS present`,
  )
  if (!rows[0]!.present) return new Set()
  const { rows: tags } = await client.query<{ tag: string }>('SELECT tag FROM expand_contract.control_migrations')
  return new Set(tags.map(({ tag }) => tag))
}
