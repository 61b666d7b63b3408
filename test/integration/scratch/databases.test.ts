import pg from 'pg'
import { describe, expect, inject, test, vi } from 'vitest'
import { borrowServer } from '../../../src/scratch/index.ts'
import { query } from '../../support/query.ts'

const server = borrowServer(inject('serverUrl'))
const nameOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1))

/** The backends that are about to create a database from the template. */
function creators(template: string): Promise<unknown[]> {
  const statement = `select pid from pg_stat_activity where query like 'create database%' || quote_ident('${template}')`
  return query(server.url, statement)
}

describe.concurrent('databases of a scratch server', () => {
  test('get names of their own', async () => {
    const urls = await Promise.all([server.createDatabase(), server.createDatabase()])
    expect(new Set(urls).size).toBe(2)
    for (const url of urls) {
      expect(await query(url, 'select current_database() as name')).toEqual([{ name: nameOf(url) }])
      await server.dropDatabase(nameOf(url))
    }
  })

  test('may have any name', async () => {
    const url = await server.createDatabase({ name: 'a "strange" näme %' })
    expect(await query(url, 'select current_database() as name')).toEqual([{ name: 'a "strange" näme %' }])
    await server.dropDatabase('a "strange" näme %')
    expect(await query(server.url, `select 1 from pg_database where datname like 'a "strange"%'`)).toEqual([])
  })

  test('are dropped together with the connections to them, and only once', async () => {
    const url = await server.createDatabase({ name: 'crowded' })
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    await server.dropDatabase('crowded')
    expect(await query(server.url, `select 1 from pg_database where datname = 'crowded'`)).toEqual([])
    await server.dropDatabase('crowded')
  })

  test('are copied from a template that is in use for longer than PostgreSQL waits for it', async () => {
    const template = await server.createDatabase({ name: 'the template' })
    await query(template, 'create table people (id int)')
    const client = new pg.Client({ connectionString: template })
    await client.connect()
    const copying = server.createDatabase({ template: 'the template' })
    const [first] = await vi.waitFor(async () => {
      const found = await creators('the template')
      expect(found).toHaveLength(1)
      return found
    })
    // PostgreSQL gives up after 5 s; the next attempt is that of another backend.
    const isRefused = async (): Promise<void> => {
      const found = await creators('the template')
      expect(found).toHaveLength(1)
      expect(found[0]).not.toEqual(first)
    }
    await vi.waitFor(isRefused, { timeout: 10_000, interval: 50 })
    await client.end()
    const copy = await copying
    expect(await query(copy, 'select * from people')).toEqual([])
    await server.dropDatabase(nameOf(copy))
    await server.dropDatabase('the template')
  })

  test('are not made where the name is taken, which is said without the connection string', async () => {
    await server.createDatabase({ name: 'taken' })
    await expect(server.createDatabase({ name: 'taken' })).rejects.toMatchObject({
      code: 'EC_QUERY_FAILED',
      message: '"create database "taken"" failed: database "taken" already exists.',
    })
    await server.dropDatabase('taken')
  })
})
