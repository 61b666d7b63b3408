import { index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { readMigrations } from '../../../src/drizzle/migration-folder.ts'
import { namesOf, Project, type Schema } from '../../integration/generate/project.ts'

const id = integer().primaryKey()
const before = { users: pgTable('users', { id, name: text() }) }
const users = pgTable('users', { id, name: text(), fullName: text('full_name') })
const change = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
const abandon = 'user-full-name'

async function projectInMidChange(): Promise<Project> {
  const project = new Project()
  await project.generate(before)
  await project.generate({ users }, [change])
  return project
}

const bodyOf = (sql: string) => sql.split('\n').filter((line) => line !== '' && !line.startsWith('--'))

test('the later steps are emptied, the fifth is written, and a second run does nothing', async () => {
  const project = await projectInMidChange()
  const { files, notes } = await project.generate(before, [], { abandon })
  expect(files.map(({ tag, step, emptied }) => [tag, step, emptied ?? false])).toEqual([
    ['0002_user-full-name_handover', 'handover', true],
    ['0003_user-full-name_retire', 'retire', true],
    ['0004_user-full-name_drop', 'drop', true],
    ['0005_user-full-name_abandon', 'abandon', false],
  ])
  expect(notes).toHaveLength(2)
  const texts = readMigrations(project.folder).map((migration) => migration.text)
  expect(texts.slice(2, 5).flatMap(bodyOf)).toEqual([])
  expect(texts[2]).toContain('-- expand-contract: change=user-full-name step=handover')
  expect(texts[5]).toBe(files[3]!.text)
  expect(texts[5]).toContain('ALTER TABLE "public"."users" DROP COLUMN "full_name"')

  expect(await project.generate(before, [], { abandon })).toEqual({ files: [], notes: [] })
  expect(await project.generate(before)).toEqual({ files: [], notes: [] })
})

test('a dry run shows all of it and writes nothing', async () => {
  const project = await projectInMidChange()
  const texts = project.texts
  expect((await project.generate(before, [], { abandon, dryRun: true })).files).toHaveLength(4)
  expect(project.texts).toEqual(texts)
})

test('other differences of the same pull request come before the step, in a migration of their own', async () => {
  const project = await projectInMidChange()
  const withEmail = { users: pgTable('users', { id, name: text(), email: text() }) }
  const { files } = await project.generate(withEmail, [], { abandon })
  expect(files.filter(({ emptied }) => !emptied).map(({ tag }) => tag)).toEqual([
    '0005_alter_users',
    '0006_user-full-name_abandon',
  ])
  expect(files[3]!.text).toBe('ALTER TABLE "users" ADD COLUMN "email" text;')
})

test('the same rename may be declared anew, under another id', async () => {
  const project = await projectInMidChange()
  await project.generate(before, [], { abandon })
  await expect(project.generate({ users }, [change])).rejects.toMatchObject({
    message: 'Change "user-full-name" was abandoned (0005_user-full-name_abandon), and databases have recorded that.',
    fix: 'Declare the change under another id.',
  })
  const again = renameColumn({ id: 'again', table: users, from: 'name', to: 'fullName' })
  expect(namesOf(await project.generate({ users }, [again]))[0]).toBe('0006_again_expand')
})

test('the old column is an ordinary one afterwards', async () => {
  const project = await projectInMidChange()
  await project.generate(before, [], { abandon })
  const required = { users: pgTable('users', { id, name: text().default('x') }) }
  expect((await project.generate(required)).files[0]!.text).toBe(
    `ALTER TABLE "users" ALTER COLUMN "name" SET DEFAULT 'x';`,
  )
})

test('a schema without the new column is told of the way, before anything is written', async () => {
  const project = await projectInMidChange()
  await expect(project.generate(before)).rejects.toMatchObject({
    code: 'EC_GENERATE',
    fix: expect.stringContaining('npx expand-contract generate --abandon user-full-name'),
  })
})

const indexed = pgTable('users', { id, name: text(), fullName: text('full_name') }, (table) => [
  index('by_name').on(table.fullName),
])

test.each<{ fault: string; during?: Schema; schema: Schema; declared?: boolean; id?: string; message: string }>([
  {
    fault: 'a change without files',
    schema: before,
    id: 'user-fullname',
    message: 'There are no migration files of change "user-fullname"',
  },
  {
    fault: 'a change whose key is still there',
    schema: { users },
    message: 'the code still has column "full_name" of table "users", and',
  },
  {
    fault: 'a change whose key and declaration are still there',
    schema: { users },
    declared: true,
    message: 'the code still has column "full_name" of table "users" and its declaration',
  },
  {
    fault: 'a schema without the old column',
    schema: { users: pgTable('users', { id }) },
    message: 'the schema has no column "name" in table "users" any more',
  },
  {
    fault: 'a schema that changes the old column at the same time',
    schema: { users: pgTable('users', { id, name: text().notNull() }) },
    message: 'The schema changes column "name" of table "users"',
  },
  {
    fault: 'an index that goes over to the old column',
    during: { users: indexed },
    schema: { users: pgTable('users', { id, name: text() }, (table) => [index('by_name').on(table.name)]) },
    message: '"by_name"',
  },
])(
  '$fault is refused by name, and nothing is written',
  async ({ during = { users }, schema, declared, id, message }) => {
    const project = new Project()
    await project.generate(before)
    const table = during.users as typeof users
    const declaration = renameColumn({ id: 'user-full-name', table, from: 'name', to: 'fullName' })
    await project.generate(during, [declaration])
    const texts = project.texts
    await expect(
      project.generate(schema, declared ? [declaration] : [], { abandon: id ?? abandon }),
    ).rejects.toMatchObject({ code: 'EC_GENERATE', message: expect.stringContaining(message) })
    expect(project.texts).toEqual(texts)
  },
)

test('a change that has ended on the new side is not given up', async () => {
  const project = await projectInMidChange()
  await project.generate({ users: pgTable('users', { id, fullName: text('full_name') }) })
  await expect(project.generate(before, [], { abandon })).rejects.toMatchObject({
    message: expect.stringContaining('it has ended on the new side'),
  })
})

test('of two changes that share an index the younger is given up first', async () => {
  const columns = { id, first: text(), last: text() }
  const table = pgTable('users', { ...columns, firstName: text('first_name'), lastName: text('last_name') }, (all) => [
    index('names').on(all.firstName, all.lastName),
  ])
  const [first, last] = [
    renameColumn({ id: 'first', table, from: 'first', to: 'firstName' }),
    renameColumn({ id: 'last', table, from: 'last', to: 'lastName' }),
  ]
  const withoutFirst = pgTable('users', { ...columns, lastName: text('last_name') })
  const withoutLast = pgTable('users', { ...columns, firstName: text('first_name') })
  const project = new Project()
  await project.generate({ table: pgTable('users', columns) })
  await project.generate({ table }, [first, last])
  await expect(project.generate({ withoutFirst }, [last], { abandon: 'first' })).rejects.toMatchObject({
    message: expect.stringContaining('"names" belongs to the new column of change "last" too'),
  })
  await project.generate({ withoutLast }, [first], { abandon: 'last' })
  await project.generate({ table: pgTable('users', columns) }, [], { abandon: 'first' })
  expect(project.entries.at(-1)!.tag).toMatch(/first_abandon$/)
})
