import { existsSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { startScratchServer } from '../../../src/scratch/index.ts'
import { runningProcesses } from '../../../src/scratch/processes.ts'
import { query } from '../../support/query.ts'
import { segmentCreators } from '../../support/traces.ts'

const server = await startScratchServer({ settings: { work_mem: '7MB', enable_seqscan: false } })
afterAll(() => server.stop())

test('the server listens on 127.0.0.1 alone, below the ports of outgoing connections', async () => {
  expect(server.port).toBeGreaterThanOrEqual(20_000)
  expect(server.port).toBeLessThan(32_000)
  const [row] = await query(
    server.url,
    `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`,
  )
  expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' })
})

test('settings of the caller are in force, and those that make it fast', async () => {
  const [row] = await query(
    server.url,
    `select current_setting('work_mem') as work_mem, current_setting('enable_seqscan') as enable_seqscan,
      current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes`,
  )
  expect(row).toEqual({
    work_mem: '7MB',
    enable_seqscan: 'off',
    fsync: 'off',
    full_page_writes: 'off',
  })
})

test('after a crash the server starts again on its port, with every commit it has acknowledged', async () => {
  const url = await server.createDatabase({ name: 'survivor' })
  await query(url, 'create table people (name text)')
  await query(url, `insert into people values ('Ada')`)
  const { port, pid } = server

  await server.crash()
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.start()

  expect(server.port).toBe(port)
  expect(server.pid).not.toBe(pid)
  expect(await query(url, 'select name from people')).toEqual([{ name: 'Ada' }])
})

test('starting a server that runs changes nothing', async () => {
  const { pid } = server
  await server.start()
  expect(server.pid).toBe(pid)
})

test('a server that is stopped after a crash leaves no process, no directory and no shared memory', async () => {
  const crashed = await startScratchServer()
  const { pid, directory } = crashed
  await crashed.crash()
  await Promise.all([crashed.stop(), crashed.stop()])
  expect(existsSync(directory)).toBe(false)
  expect(runningProcesses().filter(({ command }) => command.includes(directory.split('/').at(-1) ?? ''))).toEqual([])
  expect(segmentCreators()).not.toContain(pid)
  await expect(crashed.start()).rejects.toMatchObject({
    code: 'EC_SCRATCH',
    message: 'The scratch server was used after stop(), when its directory is gone.',
    fix: 'Start another server.',
  })
})

test('a server that does not start says why, and leaves nothing', async () => {
  await expect(startScratchServer({ settings: { max_connections: 'many' } })).rejects.toMatchObject({
    code: 'EC_SCRATCH',
    message: expect.stringContaining('invalid value for parameter "max_connections": "many"'),
    fix: expect.stringContaining('or set DATABASE_URL'),
  })
})

test('durable servers write to the disk', async () => {
  const durable = await startScratchServer({ fsync: true })
  const [row] = await query(durable.url, `select current_setting('fsync') as fsync`)
  await durable.stop()
  expect(row).toEqual({ fsync: 'on' })
})

test('servers started at the same moment do not get in each other’s way', async () => {
  const servers = await Promise.all([startScratchServer(), startScratchServer(), startScratchServer()])
  const answers = await Promise.all(servers.map(({ url }) => query(url, 'select 1 as one')))
  await Promise.all(servers.map((one) => one.stop()))
  expect(answers).toEqual([[{ one: 1 }], [{ one: 1 }], [{ one: 1 }]])
  expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
})
