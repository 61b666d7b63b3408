import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { describe, expect, test } from 'vitest'
import { type AnyChange, asChange } from '../../../src/change/change.ts'
import { createTestDatabase } from '../../support/database.ts'
import { insertRows, readNext, type TransformCase, transformCases } from '../../support/transforms.ts'
import { apply, catalog, create, namesOf, Project } from './project.ts'

async function expectedCatalog({ after }: TransformCase): Promise<readonly string[]> {
  const { pool } = await createTestDatabase()
  await create(pool, after)
  return catalog(pool)
}

async function projectBefore({ before }: TransformCase): Promise<Project> {
  const project = new Project()
  await project.generate(before)
  return project
}

describe.each(transformCases)('a change of $name', (subject) => {
  const { during, change, after, becomes } = subject

  test('ends in a fresh database with the catalog of the last schema', async () => {
    const project = new Project()
    await project.generate(during, [change])
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    expect(await catalog(pool)).toEqual(await expectedCatalog(subject))
  })

  test('keeps what old releases write from the expand step on, and ends with their values', async () => {
    const project = await projectBefore(subject)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await project.generate(during, [change])
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await pool.query(insertRows(subject))
    expect((await pool.query(readNext(subject))).rows.map(({ value }) => value)).toEqual(becomes)
    await apply(pool, project, ({ tag }) => /_(handover|retire|drop)$/.test(tag))
    expect(await catalog(pool)).toEqual(await expectedCatalog(subject))
    expect((await pool.query(readNext(subject))).rows.map(({ value }) => value)).toEqual(becomes)
  })

  test('is stopped before the retire step where rows have never been filled', async () => {
    const project = await projectBefore(subject)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await pool.query(insertRows(subject))
    await project.generate(during, [change])
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await expect(apply(pool, project, ({ tag }) => tag.endsWith('_retire'))).rejects.toThrow(
      'the retire step may not run, because rows of table "public"."things" have not been filled',
    )
  })

  test('leaves nothing of it when it is given up', async () => {
    const project = await projectBefore(subject)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    const before = await catalog(pool)
    await project.generate(during, [change])
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await pool.query(insertRows(subject))
    await project.generate(subject.before, [], { abandon: change.id })
    await apply(pool, project, ({ tag }) => tag.endsWith('_abandon'))
    expect(await catalog(pool)).toEqual(before)
  })

  test('is closed by the second pull request with nothing to run', async () => {
    const project = new Project()
    await project.generate(during, [change])
    expect(namesOf(await project.generate(during, [change]))).toEqual([])
    const { files } = await project.generate(after)
    expect(files).toHaveLength(1)
    expect(files[0]!.text.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([])
    expect(namesOf(await project.generate(after))).toEqual([])
  })
})

describe.each([
  { variant: 'without copy-back', options: { copyBack: false } },
  { variant: 'without a sync trigger', options: { copyBack: false, sync: 'none' as const } },
])('$variant', ({ options }) => {
  const subject = transformCases.find(({ name }) => name === 'two columns into one')!
  const change = asChange({ ...(subject.change as AnyChange), ...options })

  test('a change of two columns into one ends with the catalog of the last schema', async () => {
    const project = await projectBefore(subject)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await project.generate(subject.during, [change])
    await apply(pool, project, ({ tag }) => /_(expand|handover|retire|drop)$/.test(tag))
    expect(await catalog(pool)).toEqual(await expectedCatalog(subject))
  })

  test('it leaves nothing of it when it is given up', async () => {
    const project = await projectBefore(subject)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    const before = await catalog(pool)
    await project.generate(subject.during, [change])
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await project.generate(subject.before, [], { abandon: change.id })
    await apply(pool, project, ({ tag }) => tag.endsWith('_abandon'))
    expect(await catalog(pool)).toEqual(before)
  })
})

const withoutIndexes = transformCases.filter(({ name }) => !/^(text to integer|one|two|integer)/.test(name))

test.each(withoutIndexes)("Drizzle's own migrate() can run a folder for $name", async (subject) => {
  const project = new Project()
  await project.generate(subject.during, [subject.change])
  expect(project.texts.join('\n')).not.toContain('CONCURRENTLY')
  const { pool } = await createTestDatabase()
  await migrate(drizzle({ client: pool }), { migrationsFolder: project.folder })
  expect(await catalog(pool)).toEqual(await expectedCatalog(subject))
})

test('a row that the transform rejects stops the retire step like one that was never filled, without its value', async () => {
  const subject = transformCases.find(({ name }) => name === 'text to integer')!
  const project = await projectBefore(subject)
  const { pool } = await createTestDatabase()
  await apply(pool, project)
  await pool.query(`INSERT INTO things (id, amount) VALUES (1, 'seven')`)
  await project.generate(subject.during, [subject.change])
  await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
  await expect(apply(pool, project, ({ tag }) => tag.endsWith('_retire'))).rejects.toThrow(
    'the retire step may not run, because rows of table "public"."things" have not been filled',
  )
})
