import { beforeAll, describe, expect, it } from 'vitest'
import { type CliProject, type CommandResult, makeCliProject, publicBarrel } from '../support/cli-project.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let project: CliProject

/** A change without copy-back, with some rows, whose old side has fallen behind in new-only. */
beforeAll(async () => {
  database = await createTestDatabase()
  project = makeCliProject(database.url)
  const schema = (columns: string) => `import { pgTable, serial, text } from 'drizzle-orm/pg-core'
export const users = pgTable('users', { id: serial('id').primaryKey(), name: text('name')${columns} })
`
  project.write('schema.ts', schema(''))
  project.write('changes.ts', 'export {}\n')
  await project.run('generate')
  await project.run('migrate')
  await database.pool.query(`INSERT INTO users (name) SELECT 'name ' || i FROM generate_series(1, 50) i; ANALYZE users`)
  project.write('schema.ts', schema(`, fullName: text('full_name')`))
  project.write(
    'changes.ts',
    `import { renameColumn } from '${publicBarrel}'
import { users } from './schema.ts'
export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName', soak: '0', copyBack: false })
`,
  )
  await project.run('generate')
  await project.run('migrate')
  for (let result = await next(); result.json.phase !== 'new-only'; result = await next()) {
    if (result.code !== 0) throw new Error(JSON.stringify(result))
  }
  await database.pool.query(`UPDATE users SET full_name = 'behind' WHERE id <= 10`)
}, 120_000)

function next(): Promise<CommandResult> {
  return project.run('next', '--yes', '--json')
}

function back(...options: readonly string[]): Promise<CommandResult> {
  return project.run('back', ...options, '--json')
}

async function phase(): Promise<unknown> {
  return ((await project.run('status', '--json')).json.changes as { phase: string }[])[0]!.phase
}

describe('back, without copy-back', () => {
  it('is the way out that the refused verification names', async () => {
    const { code, json } = await project.run('verify', '--json')
    expect(code).toBe(2)
    expect(json.error).toMatchObject({ code: 'EC_OLD_GIVEN_UP', fix: expect.stringContaining('expand-contract back') })
  })

  it('says first what it does and what it costs, and does nothing without --yes', async () => {
    const { code, json } = await back()
    expect(code).toBe(2)
    expect(json.back).toMatchObject({
      kind: 'transition',
      to: 'read-new',
      loses: [expect.stringContaining('about 50 rows are gone through'), expect.stringContaining('accepts NULL')],
      remaining: [{ kind: 'transition', to: 'read-new' }],
    })
    expect((await back('--dry-run')).code).toBe(0)
    expect(await phase()).toBe('new-only')
  })

  it('takes one step each with --yes, and says what remains', async () => {
    const left = async () => {
      const { code, json } = await back('--yes')
      expect(code).toBe(0)
      return [json.phase, ...(json.remaining as { kind: string }[]).map(({ kind }) => kind)]
    }
    expect(await left()).toEqual(['read-new'])
    expect((await back()).json.back).toMatchObject({
      kind: 'backfill',
      remaining: [{ kind: 'backfill' }, { kind: 'verify' }, { kind: 'transition', to: 'read-switch' }],
    })
    expect(await left()).toEqual(['read-new', 'verify', 'transition'])
    expect(await left()).toEqual(['read-new', 'transition'])
    expect(await left()).toEqual(['read-switch'])
    const { rows } = await database.pool.query(
      'SELECT count(*)::int AS n FROM users WHERE name IS DISTINCT FROM full_name',
    )
    expect(rows).toEqual([{ n: 0 }])
  })
})
