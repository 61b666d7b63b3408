import { expect, test } from 'vitest'
import { rolesWithoutNewSide } from '../../../src/catalog/rights.ts'
import { openSession } from '../../../src/control/session.ts'
import { identifier } from '../../../src/sql/identifier.ts'
import { createTestDatabase } from '../../support/database.ts'

test('a role with a right on the old column alone is named, whichever right it is', async () => {
  const { superuserBecause, name: database } = await createTestDatabase()
  const { client, close } = await openSession(superuserBecause('it creates roles'))
  const [table, columns] = [
    { schema: 'public', name: 'users' },
    { old: ['name'], next: ['full_name'] },
  ]
  const roles = ['SELECT', 'INSERT', 'UPDATE'].map((right) => [right, `${database}_${right.toLowerCase()}`] as const)
  await client.query('CREATE TABLE users (id integer PRIMARY KEY, name text, full_name text)')
  try {
    for (const [right, role] of roles) {
      await client.query(`CREATE ROLE ${identifier(role)}`)
      await client.query(`GRANT ${right} (name) ON users TO ${identifier(role)}`)
    }
    const names = roles.map(([, role]) => role)
    expect(await rolesWithoutNewSide(client, table, columns)).toEqual(names.toSorted())
    for (const [right, role] of roles) await client.query(`GRANT ${right} (full_name) ON users TO ${identifier(role)}`)
    expect(await rolesWithoutNewSide(client, table, columns)).toEqual([])
  } finally {
    for (const [, role] of roles) {
      await client.query(`DROP OWNED BY ${identifier(role)}`)
      await client.query(`DROP ROLE ${identifier(role)}`)
    }
    await close()
  }
})
