import { join } from 'node:path'
import { renameColumn } from 'drizzle-expand-contract'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { collectChanges } from '../../../src/change/collect.ts'
import { type Sides, sidesOf } from '../../../src/change/sides.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { generateMigrations } from '../../../src/generate/generate.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import { createTestDatabase } from '../../support/database.ts'
import { makeTemporary } from '../../support/temporary.ts'

/** What an old release inserts where it leaves the name out. */
export const defaultName = 'nobody'

const peopleBefore = pgTable('people', {
  id: integer().primaryKey(),
  name: text().notNull().default(defaultName),
  nick: text(),
})

/** The table whose column is renamed in a story, from the first deployment to the drop. */
export const people = pgTable('people', {
  id: integer().primaryKey(),
  name: text().notNull().default(defaultName),
  fullName: text('full_name').notNull().default(defaultName),
  nick: text(),
})

/**
 * A table whose change nobody has recorded: it has both columns and no trigger, so its processes derive dual-write, and
 * nothing repairs what their repositories write.
 */
export const badges = pgTable('badges', { id: integer().primaryKey(), label: text(), title: text() })

export const schema = { people, badges }
export const personFullName = renameColumn({
  id: 'person-full-name',
  table: people,
  from: 'name',
  to: 'fullName',
  soak: 0,
})
export const badgeTitle = renameColumn({ id: 'badge-title', table: badges, from: 'label', to: 'title' })
export const changes = { personFullName, badgeTitle }

export const change = collectChanges([personFullName])[0]!
export const sides: Sides = sidesOf(change)

/** A trigger of the users' own, which writes the old column behind the back of a statement that names another one. */
export const usersTrigger = 'people_nick'

/** What all stories of a test file begin with. */
export interface Stage {
  /** Name of a database with the tables and control tables, before the change. */
  readonly template: string
  /** Migrations of the tables and of the four steps, as `generate` makes them. */
  readonly folder: string
}

/** Generates the migrations and makes the database, with the code as the test file sees it. */
export async function buildStage(): Promise<Stage> {
  const folder = join(makeTemporary(), 'drizzle')
  await generateMigrations({ folder, schema: { people: peopleBefore }, changes: [] })
  const database = await createTestDatabase()
  const session = await openSession(database.url)
  try {
    await runMigrations(session, { folder, changes: [] })
    await createRest(session)
  } finally {
    await session.close()
  }
  await generateMigrations({ folder, schema: { people }, changes: [change] })
  return { template: database.name, folder }
}

async function createRest({ client }: Session): Promise<void> {
  await client.query(`
    CREATE TABLE badges (id int PRIMARY KEY, label text, title text);
    CREATE FUNCTION people_nick() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.nick IS DISTINCT FROM OLD.nick THEN NEW.name := NEW.name || '+'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER ${usersTrigger} BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION people_nick();
  `)
}
