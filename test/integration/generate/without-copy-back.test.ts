import { sql } from 'drizzle-orm'
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { describe, expect, test } from 'vitest'
import { type AnyChange, asChange, isChange } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { createTestDatabase } from '../../support/database.ts'
import { apply, catalog, create, Project } from './project.ts'
import { type Story, stories } from './stories.ts'

const variants = [
  // An old column that is unique is refused there (test/unit/generate/refusals.test.ts).
  {
    variant: 'with copy-back off',
    options: { sync: 'trigger', copyBack: false },
    told: stories.filter(({ name }) => !/unique|indexes/.test(name)),
  },
  { variant: 'without a sync trigger', options: { sync: 'none', copyBack: false }, told: stories },
] as const

type Options = Pick<AnyChange, 'sync' | 'copyBack'>

function changesOf({ changes }: Story, options: Options) {
  return Object.values(changes)
    .filter(isChange)
    .map((change) => asChange({ ...change, ...options }))
}

describe.each(variants)('a rename $variant', ({ options, told }) => {
  test.each(told)('of $name ends in a filled database with the catalog of the last schema', async (story) => {
    const project = new Project(story.casing)
    await project.generate(story.before)
    const { pool } = await createTestDatabase()
    await apply(pool, project)
    await pool.query(story.row)
    await project.generate(story.during, changesOf(story, options))
    await apply(pool, project, ({ tag }) => tag.endsWith('_expand'))
    await pool.query(story.fill)
    await apply(pool, project, ({ tag }) => /_(handover|retire|drop)$/.test(tag))
    expect(await catalog(pool)).toEqual(await expectedCatalog(story))
    const { rows } = await pool.query<{ value: string }>(story.read)
    expect(rows[0]!.value).toMatch(/Ada|^a$|^closed\{\}\{"a": 1\}$/)
  })
})

test.each(stories)('without a sync trigger the files for $name have no trigger and no function', async (story) => {
  const project = new Project(story.casing)
  await project.generate(story.before)
  const { files } = await project.generate(story.during, changesOf(story, variants[1].options))
  const statements = files.map((file) => file.text.replaceAll(/^--.*$/gm, '')).join('\n')
  expect(statements).not.toMatch(/trigger|function|DROP DEFAULT/i)
})

async function expectedCatalog({ after, casing }: Story): Promise<readonly string[]> {
  const { pool } = await createTestDatabase()
  await create(pool, after, casing)
  return catalog(pool)
}

const parents = pgTable('teams', { code: text().primaryKey() })
const id = () => integer().primaryKey()
const team = () => text().references(() => parents.code, { onDelete: 'cascade' })
const oldSide = { id: id(), team: team().notNull().default('a') }
const before = {
  parents,
  members: pgTable('members', oldSide, (table) => [check('named', sql`${table.team} IS NOT NULL AND ${table.id} > 0`)]),
}
const members = pgTable('members', { ...oldSide, teamCode: text('team_code').notNull() }, (table) => [
  check('named', sql`${table.team} IS NOT NULL AND ${table.id} > 0`),
])
const during = { parents, members }

describe.each(variants)('$variant', ({ options }) => {
  test('what is left of the old column after the handover refuses no row and goes with none', async () => {
    const project = new Project()
    await project.generate(before)
    const change = renameColumn({ id: 'member-team', table: members, from: 'team', to: 'teamCode', ...options })
    const { notes } = await project.generate(during, [change])
    expect(notes.join('\n')).toContain('the handover takes "named", "members_team_teams_code_fk" from "team"')
    const { pool } = await createTestDatabase()
    await apply(pool, project, ({ tag }) => !/_(handover|retire|drop)$/.test(tag))
    await pool.query(
      `INSERT INTO teams VALUES ('a'), ('b'); INSERT INTO members (id, team, team_code) VALUES (1, 'a', 'a')`,
    )
    await apply(pool, project, ({ tag }) => tag.endsWith('_handover'))
    // As new-only writes: the new column alone.
    await pool.query('ALTER TABLE members DISABLE TRIGGER USER')
    await pool.query(`INSERT INTO members (id, team, team_code) VALUES (2, NULL, 'b')`)
    await pool.query(`UPDATE members SET team_code = 'b' WHERE id = 1`)
    await pool.query(`DELETE FROM teams WHERE code = 'a'`)
    expect((await pool.query('SELECT id, team, team_code FROM members ORDER BY id')).rows).toEqual([
      { id: 1, team: 'a', team_code: 'b' },
      { id: 2, team: null, team_code: 'b' },
    ])
  })
})

test('without a sync trigger the old column keeps its default for old releases', async () => {
  const project = new Project()
  await project.generate(before)
  const change = renameColumn({ id: 'member-team', table: members, from: 'team', to: 'teamCode', sync: 'none' })
  await project.generate(during, [change])
  const { pool } = await createTestDatabase()
  await apply(pool, project, ({ tag }) => !/_(handover|retire|drop)$/.test(tag))
  await pool.query(`INSERT INTO teams VALUES ('a'); INSERT INTO members (id) VALUES (1)`)
  expect((await pool.query('SELECT team, team_code FROM members')).rows).toEqual([{ team: 'a', team_code: null }])
})
