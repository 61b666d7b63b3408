import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { commandLines } from '../support/command-lines.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { blocksOf, readPage } from '../support/documents.ts'
import { makePackedProject, type PackedProject } from '../support/packed-project.ts'

const example = 'examples/01-rename-column'

/** The blocks of commands of the example's README that call the command line: for an empty database, and for one in use. */
const [inEmptyDatabase, inDatabaseInUse] = blocksOf(readPage(`${example}/README.md`))
  .filter(({ language, text }) => language === 'sh' && text.includes('npx expand-contract'))
  .map(commandLines)

let project: PackedProject

beforeAll(() => {
  project = makePackedProject()
  project.copy(example, example)
})

async function succeed({ url }: TestDatabase, line: string): Promise<string> {
  const { code, stdout, stderr } = await project.sh(line, { in: example, env: { DATABASE_URL: url } })
  expect(code, `${line}\n${stdout}${stderr}`).toBe(0)
  return stdout
}

async function columnsOf({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ column_name: string }>(
    `SELECT column_name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position`,
  )
  return rows.map(({ column_name }) => column_name)
}

describe(`the commands of ${example}/README.md`, () => {
  it('take an empty database straight to where production ends', async () => {
    const database = await createTestDatabase()
    const outputs: string[] = []
    for (const line of inEmptyDatabase!) outputs.push(await succeed(database, line))
    expect(outputs[0]).toContain('Nothing to do')
    expect(outputs.join('\n')).toContain('Contract ✓ dropped')
    expect(await columnsOf(database)).not.toContain('name')
  })

  it('let people take a database in use from stage to stage, and back', async () => {
    const database = await createTestDatabase()
    await migrate(drizzle({ client: database.pool }), { migrationsFolder: `${example}/old-release/drizzle` })
    await succeed(database, 'npx expand-contract migrate')
    for (const line of inDatabaseInUse!) await succeed(database, line)
    expect(await phaseOf(database), 'one step taken, and undone').toBe('dual-write')
  })
})

async function phaseOf({ pool }: TestDatabase): Promise<string> {
  const { rows } = await pool.query<{ phase: string }>('SELECT phase FROM expand_contract.changes')
  return rows[0]!.phase
}

it('the test that docs/testing.md shows passes in every phase', async () => {
  const files = [readPage('README.md'), readPage('docs/testing.md')].flatMap(blocksOf)
  for (const { file, text } of files) if (file !== undefined) project.write(file, text)
  const env = { DATABASE_URL: inject('serverUrl') }
  expect((await project.sh('npx expand-contract generate', { env })).code).toBe(0)
  const { code, stdout, stderr } = await project.sh('node --test test/users.test.ts', { env })
  expect(code, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/pass 1\b/)
})
