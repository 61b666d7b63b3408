import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  pgEnum,
  pgPolicy,
  pgTable,
  pgView,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { describe, expect, test, vi } from 'vitest'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { Project, type Schema } from '../../integration/generate/project.ts'

const id = integer().primaryKey()
const before = { users: pgTable('users', { id, name: text() }) }
const users = pgTable('users', { id, name: text(), fullName: text('full_name') })
const after = { users: pgTable('users', { id, fullName: text('full_name') }) }
const change = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })

describe('a difference that drizzle-kit would ask about', () => {
  test('a column that left and one that came get the declaration to paste', async () => {
    const project = new Project()
    await project.generate(before)
    const error = await project.generate({ people: after.users }).catch((reason) => reason)
    expect(error.code).toBe('EC_GENERATE')
    expect(error.message).toContain('Table "users" has lost "name" and gained "full_name"')
    expect(error.fix).toContain(
      "export const usersFullName = renameColumn({ id: 'users-full-name', table: people, from: 'name', to: 'fullName' })",
    )
    expect(project.entries).toHaveLength(1)
  })

  test('columns of two types are no rename, so a change of columns is proposed', async () => {
    const project = new Project()
    await project.generate(before)
    const error = await project.generate({ users: pgTable('users', { id, age: integer() }) }).catch((reason) => reason)
    expect(error.message).toContain('has lost "name" and gained "age"')
    expect(error.fix).not.toContain('renameColumn')
    expect(error.fix).toContain('put "name" back beside it and declare with `changeColumns`')
  })

  test.each<{ kind: string; from: Schema; to: Schema; message: string }>([
    {
      kind: 'table',
      from: before,
      to: { people: pgTable('people', { id, name: text() }) },
      message: 'lost table "public.users" (id, name) and gained "public.people" (id, name)',
    },
    {
      kind: 'enum',
      from: { a: pgEnum('a', ['x']) },
      to: { b: pgEnum('b', ['x']) },
      message: 'lost enum "public.a" and gained "public.b"',
    },
    {
      kind: 'policy',
      from: { users: pgTable('users', { id }, () => [pgPolicy('a', {})]) },
      to: { users: pgTable('users', { id }, () => [pgPolicy('b', {})]) },
      message: 'lost policy of table "users" "a" and gained "b"',
    },
    {
      kind: 'view',
      from: { users, a: pgView('a').as((query) => query.select().from(users)) },
      to: { users, b: pgView('b').as((query) => query.select().from(users)) },
      message: 'lost view "public.a" and gained "public.b"',
    },
  ])('a $kind that left and one that came are refused', async ({ from, to, message }) => {
    const project = new Project()
    await project.generate(from)
    await expect(project.generate(to)).rejects.toMatchObject({
      code: 'EC_GENERATE',
      message: expect.stringContaining(message),
    })
  })
})

describe('a change whose files are in the folder', () => {
  const generated = async () => {
    const project = new Project()
    await project.generate({ users }, [change])
    return project
  }

  test('keeps its old column while it is declared', async () => {
    await expect((await generated()).generate(after, [change])).rejects.toMatchObject({
      message: expect.stringContaining('lost "name" of table "users", but change "user-full-name", which still reads'),
      fix: expect.stringContaining('0004_user-full-name_drop'),
    })
  })

  test('keeps its new column, declared or not', async () => {
    await expect((await generated()).generate(before)).rejects.toMatchObject({
      message: expect.stringContaining('lost "full_name" of table "users", the new side of change "user-full-name"'),
    })
  })

  test.each([
    {
      what: 'an index is added',
      table: pgTable('users', { id, name: text(), fullName: text('full_name') }, (t) => [index('new').on(t.name)]),
    },
    {
      what: 'a default is added',
      table: pgTable('users', { id, name: text().default('x'), fullName: text('full_name') }),
    },
  ])('keeps its old column as it is: $what', async ({ table }) => {
    await expect((await generated()).generate({ table })).rejects.toMatchObject({
      code: 'EC_GENERATE',
      message: expect.stringContaining(
        'old side of change "user-full-name", and in a fresh database 0004_user-full-name_drop',
      ),
    })
  })

  test('keeps its id for itself', async () => {
    const other = pgTable('users', { id, name: text(), fullName: text('full_name'), nick: text() })
    const again = renameColumn({ id: 'user-full-name', table: other, from: 'name', to: 'nick' })
    await expect((await generated()).generate({ other }, [again])).rejects.toMatchObject({
      message: expect.stringContaining('another declaration (new: recorded ["full_name"], declared ["nick"])'),
    })
  })
})

