import { afterAll } from 'vitest'
import { identifier } from '../../src/sql/identifier.ts'
import type { TestDatabase } from './database.ts'
import { query } from './query.ts'

/** A role that may log in and do nothing else. */
export interface LoginRole {
  /** Not quoted. */
  readonly name: string
  /** Of the database, for that role. */
  readonly url: string
}

/** Makes a role for one database; it goes at the end of the file. Its name is odd, so that nobody forgets to quote it. */
export async function createLoginRole(database: TestDatabase, part: string): Promise<LoginRole> {
  const superuserUrl = database.superuserBecause('it creates a role')
  const name = `${database.name} "${part}"`
  await query(superuserUrl, `CREATE ROLE ${identifier(name)} LOGIN PASSWORD '${part}'`)
  afterAll(() => query(superuserUrl, `DROP OWNED BY ${identifier(name)} CASCADE; DROP ROLE ${identifier(name)}`))
  const url = new URL(database.url)
  url.username = encodeURIComponent(name)
  url.password = part
  return { name, url: url.href }
}
