import { spawnSync } from 'node:child_process'
import { type AddressInfo, connect, createServer } from 'node:net'
import { drizzle } from 'drizzle-orm/node-postgres'
import { drizzle as drizzleReleaseCandidate } from 'drizzle-orm-rc/node-postgres'
import pg from 'pg'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { blocksOf, readPage, root } from '../../support/documents.ts'

/** What docs/repositories.md says of pg and of Drizzle, so that it is known when they have changed. */
const example = blocksOf(readPage('docs/repositories.md')).find(({ file }) => file === 'pool.ts')!.text

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})

/** A service whose connection is cut off between two statements of a transaction; it says what it has seen. */
const cutOff = `
let isClosed
pool.once('acquire', ({ connection }) => {
  isClosed = new Promise((resolve) => connection.stream.once('close', resolve))
})
const { rows } = await db.transaction(async (tx) => {
  const { rows: [{ pid }] } = await tx.execute('SELECT pg_backend_pid() AS pid')
  await pool.query('SELECT pg_terminate_backend($1)', [pid])
  await isClosed
  return tx.execute('SELECT 1')
}).catch(() => pool.query("SELECT 'it rejected, and the pool works' AS said"))
console.log(rows[0].said)
await pool.end()
`

describe('a connection that breaks inside a transaction', () => {
  const run = (pool: string, drizzleOrm: string) =>
    spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '-e', pool.replaceAll('drizzle-orm', drizzleOrm) + cutOff],
      { cwd: root, encoding: 'utf8', env: { ...process.env, DATABASE_URL: database.url } },
    )
  const survival = { status: 0, stdout: 'it rejected, and the pool works\n' }

  it.each(['drizzle-orm', 'drizzle-orm-rc'])('costs the transaction alone, with the pool of the docs and %s', (orm) => {
    expect(run(example, orm)).toMatchObject(survival)
  })

  it('ends the process without a listener on its client where Drizzle is 0.45', () => {
    const withoutListener = example.replace(/^pool\.on\('connect'.*\n/m, '')
    const { status, stderr } = run(withoutListener, 'drizzle-orm')
    expect(status).not.toBe(0)
    expect(stderr).toContain("Unhandled 'error' event")
    expect(run(withoutListener, 'drizzle-orm-rc')).toMatchObject(survival)
  })
})

/** A way to the database that breaks under a statement, once. */
async function fragileWay(breaksUnder: string): Promise<string> {
  const [target, way] = [new URL(database.url), new URL(database.url)]
  let isWhole = true
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    upstream.pipe(client)
    client.on('close', () => upstream.destroy())
    client.on('data', (sent) => {
      if (!isWhole || !sent.includes(breaksUnder)) return void upstream.write(sent)
      isWhole = false
      client.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  way.hostname = '127.0.0.1'
  way.port = String((server.address() as AddressInfo).port)
  return way.href
}

describe('a connection that breaks during BEGIN', () => {
  it.each([
    ['drizzle-orm 0.45, which keeps it for good', (client: pg.Pool) => drizzle({ client }), 1],
    ['drizzle-orm 1.0.0-rc.5, which gives it back', (client: pg.Pool) => drizzleReleaseCandidate({ client }), 0],
  ] as const)('%s', async (_, makeDatabase, kept) => {
    const client = new pg.Pool({
      connectionString: await fragileWay('begin'),
      max: 1,
      connectionTimeoutMillis: 500,
    })
    client.on('connect', (one) => one.on('error', () => undefined))
    const db: { transaction(work: () => Promise<void>): Promise<void> } = makeDatabase(client)
    await expect(db.transaction(async () => undefined)).rejects.toThrow('Failed query: begin')
    expect([client.totalCount, client.idleCount]).toEqual([kept, 0])
    const next = client.query('SELECT 1')
    if (kept === 0) await next.then(() => client.end())
    else await expect(next).rejects.toThrow('timeout exceeded when trying to connect')
  })
})
