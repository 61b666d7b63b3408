import { expect, test } from 'vitest'
import { columnDependents } from '../../../src/catalog/dependents.ts'
import { createTestDatabase } from '../../support/database.ts'
import { apply, Project } from './project.ts'
import { stories } from './stories.ts'

const { before, during, changes } = stories.find(({ name }) => name === 'a column that a policy and a view read')!
const users = { schema: 'public', name: 'users' }

test.each([
  { room: 'is in the database', prepare: 'SELECT' },
  { room: 'was dropped by hand before', prepare: 'DROP POLICY by_name ON users' },
])(
  'after the handover no policy that the schema declares stands in the way of the contract: the old one $room',
  async ({ prepare }) => {
    const project = new Project()
    await project.generate(before)
    await project.generate(during, changes)
    const { pool } = await createTestDatabase()
    await apply(pool, project, ({ tag }) => !/_(handover|retire|drop)$/.test(tag))
    await pool.query(prepare)
    await apply(pool, project, ({ tag }) => tag.endsWith('_handover'))
    const client = await pool.connect()
    try {
      expect(await columnDependents(client, users, ['name'])).toEqual([])
      expect(await columnDependents(client, users, ['full_name'])).toEqual([
        'policy by_full_name on table users',
        'view names',
      ])
      await client.query(`CREATE POLICY by_hand ON users USING (name = 'x')`)
      expect(await columnDependents(client, users, ['name'])).toEqual(['policy by_hand on table users'])
    } finally {
      client.release()
    }
  },
)
