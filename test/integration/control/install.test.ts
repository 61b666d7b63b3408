import { expect, it } from 'vitest'
import { installControlTables, requireControlTables } from '../../../src/control/install.ts'
import { openSession } from '../../../src/control/session.ts'
import { backendPid, untilBlocked } from '../../support/blocked.ts'
import { createTestDatabase } from '../../support/database.ts'

it('says why an installation ended whose connection was cut off', async () => {
  const { url, pool } = await createTestDatabase()
  const [other, session] = await Promise.all([openSession(url), openSession(url)])
  await other.client.query('BEGIN; CREATE SCHEMA expand_contract')
  const pid = await backendPid(session.client)
  const ended = expect(installControlTables(session)).rejects.toMatchObject({ code: '57P01' })
  await untilBlocked(pool, pid, await backendPid(other.client))
  await pool.query('SELECT pg_terminate_backend($1)', [pid])
  await ended
  await Promise.all([other.close(), session.close()])
})

it('tells control tables of an older version from none', async () => {
  const { url, pool } = await createTestDatabase()
  const session = await openSession(url)
  await expect(requireControlTables(session)).rejects.toMatchObject({ code: 'EC_CONTROL_MISSING' })
  const [latest] = (await installControlTables(session)).slice(-1)
  await requireControlTables(session)
  await pool.query(`UPDATE expand_contract.control_migrations SET tag = 'of_an_older_version' WHERE tag = $1`, [latest])
  await expect(requireControlTables(session)).rejects.toMatchObject({
    code: 'EC_CONTROL_OUTDATED',
    details: { missing: [latest] },
  })
  await session.close()
})
