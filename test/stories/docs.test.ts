import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { commandLines, ownArguments } from '../support/command-lines.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { allPages, type Block, blocksOf, marked, quoted, readPage, tableRows } from '../support/documents.ts'
import { makePackedProject, type PackedProject, type Running, type ShellResult } from '../support/packed-project.ts'
import { query } from '../support/query.ts'

/**
 * The README, followed to the letter by somebody who has a table in production: the release before the change, then its
 * files, its commands and its service, until the old column is gone.
 */

const readme = readPage('README.md')
const readmeBlocks = blocksOf(readme)
const commandsPage = readPage('docs/commands.md')

let database: TestDatabase
let project: PackedProject
let service: Running | undefined
/** The role of the service: no owner of anything. */
const role = `ec_docs_${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  database = await createTestDatabase()
  project = makePackedProject()
})

afterAll(async () => {
  await service?.stop()
  await query(database.superuserBecause('it drops a role'), `DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

function run(line: string): Promise<ShellResult> {
  return project.sh(line, { env: { DATABASE_URL: database.url, APP_ENV: 'production' } })
}

/** Runs a line that has to end with one of these codes. */
async function runTo(codes: readonly number[], line: string): Promise<ShellResult> {
  const result = await run(line)
  expect(codes, `${line}\n${result.stdout}${result.stderr}`).toContain(result.code)
  return result
}

interface Situation {
  readonly phase: string
  readonly next: { readonly kind: string; readonly percent?: number; readonly decision: string | null }
}

async function situation(): Promise<Situation> {
  return json(await runTo([0, 2], 'npx expand-contract next --dry-run --json'))
}

function json(result: ShellResult): Situation & Record<string, unknown> {
  return JSON.parse(result.stdout) as Situation & Record<string, unknown>
}

const ownLines = (block: Block) => commandLines(block).filter((line) => ownArguments(line) !== undefined)

