import pg from 'pg'
import { afterEach, expect, inject, test, vi } from 'vitest'
import { openScratchServer } from '../../../src/scratch/index.ts'
import { createTestDatabase } from '../../support/database.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('DATABASE_URL is used in place of a server of our own, and never stopped', async () => {
  vi.stubEnv('DATABASE_URL', inject('serverUrl'))
  const server = await openScratchServer()
  expect(server.url).toBe(inject('serverUrl'))
  const url = await server.createDatabase({ name: 'borrowed' })
  expect(new URL(url).port).toBe(new URL(inject('serverUrl')).port)
  await server.dropDatabase('borrowed')
  await server.stop()

  const database = await createTestDatabase()
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('an empty DATABASE_URL is none', async () => {
  vi.stubEnv('DATABASE_URL', '')
  const server = await openScratchServer()
  expect(server.url).not.toBe(inject('serverUrl'))
  await server.stop()
})

test('a DATABASE_URL that is no URL is refused without repeating it', async () => {
  vi.stubEnv('DATABASE_URL', 'host=db password=secret')
  const refusal = openScratchServer()
  await expect(refusal).rejects.toMatchObject({
    code: 'EC_SCRATCH',
    message: 'DATABASE_URL is set, but it is not a URL.',
  })
  await expect(refusal).rejects.not.toThrow(/secret/)
})

test('a server that does not answer is named by host and port, without the password', async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://somebody:secret@127.0.0.1:1/postgres')
  const server = await openScratchServer()
  const failure = await server.createDatabase().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'EC_UNREACHABLE', details: { host: '127.0.0.1:1' } })
  expect(String(failure)).not.toContain('secret')
})

test('a user who may not create databases is told so', async () => {
  const database = await createTestDatabase()
  const superuserUrl = database.superuserBecause('it creates a role')
  const superuser = new pg.Client(superuserUrl)
  await superuser.connect()
  await superuser.query(`create role ec_test_powerless login password 'powerless'`)
  const url = new URL(superuserUrl)
  url.username = 'ec_test_powerless'
  url.password = 'powerless'
  vi.stubEnv('DATABASE_URL', url.href)
  const failure = await openScratchServer()
    .then((server) => server.createDatabase())
    .catch((error: unknown) => error)
  await superuser.query('drop role ec_test_powerless')
  await superuser.end()
  expect(failure).toMatchObject({
    code: 'EC_SCRATCH',
    message: 'The user of DATABASE_URL may not create databases, and every use of a scratch server starts with one.',
  })
})
