import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Database } from '../drizzle/database.ts'
import { errorCode, failure, withoutValues } from '../errors/index.ts'

/** One connection of the command line to PostgreSQL itself: a client for SQL text and a Drizzle instance over it. */
export interface Session {
  readonly client: pg.Client
  readonly db: Database
  /** Host, port and database, for people; never the user's password. */
  readonly address: string
  /** True where a pooler answers in PostgreSQL's place, so that settings and locks of a session cannot be relied on. */
  readonly pooled: boolean
  close(): Promise<void>
}

/**
 * What every session relies on, whatever the database or the role sets for all others: each setting with the SQL of its
 * value. A database that is set to read-only stays so: hosts do that to protect a full disk, and operators to keep
 * everybody out.
 */
const settings: Readonly<Record<string, string>> = {
  // PostgreSQL raises where a policy would hide rows: a backfill or verification that skips rows would prove nothing.
  row_security: `'off'`,
  default_transaction_isolation: `'read committed'`,
  // The driver reads no other.
  DateStyle: `'ISO'`,
  // Else a backslash in a constant of ours would begin an escape.
  standard_conforming_strings: `'on'`,
  // A constraint takes as long to validate as its table is large; where time matters, it is set for the transaction.
  statement_timeout: `'0'`,
  transaction_timeout: `'0'`,
  // As it is, without `pg_catalog` behind schemas in which anybody may have made functions and operators of the same names
  // as PostgreSQL's: where it is not named at all it is searched before everything else.
  search_path: `pg_catalog.regexp_replace(
    pg_catalog.current_setting('search_path'), ',[ ]*"?pg_catalog"?[ ]*(?=,|$)', '', 'g')`,
}

/**
 * Opens a session on the direct URL, with settings of its own. Through a pooler nothing is set; what relies on it asks
 * `requireDirect`.
 *
 * @throws ExpandContractError EC_UNREACHABLE
 */
export async function openSession(url: string, application = 'expand-contract'): Promise<Session> {
  const address = addressOf(url)
  const client = clientFor(url, application, address)
  // Without a listener an idle connection that breaks would end the process; the next query reports it instead.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const pooled = await isPooled(client)
    // Behind a pooler a setting would stay on a server connection, which the application gets next.
    if (!pooled) await applySettings(client)
    return {
      client,
      db: drizzle({ client }) as unknown as Database,
      address,
      pooled,
      close: () => client.end().catch(() => undefined),
    }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw unreachable(error, address)
  }
}

/** One statement; a setting that this version of PostgreSQL does not have is left out. */
async function applySettings(client: pg.Client): Promise<void> {
  const wanted = Object.entries(settings).map(([name, value]) => `('${name}', ${value})`)
  await client.query(
    `SELECT pg_catalog.set_config(known.name, wanted.value, false)
       FROM (VALUES ${wanted.join(', ')}) AS wanted (name, value) JOIN pg_catalog.pg_settings AS known
         ON pg_catalog.lower(known.name) OPERATOR(pg_catalog.=) pg_catalog.lower(wanted.name)`,
  )
}

function clientFor(url: string, application: string, address: string): pg.Client {
  try {
    return new pg.Client({ connectionString: url, application_name: application, connectionTimeoutMillis: 10_000 })
  } catch (error) {
    throw unreachable(error, address)
  }
}

function unreachable(error: unknown, address: string): Error {
  const cause = withoutValues(error)
  return failure(
    'EC_UNREACHABLE',
    { host: address, reason: cause.code === 'unknown' ? cause.message : reasonOf(error, cause.message) },
    cause,
  )
}

function reasonOf(error: unknown, message: string): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'host not found',
    ETIMEDOUT: 'timed out',
    ERR_INVALID_URL: 'the URL is not valid',
    '28P01': 'user name or password not accepted',
    '28000': 'user not accepted',
    '3D000': 'no such database',
    '53300': 'too many connections',
  }
  return reasons[errorCode(error) ?? ''] ?? message
}

/** `host:port/database` of a URL, and nothing else of it. */
function addressOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname || 'localhost'}:${port || '5432'}/${decodeURIComponent(pathname.slice(1)) || 'postgres'}`
  } catch {
    return 'the configured URL'
  }
}

/**
 * A pooler answers the start of a connection itself, with a cancel key of its own, so the process id of the greeting is
 * not the one of the server process that runs the queries (PgBouncer, Supavisor, RDS Proxy).
 */
async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')
  return (client as pg.Client & { processID: number | null }).processID !== rows[0]!.pid
}

/** @throws ExpandContractError EC_POOLED_CONNECTION naming the feature that needs a session of its own. */
export function requireDirect(session: Session, feature: string): void {
  if (session.pooled) throw failure('EC_POOLED_CONNECTION', { feature })
}