describe('the README, followed to the letter', async () => {
  it('begins with the release before the change', async () => {
    for (const { file, text } of readmeBlocks) if (file !== undefined) project.write(file, text)
    const schema = readmeBlocks.find(({ file }) => file === 'src/schema.ts')!.text
    project.write('src/schema.ts', schema.replace(/^ {2}fullName.*\n/m, ''))
    project.write('src/changes.ts', 'export {}\n')
    await runTo([0], 'npx expand-contract generate --name users')
    await runTo([0], 'npx expand-contract migrate')
    await database.pool.query(
      `INSERT INTO users (email, name) SELECT 'user' || i || '@example.com', 'User ' || i FROM generate_series(1, 2000) i`,
    )
  })

  it('takes its files, and its commands do what their comments say', async () => {
    for (const { file, text } of readmeBlocks) if (file !== undefined) project.write(file, text)
    const [generate, migrate, next] = ownLines(
      readmeBlocks.find(({ language, text }) => language === 'sh' && text.includes('expand-contract'))!,
    )
    const files = (await runTo([0], generate!)).stdout.match(/^\+ .*\.sql/gm)
    expect(files, 'four migration files').toHaveLength(4)
    expect((await runTo([0], migrate!)).stdout).toMatch(/✓ 0001_user-full-name_expand .*\n(· .* waits for .*\n){3}/)
    expect((await runTo([0], next!)).stdout).toContain('✓ Repositories write users.name and users.full_name.')
    expect(await situation()).toMatchObject({ phase: 'dual-write', next: { kind: 'backfill' } })
  })

  it('runs its service as a role with no more rights than docs/configuration.md grants', async () => {
    const grants = blocksOf(readPage('docs/configuration.md')).find(({ language }) => language === 'sql')!.text
    const superuserUrl = database.superuserBecause('it creates a role')
    await query(superuserUrl, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
    await query(superuserUrl, grants.replaceAll(/\bapp\b/g, role))
    await query(superuserUrl, `GRANT SELECT, INSERT, UPDATE, DELETE ON users TO ${role}`)
    await query(superuserUrl, `GRANT USAGE ON SEQUENCE users_id_seq TO ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = role
    service = project.start('src/users.ts', { DATABASE_URL: url.href, GIT_SHA: '4f2a1c' })
    await vi.waitFor(
      async () => {
        const { rows } = await database.pool.query(`SELECT name, full_name FROM users WHERE email = 'ada@example.com'`)
        expect(rows).toEqual([{ name: 'Ada Lovelace', full_name: 'Ada Lovelace' }])
      },
      { timeout: 15_000, interval: 50 },
    )
    expect((await run('npx expand-contract status')).stdout).toMatch(
      / {2}billing 4f2a1c on .* is at "dual-write" · flags: database/,
    )
  })

  it('finds every command of the other pages to be one', async () => {
    const lines = allPages()
      .filter(({ path }) => path.startsWith('docs/'))
      .flatMap(blocksOf)
      .filter(({ language }) => language === 'sh')
      .flatMap(ownLines)
      // It would end the change that the other commands are about; test/stories/abandon.test.ts runs it.
      .filter((line) => !line.includes('--abandon'))
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) await runTo([0, 2], line)
  })

  it('prints with --json the fields that docs/commands.md has', async () => {
    await Promise.all(
      [
        'init --dry-run',
        'generate --dry-run',
        'migrate --dry-run',
        'next --dry-run',
        'next --safe --dry-run',
        'back --dry-run',
        'status',
        'history',
      ].map(expectDocumentedFields),
    )
    for (const line of ['backfill', 'verify', 'reads user-full-name 10']) await expectDocumentedFields(line)
  })

  it('asks for three decisions, and shows what the sample shows', async () => {
    const decisions: string[] = []
    let { next } = await situation()
    while (next.kind !== 'soak') {
      const { decision } = next
      if (decision !== null && !decisions.includes(decision)) {
        decisions.push(decision)
        expect((await runTo([2], 'npx expand-contract next')).stdout).toContain(`This is a decision (${decision})`)
      }
      if (next.kind === 'arm') await letTheSoakPass()
      if (next.percent === 100) expectSample((await run('npx expand-contract next user-full-name')).stdout)
      next = json(await runTo([0], 'npx expand-contract next user-full-name --yes --wait --json')).next
    }
    expect(decisions).toEqual(['reads', 'stop using old', 'retire'])
  })

  it('is undone by the one undo, until the old column is dropped', async () => {
    await runTo([2], 'npx expand-contract back user-full-name')
    await runTo([0], 'npx expand-contract back user-full-name --yes')
    expect((await situation()).phase).toBe('new-only')
    await runTo([0], 'npx expand-contract contract user-full-name --yes')
    expect((await situation()).next.kind).toBe('soak')
    await database.pool.query('UPDATE expand_contract.changes SET soak_ms = 0')
    await runTo([0], 'npx expand-contract contract user-full-name --yes')
    expect((await situation()).next.kind).toBe('done')
    await runTo([2], 'npx expand-contract back user-full-name --yes')
  })

  it('ends with the second pull request, whose migration is empty', async () => {
    const schema = readmeBlocks.find(({ file }) => file === 'src/schema.ts')!.text
    project.write('src/schema.ts', schema.replace(/^ {2}name:.*\n/m, ''))
    project.write('src/changes.ts', 'export {}\n')
    await runTo([0], 'npx expand-contract generate --name end')
    expect((await runTo([0], 'npx expand-contract migrate')).stdout).toMatch(/✓ 0005_end/)
    expect((await run('npx expand-contract generate')).stdout).toContain('Nothing to do')
  })
})

/** Old is refused only when its writers have had the whole soak to be seen; then a week goes by. */
async function letTheSoakPass(): Promise<void> {
  expect((await runTo([2], 'npx expand-contract next')).stdout).toContain('watched for less than the soak')
  await database.pool.query(`UPDATE expand_contract.transitions SET at = at - interval '7 days'`)
}

async function expectDocumentedFields(line: string): Promise<void> {
  const { version, command, ...fields } = json(await runTo([0, 2], `npx expand-contract ${line} --json`))
  expect({ version, command }).toEqual({ version: 1, command: line.split(' ')[0] })
  for (const field of Object.keys(fields)) expect(documentedFields(String(command)), line).toContain(field)
}

function documentedFields(command: string): readonly string[] {
  const section = commandsPage.text.split(/^## /m).find((text) => text.startsWith(`\`${command}`))!
  const described = section.split('\n\n').find((paragraph) => paragraph.startsWith('JSON: '))!
  const situated = described.includes('(#a-situation-in-json)')
    ? tableRows(marked(commandsPage, 'situation')).flatMap(([field]) => quoted(field!))
    : []
  return [...quoted(described), ...situated]
}

/** The sample of the README, apart from its figures and from the question that only a terminal is asked. */
function expectSample(output: string): void {
  const sample = readmeBlocks.find(({ language, text }) => language === '' && text.startsWith('user-full-name'))!.text
  const lines = sample.trimEnd().split('\n')
  expect(lines.at(-1)).toBe('Go on? (y/N)')
  expect(withoutFigures(output).split('\n').slice(0, -2)).toEqual(
    withoutFigures(lines.slice(0, -1).join('\n')).split('\n'),
  )
}

function withoutFigures(text: string): string {
  return text
    .replace(/(Next: |● )?\d[\d,]*/g, (figure, kept) => (kept === undefined ? 'N' : figure))
    .replace('process agrees', 'processes agree')
}
