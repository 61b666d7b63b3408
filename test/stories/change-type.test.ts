import { beforeAll, describe, expect, it } from 'vitest'
import { commandLines, ownArguments } from '../support/command-lines.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Block, blocksOf, readPage } from '../support/documents.ts'
import { makePackedProject, type PackedProject } from '../support/packed-project.ts'

const example = 'examples/03-change-type'

let project: PackedProject

beforeAll(() => {
  project = makePackedProject()
  project.copy(example, example)
})

function run({ url }: TestDatabase, line: string) {
  return project.sh(line, { in: example, env: { DATABASE_URL: url } })
}

/** The commands of a block; those whose comment says so are refused. */
async function runCommands(database: TestDatabase, { text }: Block): Promise<void> {
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [command] = commandLines({ text: line })
    const { code, stdout, stderr } = await run(database, command!)
    expect(code, `${line}\n${stdout}${stderr}`).toBe(/# refused/.test(line) ? 2 : 0)
  }
}

/** The rows that the last statement of a block gives. */
async function runStatements({ pool }: TestDatabase, { text }: Block): Promise<readonly string[]> {
  const results = await pool.query({ text, rowMode: 'array' })
  const { rows } = [results].flat().at(-1)!
  return (rows as unknown as unknown[][]).map((row) => row.map((value) => value ?? '').join('|'))
}

function rowsShown({ text }: Block): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .join('|'),
    )
}

describe(`${example}/README.md`, () => {
  // Some twenty commands, a process each.
  it('tells what happens when its commands and statements are run, from the release before to the drop', {
    timeout: 300_000,
  }, async () => {
    const database = await createTestDatabase()
    const blocks = blocksOf(readPage(`${example}/README.md`)).filter(({ language }) => language !== 'ts')
    expect(blocks.map(({ language }) => language)).toContain('sql')
    let rows: readonly string[] = []
    for (const block of blocks) {
      if (block.language === 'sh') await runCommands(database, block)
      else if (block.language === 'sql') rows = await runStatements(database, block)
      else expect(rows, block.text).toEqual(rowsShown(block))
    }
  })

  it('calls nothing but this package', () => {
    const lines = blocksOf(readPage(`${example}/README.md`))
      .filter(({ language }) => language === 'sh')
      .flatMap(commandLines)
    expect(lines.filter((line) => ownArguments(line) === undefined)).toEqual([])
  })
})

it('an empty database goes straight to where production ends', async () => {
  const database = await createTestDatabase()
  const { code, stdout, stderr } = await run(database, 'npx expand-contract migrate')
  expect(code, stdout + stderr).toBe(0)
  const { rows } = await database.pool.query(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'accounts' ORDER BY ordinal_position`,
  )
  expect(rows.map(({ name }) => name)).toEqual(['id', 'owner', 'balance_cents'])
})