describe('a change for which no steps can be written', () => {
  const columns = { id, name: text(), fullName: text('full_name') }
  const rename = (table: typeof users) => renameColumn({ id: 'user-full-name', table, from: 'name', to: 'fullName' })
  const schemaOf = (table: typeof users, others: Schema = {}) => ({
    schema: { table, ...others },
    declared: rename(table),
  })

  test.each<{ reason: string; schema: Schema; declared: ReturnType<typeof rename> }>([
    {
      reason: 'view "public.names" reads "name"',
      ...schemaOf(users, { names: pgView('names').as((query) => query.select({ name: users.name }).from(users)) }),
    },
    {
      reason: 'policy "mine" decides by "name"',
      ...schemaOf(
        pgTable('users', columns, (table) => [pgPolicy('mine', { using: sql`${table.name} = current_user` })]) as never,
      ),
    },
    {
      reason: 'policy "both" decides by both "name" and "full_name"',
      ...schemaOf(
        pgTable('users', columns, (table) => [
          pgPolicy('both', { using: sql`${table.name} = current_user OR ${table.fullName} = current_user` }),
        ]) as never,
      ),
    },
    ...(['name', 'fullName'] as const).flatMap((key) =>
      (
        [
          { onDelete: 'set null' },
          { onDelete: 'set default' },
          { onUpdate: 'cascade' },
          { onUpdate: 'set null' },
          { onUpdate: 'set default' },
        ] as const
      ).map((actions) => {
        const people = pgTable('people', { name: text().primaryKey() })
        const table = pgTable('users', columns, (own) => [
          foreignKey({ columns: [own[key]], foreignColumns: [people.name], name: `by_${key}` })
            .onDelete('onDelete' in actions ? actions.onDelete : 'cascade')
            .onUpdate('onUpdate' in actions ? actions.onUpdate : 'no action'),
        ])
        return {
          reason: `foreign key "by_${key}" would write a column of the change by itself`,
          ...schemaOf(table as never, { people }),
        }
      }),
    ),
    {
      reason: 'generated column "shout" is computed from "full_name"',
      ...schemaOf(pgTable('users', { ...columns, shout: text().generatedAlwaysAs(sql`upper(full_name)`) }) as never),
    },
    ...['name', 'fullName'].map((key) => {
      const table = pgTable('users', { ...columns, name: text().unique(), fullName: text('full_name').unique() })
      const posts = pgTable('posts', { id, author: text() }, ({ author }) => [
        foreignKey({ columns: [author], foreignColumns: [table[key as 'name']], name: 'post_author' }),
      ])
      return {
        reason: `foreign key "posts.post_author" refers to "${key === 'name' ? 'name' : 'full_name'}"`,
        ...schemaOf(table as never, { posts }),
      }
    }),
  ])('$reason', async ({ reason, schema, declared }) => {
    const project = new Project()
    await expect(project.generate(schema, [declared])).rejects.toMatchObject({
      code: 'EC_GENERATE',
      message: expect.stringContaining(reason),
    })
  })

  describe.each([
    { variant: 'with copy-back off', options: { copyBack: false }, because: 'with copy-back off' },
    { variant: 'without a sync trigger', options: { sync: 'none' }, because: 'without a sync trigger' },
  ] as const)('$variant', ({ options, because }) => {
    test.each([
      {
        kind: 'NULL as a value',
        unique: (t: typeof columns) =>
          unique('same')
            .on(t.name as never)
            .nullsNotDistinct(),
      },
      { kind: 'another column', unique: (t: typeof columns) => unique('same').on(t.name as never, t.id as never) },
      {
        kind: 'some rows',
        unique: (t: typeof columns) =>
          uniqueIndex('same')
            .on(t.name as never)
            .where(sql`id > 0`),
      },
      { kind: 'an expression', unique: (t: typeof columns) => uniqueIndex('same').on(sql`lower(${t.name})`) },
    ])('the old column is unique together with $kind', async ({ unique: parts }) => {
      const table = pgTable('users', columns, (own) => [parts(own as never)])
      const declared = renameColumn({ id: 'user-full-name', table, from: 'name', to: 'fullName', ...options })
      await expect(new Project().generate({ table }, [declared])).rejects.toMatchObject({
        code: 'EC_GENERATE',
        message: expect.stringMatching(new RegExp(`unique "same" would refuse rows .*: ${because}`)),
      })
    })
  })

  describe('an old column that is unique by itself', () => {
    const table = pgTable('users', { ...columns, name: text().unique('same') })
    const declared = (options: { copyBack: false } | { sync: 'none' }) =>
      renameColumn({ id: 'user-full-name', table, from: 'name', to: 'fullName', ...options })

    test('needs copy-back, or filling it on the way back would collide', async () => {
      await expect(new Project().generate({ table }, [declared({ copyBack: false })])).rejects.toMatchObject({
        code: 'EC_GENERATE',
        message: expect.stringContaining('unique "same" would refuse values that have moved from row to row'),
      })
    })

    test('stays so without a sync trigger, where there is no copy-back to be had, with a note', async () => {
      const { files, notes } = await new Project().generate({ table }, [declared({ sync: 'none' })])
      expect(notes.at(-1)).toContain('"name" is unique and stays behind from new-only on')
      expect(files.map((file) => file.text).join('\n')).not.toContain('DROP CONSTRAINT')
    })
  })

  test('the new column is in the migrations already', async () => {
    const project = new Project()
    await project.generate({ users })
    await expect(project.generate({ users }, [change])).rejects.toMatchObject({
      message: expect.stringContaining('its new column "full_name" is in the migrations already'),
    })
  })

  test('the schema does not hold its table', async () => {
    await expect(new Project().generate(before, [change])).rejects.toMatchObject({
      message: expect.stringContaining('the schema has no such table with columns "name" and "full_name"'),
    })
  })
})

