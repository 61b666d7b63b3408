import { join } from 'node:path'
import { renameColumn } from 'drizzle-expand-contract'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { AnyChange } from '../../../src/change/change.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { type Sides, sidesOf } from '../../../src/change/sides.ts'
import { openSession, type Session } from '../../../src/control/session.ts'
import { generateMigrations } from '../../../src/generate/generate.ts'
import { runMigrations } from '../../../src/migrate/index.ts'
import { createTestDatabase } from '../../support/database.ts'
import { makeTemporary } from '../../support/temporary.ts'
import { type Variant, variants } from './variants.ts'

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

const badgeTitle = renameColumn({ id: 'badge-title', table: badges, from: 'label', to: 'title' })

/** The changes that a story is about, as its processes declare them. */
export function declaredChanges(variant: Variant) {
  const personFullName = renameColumn({
    id: 'person-full-name',
    table: people,
    from: 'name',
    to: 'fullName',
    soak: 0,
    ...variants[variant],
  })
  return { personFullName, badgeTitle }
}

/** A trigger of the users' own, which writes the old column behind the back of a statement that names another one. */
export const usersTrigger = 'people_nick'

/** What all stories of a test file begin with. */
export interface Stage {
  readonly variant: Variant
  readonly change: AnyChange
  readonly sides: Sides
  /** Name of a database with the tables and control tables, before the change. */
  readonly template: string
  /** Migrations of the tables and of the four steps, as `generate` makes them. */
  readonly folder: string
}

/** Generates the migrations and makes the database, with the code as the test file sees it. */
export async function buildStage(variant: Variant): Promise<Stage> {
  const change = collectChanges([declaredChanges(variant).personFullName])[0]!
  const folder = join(makeTemporary(), 'drizzle')
  await generateMigrations({ folder, schema: { people: peopleBefore }, changes: [] })
  const database = await createTestDatabase()
  const session = await openSession(database.url)
  try {
    await runMigrations(session, { folder, changes: [] })
    await session.client.query('CREATE TABLE badges (id int PRIMARY KEY, label text, title text)')
    if (variants[variant].sync === 'trigger') await createUsersTrigger(session)
  } finally {
    await session.close()
  }
  await generateMigrations({ folder, schema: { people }, changes: [change] })
  return { variant, change, sides: sidesOf(change), template: database.name, folder }
}

async function createUsersTrigger({ client }: Session): Promise<void> {
  await client.query(`
    CREATE FUNCTION people_nick() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.nick IS DISTINCT FROM OLD.nick THEN NEW.name := NEW.name || '+'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER ${usersTrigger} BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION people_nick();
  `)
}
