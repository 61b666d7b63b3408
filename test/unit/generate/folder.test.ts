import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { describesSameSchema } from '../../../src/drizzle/snapshot.ts'
import { namesOf, Project } from '../../integration/generate/project.ts'

const id = integer().primaryKey()
const before = { users: pgTable('users', { id, name: text() }) }
const users = pgTable('users', { id, name: text(), fullName: text('full_name') })
const during = { users }
const after = { users: pgTable('users', { id, fullName: text('full_name') }) }
const change = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })

async function projectInMidChange(): Promise<Project> {
  const project = new Project()
  await project.generate(before)
  await project.generate(during, [change])
  return project
}

const edit = (file: string, replace: (text: string) => string) =>
  writeFileSync(file, replace(readFileSync(file, 'utf8')))

test('a folder that does not exist is made, and the first table is created without the new column', async () => {
  const project = new Project()
  const result = await project.generate(during, [change])
  expect(namesOf(result)).toEqual([
    '0000_create_users',
    '0001_user-full-name_expand',
    '0002_user-full-name_handover',
    '0003_user-full-name_retire',
    '0004_user-full-name_drop',
  ])
  expect(result.files.map(({ step, changeId }) => [step, changeId])).toEqual([
    [undefined, undefined],
    ['expand', 'user-full-name'],
    ['handover', 'user-full-name'],
    ['retire', 'user-full-name'],
    ['drop', 'user-full-name'],
  ])
  expect(result.files[0]!.text).not.toContain('full_name')
  expect(readdirSync(project.folder).sort()).toEqual([...namesOf(result).map((tag) => `${tag}.sql`), 'meta'])
})

test('every snapshot equals the schema, follows the one before it, and its time is a second later', async () => {
  const project = await projectInMidChange()
  const entries = project.entries.slice(1)
  expect(entries.map(({ idx }) => idx)).toEqual([1, 2, 3, 4])
  const declared = project.snapshot('0004')
  expect(Object.keys(declared.tables['public.users']!.columns)).toEqual(['id', 'name', 'full_name'])
  for (const { idx, tag, when } of entries) {
    expect(describesSameSchema(project.snapshot(tag), declared)).toBe(true)
    expect(project.snapshot(tag).prevId).toBe(project.snapshot(project.entries[idx - 1]!.tag).id)
    expect(when - project.entries[idx - 1]!.when).toBeGreaterThanOrEqual(1000)
  }
})

test('a time in the future of the last migration does not put later ones before it', async () => {
  const project = new Project()
  await project.generate(before)
  edit(join(project.folder, 'meta/_journal.json'), (text) => text.replace(/"when": \d+/, '"when": 9000000000000'))
  await project.generate(during, [change])
  expect(project.entries.map(({ when }) => when - 9_000_000_000_000)).toEqual([0, 1000, 2000, 3000, 4000])
})

test('a second run writes nothing, nor does a run that nothing has changed for', async () => {
  const project = await projectInMidChange()
  const journal = readFileSync(join(project.folder, 'meta/_journal.json'), 'utf8')
  expect((await project.generate(during, [change])).files).toEqual([])
  expect(readFileSync(join(project.folder, 'meta/_journal.json'), 'utf8')).toBe(journal)
})

test('a dry run returns the files and writes none', async () => {
  const project = new Project()
  const { files } = await project.generate(during, [change], { dryRun: true })
  expect(files).toHaveLength(5)
  expect(existsSync(project.folder)).toBe(false)
})

test('the ordinary migration takes the name that is given', async () => {
  const project = new Project()
  expect(namesOf(await project.generate(during, [change], { name: 'start' }))[0]).toBe('0000_start')
})

test('an ordinary difference beside a declared change is a migration before its steps', async () => {
  const project = new Project()
  await project.generate(before)
  const posts = pgTable('posts', { id: integer().primaryKey() })
  expect(namesOf(await project.generate({ ...during, posts }, [change])).slice(0, 2)).toEqual([
    '0001_create_posts',
    '0002_user-full-name_expand',
  ])
})

test('the steps of two changes are in the order of the steps, and a shared index is made by the later expand', async () => {
  const table = pgTable(
    'users',
    { id, first: text(), last: text(), firstName: text('first_name'), lastName: text('last_name') },
    (columns) => [
      index('names').on(columns.firstName, columns.lastName),
      index('mixed').on(columns.first, columns.lastName),
    ],
  )
  const { files } = await new Project().generate({ table }, [
    renameColumn({ id: 'first', table, from: 'first', to: 'firstName' }),
    renameColumn({ id: 'last', table, from: 'last', to: 'lastName' }),
  ])
  expect(files.slice(1).map(({ changeId, step }) => `${step} ${changeId}`)).toEqual([
    'expand first',
    'expand last',
    'handover first',
    'handover last',
    'retire first',
    'retire last',
    'drop first',
    'drop last',
  ])
  expect(files[1]!.text).not.toContain('CONCURRENTLY')
  expect(files[2]!.text).toContain(
    'CREATE INDEX CONCURRENTLY "names" ON "users" USING btree ("first_name","last_name")',
  )
  expect(files[2]!.text).toContain('CREATE INDEX CONCURRENTLY "mixed" ON "users" USING btree ("first","last_name")')
})

