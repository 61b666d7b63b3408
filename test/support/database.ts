import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { borrowServer, type DatabaseServer } from '../../src/scratch/index.ts'
import { identifier } from '../../src/sql/identifier.ts'

export interface TestDatabase {
  /** The database as its plain owner, or as a superuser with `EC_TEST_ROLE=superuser`. */
  readonly url: string
  readonly name: string
  /** Connections as that role. Connections of one's own have to be closed before the file ends. */
  readonly pool: pg.Pool
  /** The URL of the database for the server's superuser, for what nobody else may do; the test says what that is. */
  superuserBecause(reason: string): string
  /** Drops the database at once, and not only at the end of the file. */
  drop(): Promise<void>
}

/** A role that owns its database and its tables and may do nothing beyond, as on a managed server. */
const ownerRole = 'ec_test_owner'

export const isOwnerRun = process.env.EC_TEST_ROLE !== 'superuser'

/** Vitest loads this file anew for every test file, and a hook registered while loading it is one of that file. */
const databases: TestDatabase[] = []
afterAll(() => Promise.all(databases.map((database) => database.drop())))

/** Makes an empty database, which is dropped at the end of the test file. */
export async function createTestDatabase(options: { readonly template?: string } = {}): Promise<TestDatabase> {
  const server = borrowServer(inject('serverUrl'))
  const superuserUrl = await server.createDatabase(options)
  const name = new URL(superuserUrl).pathname.slice(1)
  const url = isOwnerRun ? await handOver(server, name, superuserUrl) : superuserUrl
  const pool = new pg.Pool({ connectionString: url })
  // `pool.end()` says goodbye and does not wait for the answer, so dropping the database may still find the connection.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', () => undefined)
  const drop = once(async () => {
    await pool.end()
    await server.dropDatabase(name)
  })
  const database = { url, name, pool, superuserBecause: (_reason: string) => superuserUrl, drop }
  databases.push(database)
  return database
}

/** Makes the owner role the owner of a database, and returns its URL for that role. */
async function handOver(server: DatabaseServer, name: string, superuserUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await createOwnerRole(client)
    await client.query(`alter database ${identifier(name)} owner to ${ownerRole}`)
  } finally {
    await client.end()
  }
  const url = new URL(superuserUrl)
  url.username = ownerRole
  url.password = ownerRole
  return url.href
}

/** The role is shared by all databases of a server, and test files that run at once race to create it. */
async function createOwnerRole(client: pg.Client): Promise<void> {
  await client.query(`do $$ begin
    create role ${ownerRole} login nosuperuser password '${ownerRole}';
  exception when duplicate_object or unique_violation then null;
  end $$`)
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= action()
    return done
  }
}
