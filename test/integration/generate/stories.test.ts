import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { apply, catalog, create, namesOf, Project } from './project.ts'
import { type Story, stories } from './stories.ts'

describe.each(stories)('a rename of $name', (story) => {
  test('ends in a fresh database with the catalog of the last schema', async () => {
    const project = new Project(story.casing)
    await project.generate(story.during, story.changes)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
  })

  test('ends in a filled database with the catalog of the last schema and the values of the old column', async () => {
    const project = new Project(story.casing)
    await project.generate(story.before)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await pool.query(story.row)
    const { files } = await project.generate(story.during, story.changes)
    expect(files.every(({ step }) => step !== undefined)).toBe(true)
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await pool.query(story.fill)
    await apply(pool, project, ({ tag }) => /_(handover|retire|drop)$/.test(tag))
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
    const { rows } = await pool.query<{ value: string }>(story.read)
    expect(rows).toHaveLength(1)
    expect(rows[0]!.value).toMatch(/Ada|^a$|^closed\{\}\{"a": 1\}$/)
  })

  test('is closed by the second pull request with nothing to run', async () => {
    const project = new Project(story.casing)
    await project.generate(story.during, story.changes)
    expect(namesOf(await project.generate(story.during, story.changes))).toEqual([])
    const { files } = await project.generate(story.after)
    expect(files).toHaveLength(1)
    expect(files[0]!.text.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([])
    expect(namesOf(await project.generate(story.after))).toEqual([])
  })
})

describe.each(stories.filter((story) => story.fitsOneTransaction))('a folder for $name', (story) => {
  test("can be run by Drizzle's migrate(), the empty last migration too", async () => {
    const project = new Project(story.casing)
    await project.generate(story.during, story.changes)
    await project.generate(story.after)
    expect(project.texts.join('\n')).not.toContain('CONCURRENTLY')
    const { pool } = await createTestDatabase()
    const migrations = { migrationsFolder: project.folder }
    await migrate(drizzle({ client: pool }), migrations)
    await migrate(drizzle({ client: pool }), migrations)
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
  })
})

async function expectedCatalog({ after, casing }: Story): Promise<readonly string[]> {
  const { pool } = await createTestDatabase()
  await create(pool, after, casing)
  return catalog(pool)
}