test('the second pull request may bring other differences, and its migration holds them alone', async () => {
  const project = await projectInMidChange()
  const { files } = await project.generate({
    users: pgTable('users', { id, fullName: text('full_name'), email: text() }),
  })
  expect(files.map(({ text }) => text)).toEqual(['ALTER TABLE "users" ADD COLUMN "email" text;'])
})

test('a column that takes the old name after the change has ended is an ordinary one', async () => {
  const project = await projectInMidChange()
  await project.generate(after)
  const again = { users: pgTable('users', { id, fullName: text('full_name'), name: text() }) }
  expect((await project.generate(again)).files[0]!.text).toBe('ALTER TABLE "users" ADD COLUMN "name" text;')
  expect((await project.generate(after)).files[0]!.text).toBe('ALTER TABLE "users" DROP COLUMN "name";')
})

test('a table exported twice is one table', async () => {
  const project = new Project()
  expect(namesOf(await project.generate({ users, sameUsers: users }, [change]))).toHaveLength(5)
})

test.each([
  {
    fault: 'a journal that is no JSON',
    spoil: (folder: string) => edit(join(folder, 'meta/_journal.json'), (text) => `<<<<<<< HEAD\n${text}`),
    message: /_journal\.json cannot be read/,
  },
  {
    fault: 'a journal with a number out of order',
    spoil: (folder: string) => edit(join(folder, 'meta/_journal.json'), (text) => text.replace('"idx": 3', '"idx": 1')),
    message: /"0003_user-full-name_retire" out of order/,
  },
  {
    fault: 'a journal of another database',
    spoil: (folder: string) => edit(join(folder, 'meta/_journal.json'), (text) => text.replace('postgresql', 'mysql')),
    message: /no journal of PostgreSQL migrations/,
  },
  {
    fault: 'a migration without its file',
    spoil: (folder: string) => rmSync(join(folder, '0000_create_users.sql')),
    message: /names "0000_create_users", but .* does not exist/,
  },
  {
    fault: 'a last migration without a snapshot',
    spoil: (folder: string) => rmSync(join(folder, 'meta/0004_snapshot.json')),
    message: /"0004_user-full-name_drop" has no snapshot/,
  },
  {
    fault: 'a snapshot of an unknown format',
    spoil: (folder: string) =>
      edit(join(folder, 'meta/0004_snapshot.json'), (text) => text.replace('"version": "7"', '"version": "5"')),
    message: /format that is not known here \(version "5"/,
  },
  {
    fault: 'two branches from one snapshot',
    spoil: (folder: string) => {
      const { prevId } = JSON.parse(readFileSync(join(folder, 'meta/0003_snapshot.json'), 'utf8'))
      edit(join(folder, 'meta/0004_snapshot.json'), (text) =>
        text.replace(/"prevId": "[^"]+"/, `"prevId": "${prevId}"`),
      )
    },
    message: /generated from the same state, on two branches/,
  },
  {
    fault: 'migrations without a journal',
    spoil: (folder: string) => rmSync(join(folder, 'meta'), { recursive: true }),
    message: /but no meta\/_journal\.json/,
  },
  {
    fault: 'a change with three of its four steps',
    spoil: (folder: string) => edit(join(folder, '0002_user-full-name_handover.sql'), () => '-- empty'),
    message: /none for: handover/,
  },
  {
    fault: 'a folder of Drizzle 1.0',
    spoil: (folder: string) => {
      rmSync(folder, { recursive: true })
      mkdirSync(join(folder, '20261121064500_start'), { recursive: true })
      writeFileSync(join(folder, '20261121064500_start/migration.sql'), '')
    },
    message: /format of drizzle-kit 1\.0/,
  },
])('$fault is refused by name, and nothing is written', async ({ spoil, message }) => {
  const project = await projectInMidChange()
  spoil(project.folder)
  const files = readdirSync(project.folder, { recursive: true })
  await expect(project.generate(after)).rejects.toMatchObject({
    code: 'EC_GENERATE',
    message: expect.stringMatching(message),
  })
  expect(readdirSync(project.folder, { recursive: true })).toEqual(files)
})

test('a file that the journal does not name is never written over', async () => {
  const project = await projectInMidChange()
  const leftover = join(project.folder, '0005_user-full-name_closed.sql')
  writeFileSync(leftover, 'mine')
  await expect(project.generate(after)).rejects.toMatchObject({ message: expect.stringContaining(leftover) })
  expect(readFileSync(leftover, 'utf8')).toBe('mine')
  expect(project.entries).toHaveLength(5)
})
