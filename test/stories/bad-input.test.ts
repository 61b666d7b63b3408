import { beforeEach, describe, expect, it } from 'vitest'
import { type CliProject, configFile, makeCliProject } from '../support/cli-project.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let project: CliProject

beforeEach(async () => {
  database = await createTestDatabase()
  project = makeCliProject(database.url)
})

const canary = 'canary-7f3a'

async function expandOverExistingTable(): Promise<void> {
  await database.pool.query('CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL)')
  await database.pool.query(`INSERT INTO users (name) SELECT '${canary} ' || i FROM generate_series(1, 50) i`)
  await project.run('generate')
  // The table is older than the first migration: mark it as applied, as a team does that adopts migrations late.
  const { readFileSync } = await import('node:fs')
  const { createHash } = await import('node:crypto')
  const folder = `${project.folder}/drizzle`
  const [first] = JSON.parse(readFileSync(`${folder}/meta/_journal.json`, 'utf8')).entries
  const hash = createHash('sha256')
    .update(readFileSync(`${folder}/${first.tag}.sql`, 'utf8'))
    .digest('hex')
  await database.pool.query(
    'CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)',
  )
  await database.pool.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
    hash,
    first.when,
  ])
  expect((await project.run('migrate')).code).toBe(0)
}

describe('a command that cannot work says why and what to do, and leaves everything as it was', () => {
  it('without a configuration', async () => {
    const { code, json } = await project.run('status', '--config', 'elsewhere.ts', '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({
      code: 'EC_CONFIG_NOT_FOUND',
      message: expect.stringContaining('"elsewhere.ts"'),
    })
  })

  it('with a malformed configuration: every mistake at once', async () => {
    project.write('expand-contract.config.ts', configFile({ schema: 7, migration: './x', url: '', lockTimeout: -1 }))
    const { code, json } = await project.run('status', '--json')
    expect(code).toBe(3)
    expect(json.error!.code).toBe('EC_CONFIG_INVALID')
    for (const mistake of ['schema: ', 'url: no database URL (is DATABASE_URL set?)', 'lockTimeout: ', '"migration"']) {
      expect(json.error!.message).toContain(mistake)
    }
  })

  it('with a configuration that does not load', async () => {
    project.write('expand-contract.config.ts', 'export default {{')
    expect((await project.run('status', '--json')).json.error).toMatchObject({
      code: 'EC_CONFIG_INVALID',
      message: expect.stringContaining('cannot be loaded'),
    })
  })

  it('with a file of changes that is not there', async () => {
    project.write(
      'expand-contract.config.ts',
      configFile({ schema: './schema.ts', changes: './chanegs.ts', url: database.url }),
    )
    expect((await project.run('status', '--json')).json.error).toMatchObject({
      code: 'EC_CONFIG_INVALID',
      message: expect.stringContaining('./chanegs.ts does not exist'),
    })
  })

  it('with a database that cannot be reached', async () => {
    project.write(
      'expand-contract.config.ts',
      configFile({
        schema: './schema.ts',
        changes: './changes.ts',
        url: `postgres://someone:${canary}@127.0.0.1:1/app`,
      }),
    )
    const { code, stdout, stderr, json } = await project.run('status', '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({ code: 'EC_UNREACHABLE', message: expect.stringContaining('127.0.0.1:1/app') })
    expect(stdout + stderr).not.toContain(canary)
  })

  it.each(['next', 'back', 'status', 'contract', 'backfill', 'verify', 'history'])(
    '%s without control tables',
    async (command) => {
      const { code, json } = await project.run(command, '--json')
      expect(code).toBe(3)
      expect(json.error).toMatchObject({
        code: 'EC_CONTROL_MISSING',
        fix: expect.stringContaining('expand-contract migrate'),
      })
    },
  )

  it('for a change that is not declared', async () => {
    await project.run('init')
    const { code, json } = await project.run('next', 'user-ful-name', '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({ code: 'EC_CHANGE_UNDECLARED', fix: 'Declared are: "user-full-name".' })
  })

  it('for a change that the database does not know', async () => {
    await database.pool.query('CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL)')
    await project.run('init')
    expect(await project.run('next', '--json')).toMatchObject({
      code: 2,
      json: { phase: 'planned', next: { kind: 'migrate' } },
    })
    expect(await project.run('back', '--yes', '--json')).toMatchObject({ code: 0, json: { back: { kind: 'none' } } })
    for (const args of [['reads', 'user-full-name', '25'], ['backfill'], ['verify']]) {
      const { code, json } = await project.run(...args, '--json')
      expect(code).toBe(2)
      expect(json.error).toMatchObject({
        code: 'EC_CHANGE_UNRECORDED',
        fix: expect.stringContaining('expand-contract migrate'),
      })
    }
  })

  it('for a declaration that differs from the one recorded', async () => {
    await expandOverExistingTable()
    await database.pool.query(
      `UPDATE expand_contract.changes SET declaration = jsonb_set(declaration, '{old}', '["surname"]'), declaration_hash = 'x'`,
    )
    const { code, json } = await project.run('next', '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({
      code: 'EC_DECLARATION_DIFFERS',
      message: expect.stringContaining('old: recorded ["surname"], declared ["name"]'),
    })
  })

  it('for a step out of order', async () => {
    await expandOverExistingTable()
    const before = await database.pool.query('SELECT * FROM expand_contract.changes')
    expect(await project.run('contract', '--yes', '--json')).toMatchObject({
      code: 3,
      json: { error: { code: 'EC_PHASE_ORDER' } },
    })
    expect((await database.pool.query('SELECT * FROM expand_contract.changes')).rows).toEqual(before.rows)
  })

  it('for a backfill and a verification of a table that has vanished', async () => {
    await expandOverExistingTable()
    await database.pool.query('ALTER TABLE users RENAME TO people')
    for (const command of ['backfill', 'verify']) {
      const { code, json } = await project.run(command, '--json')
      expect([1, 2, 3]).toContain(code)
      expect(json.error!.code).toMatch(/^EC_(SCHEMA_CHANGED_UNDER|GUARD_REFUSED)$/)
    }
  })

  it.each([
    [['next', '--dry-rum'], 'there is no such option'],
    [['next', 'user-full-name', 'too-much'], 'one argument too many'],
    [['next', '--all'], 'it goes with --safe'],
    [['reads', 'user-full-name', 'many'], 'is not a whole number from 0 to 100'],
    [['reads', 'user-full-name', '101'], 'is not a whole number from 0 to 100'],
    [['backfill', '--page-rows', '0'], 'is not a whole number above 0'],
    [['nxt'], 'there is no such command'],
  ])('for %j', async (args, problem) => {
    await expandOverExistingTable()
    const { code, json } = await project.run(...args, '--json')
    expect(code).toBe(3)
    expect(json.error).toMatchObject({ code: 'EC_OPTION_INVALID', message: expect.stringContaining(problem) })
  })

  it('no command prints a value of a row, in text or JSON', async () => {
    await expandOverExistingTable()
    await database.pool.query(
      `ALTER TABLE users DISABLE TRIGGER USER; INSERT INTO users (name, full_name) VALUES ('${canary} a', '${canary} b')`,
    )
    await database.pool.query(
      `ALTER TABLE users ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u"`,
    )
    for (const args of [
      ['next'],
      ['next'],
      ['verify'],
      ['verify', '--repair'],
      ['status'],
      ['history'],
      ['next', '--yes'],
      ['back', '--yes'],
    ]) {
      for (const format of [[], ['--json']]) {
        const { stdout, stderr } = await project.run(...args, ...format)
        expect(stdout + stderr).not.toContain(canary)
        expect((stdout + stderr).length).toBeGreaterThan(0)
      }
    }
  }, 60_000)
})
