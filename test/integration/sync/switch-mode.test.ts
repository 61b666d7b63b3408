import type { PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withTableLocks } from '../../../src/sql/lock-table.ts'
import { installSync, switchMode } from '../../../src/sync/index.ts'
import { backendPid, untilBlocked } from '../../support/blocked.ts'
import { createTestDatabase } from '../../support/database.ts'
import { ordinary } from './changed-tables.ts'

const { change, sides, table, old } = ordinary
const database = await createTestDatabase()
let writer: PoolClient
let laterWriter: PoolClient
let switching: PoolClient

beforeAll(async () => {
  ;[writer, laterWriter, switching] = (await Promise.all([1, 2, 3].map(() => database.pool.connect()))) as [
    PoolClient,
    PoolClient,
    PoolClient,
  ]
  for (const statement of [...ordinary.create, ...installSync(change, sides, 'old')]) await writer.query(statement)
})
afterAll(() => {
  for (const client of [writer, laterWriter, switching]) client.release()
})
beforeEach(async () => {
  await switchMode(writer, change, sides, { mode: 'old', copyBack: true })
  await writer.query(`DELETE FROM ${table}`)
  await writer.query(`INSERT INTO ${table} (id, ${old}) VALUES (1, 'a'), (2, 'a'), (3, 'a')`)
})

/** As a transition does it, without the probing: queues for the lock. */
async function switchTo(mode: 'both' | 'new'): Promise<void> {
  await switching.query('BEGIN')
  await switching.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
  await switchMode(switching, change, sides, { mode, copyBack: true })
  await switching.query('COMMIT')
}

async function rows() {
  const found = await database.pool.query<{ row: string }>(
    `SELECT name || ' ' || full_name AS row FROM people ORDER BY id`,
  )
  return found.rows.map(({ row }) => row)
}

test('a switch waits for an open writer, and who comes after it meets the new mode', async () => {
  const [writing, asking, coming] = [
    await backendPid(writer),
    await backendPid(switching),
    await backendPid(laterWriter),
  ]
  await writer.query('BEGIN')
  await writer.query(`UPDATE ${table} SET ${old} = 'b' WHERE id = 1`)
  const switched = switchTo('new')
  await untilBlocked(database.pool, asking, writing)
  const refused = laterWriter.query(`UPDATE ${table} SET ${old} = 'c' WHERE id = 2`).catch((error: unknown) => error)
  await untilBlocked(database.pool, coming, asking)
  await writer.query(`UPDATE ${table} SET ${old} = 'b' WHERE id = 3`)
  await writer.query('COMMIT')
  await switched
  expect(await refused).toMatchObject({ code: '55000' })
  expect(await rows()).toEqual(['b b', 'a a', 'b b'])
})

test('a statement that is under way when the switch is asked for ends under the mode in which it began', async () => {
  const gate = 4711
  await writer.query(`
    CREATE FUNCTION stop_at_2() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id = 2 THEN PERFORM pg_advisory_xact_lock(${gate}); END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER stop_at_2 BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION stop_at_2()`)
  const [writing, asking, holding] = [
    await backendPid(writer),
    await backendPid(switching),
    await backendPid(laterWriter),
  ]
  await laterWriter.query('SELECT pg_advisory_lock($1)', [gate])

  const written = writer.query(`UPDATE ${table} SET ${old} = 'b'`)
  await untilBlocked(database.pool, writing, holding)
  const switched = switchTo('new')
  await untilBlocked(database.pool, asking, writing)
  await laterWriter.query('SELECT pg_advisory_unlock($1)', [gate])

  expect((await written).rowCount).toBe(3)
  await switched
  expect(await rows()).toEqual(['b b', 'b b', 'b b'])
  await expect(writer.query(`UPDATE ${table} SET ${old} = 'c'`)).rejects.toMatchObject({ code: '55000' })
  await writer.query('DROP FUNCTION stop_at_2 CASCADE')
})

test('a transition that probes for the lock leaves other writers alone until the open one ends', async () => {
  await writer.query('BEGIN')
  await writer.query(`UPDATE ${table} SET ${old} = 'b' WHERE id = 1`)
  let attempts = 0
  const switched = withTableLocks(switching, {
    tables: [sides.table],
    mode: 'SHARE ROW EXCLUSIVE',
    work: () => switchMode(switching, change, sides, { mode: 'both', copyBack: true }),
    onBlocked: () => {
      attempts += 1
    },
  })
  await laterWriter.query(`SET lock_timeout = '10ms'`)
  for (let value = 0; attempts < 10; value += 1) {
    await laterWriter.query(`UPDATE ${table} SET ${old} = $1 WHERE id = 2`, [`w${value}`])
  }
  await writer.query('COMMIT')
  await switched
  await laterWriter.query('RESET lock_timeout')
  await laterWriter.query(`UPDATE ${table} SET full_name = 'd' WHERE id = 2`)
  expect(await rows()).toEqual(['b b', 'd d', 'a a'])
})