test.each(['../up', 'a b', '.hidden', ''])('%j is no name of a migration', async (name) => {
  await expect(new Project().generate(before, [], { name })).rejects.toMatchObject({ code: 'EC_OPTION_INVALID' })
})

test('what drizzle-kit prints before it would end the process becomes the error, and nothing is printed', async () => {
  const log = vi.spyOn(console, 'log')
  const twice = pgTable('users', { id, a: text(), b: text() }, (table) => [
    unique('same').on(table.a),
    unique('same').on(table.b),
  ])
  await expect(new Project().generate({ twice })).rejects.toMatchObject({
    code: 'EC_GENERATE',
    message: expect.stringContaining('duplicated unique constraint names in users'),
  })
  await new Project().generate({ users }, [change])
  expect(log).not.toHaveBeenCalled()
  expect(console.log).toBe(log)
})

test('an index of the old column alone, a check of the new one alone and a nullable default are worth a note', async () => {
  const table = pgTable(
    'users',
    { id, name: text().default('anon'), fullName: text('full_name').default('anon') },
    ({ name, fullName }) => [uniqueIndex('users_name').on(name), check('not_empty', sql`${fullName} <> ''`)],
  )
  const { notes } = await new Project().generate({ table }, [
    renameColumn({ id: 'user-full-name', table, from: 'name', to: 'fullName' }),
  ])
  expect(notes).toEqual([
    expect.stringContaining('"name" has an index and "full_name" has none'),
    expect.stringContaining('"full_name" has a check that "name" has not'),
    expect.stringContaining('"name" may be NULL and has a default'),
  ])
})

test('a constraint that moves to the new column under its old name is refused, as the old column is still in use', async () => {
  const project = new Project()
  await project.generate({
    users: pgTable('users', { id, name: text() }, (table) => [unique('one_name').on(table.name)]),
  })
  const moved = pgTable('users', { id, name: text(), fullName: text('full_name') }, (table) => [
    unique('one_name').on(table.fullName),
  ])
  const declared = renameColumn({ id: 'user-full-name', table: moved, from: 'name', to: 'fullName' })
  await expect(project.generate({ users: moved }, [declared])).rejects.toMatchObject({
    code: 'EC_GENERATE',
    message: expect.stringContaining('"one_name" of the old column "name" of table "users" changes or goes'),
    fix: expect.stringContaining('a name of its own'),
  })
  expect(project.entries).toHaveLength(1)
})
