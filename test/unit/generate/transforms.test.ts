import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, pgPolicy, pgTable, pgView, text, unique } from 'drizzle-orm/pg-core'
import { describe, expect, test } from 'vitest'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { Project, type Schema } from '../../integration/generate/project.ts'

const id = () => integer().primaryKey()
const old = () => ({ first: text(), last: text() })
const next = () => ({ given: text(), family: text() })
const before = pgTable('users', { id: id(), ...old() })
const users = pgTable('users', { id: id(), ...old(), ...next() })

/** Two columns that become two others. */
function renamed(table: typeof users, options: object = {}) {
  return changeColumns({
    id: 'user-names',
    table,
    from: ['first', 'last'],
    to: ['given', 'family'],
    forward: ({ first, last }) => ({ given: first, family: last }),
    backward: ({ given, family }) => ({ first: given, last: family }),
    ...options,
  })
}

const withParts = (parts: (columns: typeof users._.columns) => readonly unknown[]) =>
  pgTable('users', { id: id(), ...old(), ...next() }, parts as never) as unknown as typeof users

async function generated(): Promise<Project> {
  const project = new Project()
  await project.generate({ users: before })
  await project.generate({ users }, [renamed(users)])
  return project
}

describe('a change of two columns for which no steps can be written', () => {
  const people = pgTable('people', { name: text().primaryKey() })
  test.each<[string, typeof users, Schema]>([
    [
      'view "public.names" reads "first" and "last"',
      users,
      { names: pgView('names').as((query) => query.select({ last: users.last }).from(users)) },
    ],
    [
      'policy "both" decides by both "first" and "last" and "given" and "family"',
      withParts((t) => [pgPolicy('both', { using: sql`${t.last} = ${t.given}` })]),
      {},
    ],
    [
      'policy "mine" decides by "first" and "last", and no policy by "given" and "family"',
      withParts((t) => [pgPolicy('mine', { using: sql`${t.last} = current_user` })]),
      {},
    ],
    [
      'foreign key "by_family" would write a column of the change by itself',
      withParts((t) => [
        foreignKey({ columns: [t.family], foreignColumns: [people.name], name: 'by_family' }).onDelete('set null'),
      ]),
      { people },
    ],
    [
      'generated column "shout" is computed from "given" and "family"',
      pgTable('users', {
        id: id(),
        ...old(),
        ...next(),
        shout: text().generatedAlwaysAs(sql`upper(family)`),
      }) as unknown as typeof users,
      {},
    ],
  ])('%s', async (reason, table, others) => {
    await expect(new Project().generate({ table, ...others }, [renamed(table)])).rejects.toMatchObject({
      code: 'EC_GENERATE',
      message: expect.stringContaining(reason),
    })
  })

  test('one of the new columns is in the migrations already', async () => {
    const project = new Project()
    await project.generate({ users: pgTable('users', { id: id(), ...old(), family: text() }) })
    await expect(project.generate({ users }, [renamed(users)])).rejects.toMatchObject({
      message: expect.stringContaining('its new column "family" is in the migrations already'),
    })
  })

  test('what one of the old columns has may not move to a new one under its old name', async () => {
    const project = new Project()
    await project.generate({
      users: pgTable('users', { id: id(), ...old() }, (t) => [index('names').on(t.last)]),
    })
    const moved = withParts((t) => [index('names').on(t.family)])
    await expect(project.generate({ users: moved }, [renamed(moved)])).rejects.toMatchObject({
      message: expect.stringContaining('"names" of the old column "last" of table "users" changes or goes'),
      fix: expect.stringContaining('give what belongs to "given" and "family" a name of its own'),
    })
  })
})

describe('a change of two columns whose files are in the folder', () => {
  test('keeps both new columns', async () => {
    const project = await generated()
    const lacking = pgTable('users', { id: id(), ...old(), given: text() })
    await expect(project.generate({ users: lacking })).rejects.toMatchObject({
      message: expect.stringContaining('has lost "family" of table "users", the new side of change "user-names"'),
    })
  })

  test('loses both old columns together', async () => {
    const project = await generated()
    const lacking = pgTable('users', { id: id(), last: text(), ...next() })
    await expect(project.generate({ users: lacking })).rejects.toMatchObject({
      message: expect.stringContaining(
        'has lost "first" of table "users", and still has other columns of the old side',
      ),
      fix: expect.stringContaining('Delete "first" and "last" from the schema together'),
    })
    const { files } = await project.generate({ users: pgTable('users', { id: id(), ...next() }) })
    expect(files[0]!.text).toContain('"first" and "last" of table "users" were dropped by 0004_user-names_drop')
  })

  test('is given up when no new column is left in the code', async () => {
    const project = await generated()
    const remaining = pgTable('users', { id: id(), ...old(), family: text() })
    await expect(project.generate({ users: remaining }, [], { abandon: 'user-names' })).rejects.toMatchObject({
      message: expect.stringContaining('the code still has column "family" of table "users"'),
    })
    const { notes } = await project.generate({ users: before }, [], { abandon: 'user-names' })
    expect(notes[0]).toContain('"given" and "family" of table "users" leave a database when')
  })

  test('another transform is another declaration, and told as SQL', async () => {
    const project = await generated()
    const other = renamed(users, {
      forward: ({ first, last }: Record<string, unknown>) => ({ given: sql`${last}`, family: sql`${first}` }),
    })
    await expect(project.generate({ users }, [other])).rejects.toMatchObject({
      message: expect.stringContaining(
        '(forward of "given": recorded CAST(("first") AS text), declared CAST(("last") AS text); forward of "family"',
      ),
    })
  })
})

test('an index of the old side alone, a check, a UNIQUE and a NOT NULL of the new one alone are worth a note', async () => {
  const table = pgTable('users', { id: id(), ...old(), given: text().notNull(), family: text() }, (t) => [
    index('by_last').on(t.last),
    unique('by_family').on(t.family),
    check('given_too', sql`${t.given} <> ''`),
  ]) as unknown as typeof users
  const { notes } = await new Project().generate({ table }, [renamed(table)])
  expect(notes).toEqual([
    expect.stringContaining('"given" and "family" have a check that "first" and "last" have not'),
    expect.stringContaining('"by_family" of "given" and "family" refuses rows that `forward` makes the same'),
    expect.stringContaining('"first" and "last" may be NULL and "given" may not'),
  ])
  const { notes: others } = await new Project().generate({ users: withParts((t) => [index('by_last').on(t.last)]) }, [
    renamed(withParts((t) => [index('by_last').on(t.last)])),
  ])
  expect(others).toEqual([
    expect.stringContaining('"first" and "last" have an index and "given" and "family" have none, so reads by them'),
  ])
})
