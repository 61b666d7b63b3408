import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { describe, expect, test } from 'vitest'
import { isChange } from '../../../src/change/change.ts'
import { loadKit } from '../../../src/drizzle/kit.ts'
import { describesSameSchema } from '../../../src/drizzle/snapshot.ts'
import { createTestDatabase } from '../../support/database.ts'
import { apply, catalog, create, namesOf, Project } from './project.ts'
import { type Story, stories } from './stories.ts'

const idsOf = ({ changes }: Story): readonly string[] =>
  Object.values(changes)
    .filter(isChange)
    .map(({ id }) => id)

/** A folder that has begun with the schema before, and declared the changes. */
async function declared(story: Story): Promise<Project> {
  const project = new Project(story.casing)
  await project.generate(story.before)
  await project.generate(story.during, story.changes)
  return project
}

function giveUp(project: Project, story: Story) {
  return project.generate(story.before, [], { abandon: idsOf(story)[0]! })
}

describe.each(stories.filter((story) => idsOf(story).length === 1))('giving up a rename of $name', (story) => {
  test('leaves a fresh database as if the change had never been, and the snapshot as the schema is', async () => {
    const project = await declared(story)
    await giveUp(project, story)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
    const kit = await loadKit()
    const snapshot = project.snapshot(project.entries.at(-1)!.tag)
    expect(describesSameSchema(snapshot, await kit.describe(story.before, story.casing))).toBe(true)
    expect(namesOf(await project.generate(story.before))).toEqual([])
  })

  test('takes the new column from a filled database, and nothing else', async () => {
    const project = new Project(story.casing)
    await project.generate(story.before)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await pool.query(story.row)
    await project.generate(story.during, story.changes)
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await pool.query(story.fill)
    await giveUp(project, story)
    await apply(pool, project, ({ tag }) => tag.endsWith('_abandon'))
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
  })
})

describe.each(
  stories.filter(({ fitsOneTransaction, ...story }) => fitsOneTransaction && idsOf(story as Story).length === 1),
)('a folder that has given up $name', (story) => {
  test("can be run by Drizzle's migrate(), twice", async () => {
    const project = await declared(story)
    await giveUp(project, story)
    const { pool } = await createTestDatabase()
    await migrate(drizzle({ client: pool }), { migrationsFolder: project.folder })
    await migrate(drizzle({ client: pool }), { migrationsFolder: project.folder })
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
  })
})

async function expectedCatalog({ before, casing }: Story): Promise<readonly string[]> {
  const { pool } = await createTestDatabase()
  await create(pool, before, casing)
  return catalog(pool)
}
