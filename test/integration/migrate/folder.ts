import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { integer, type PgTable, pgTable, text, varchar } from 'drizzle-orm/pg-core'
import type { Change } from '../../../src/change/change.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { readMigrations } from '../../../src/drizzle/migration-folder.ts'
import { generateMigrations } from '../../../src/generate/generate.ts'
import { makeTemporary } from '../../support/temporary.ts'

/** Before the change is declared. */
export const before = pgTable('users', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 80 }).notNull(),
  age: integer(),
})

/** Both columns; the new one is unique, so that the handover has an index to build concurrently. */
export const users = pgTable('users', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 80 }).notNull(),
  fullName: varchar('full_name', { length: 80 }).notNull().unique(),
  age: integer(),
})

export const plainBefore = pgTable('users', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 80 }),
  age: integer(),
})

/** The same table without anything that would be built concurrently: what Drizzle's own `migrate()` can run. */
export const plainUsers = pgTable('users', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 80 }),
  fullName: varchar('full_name', { length: 80 }),
  age: integer(),
})

export const plainUserFullName = renameColumn({
  id: 'user-full-name',
  table: plainUsers,
  from: 'name',
  to: 'fullName',
  soak: 0,
})

export const posts = pgTable('posts', { id: integer().primaryKey(), name: text() })

export const userFullName = renameColumn({
  id: 'user-full-name',
  table: users,
  from: 'name',
  to: 'fullName',
  soak: 0,
})

export const declared = collectChanges([userFullName])

/** A folder as `generate` leaves it: the table, and the four steps of the rename. Tags begin with 0000 to 0004. */
export async function renameFolder(): Promise<MigrationFolder> {
  const folder = await tableFolder()
  await folder.generate({ users, posts }, [userFullName])
  return folder
}

/** The same without an index: all of it runs inside transactions. */
export async function plainRenameFolder(changes: readonly Change[] = [plainUserFullName]): Promise<MigrationFolder> {
  const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
  await folder.generate({ users: plainBefore, posts }, [])
  await folder.generate({ users: plainUsers, posts }, changes)
  return folder
}

/** A folder that holds the tables and no change yet: 0000. */
export async function tableFolder(): Promise<MigrationFolder> {
  const folder = new MigrationFolder(join(makeTemporary(), 'drizzle'))
  await folder.generate({ users: before, posts }, [])
  return folder
}

export class MigrationFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async generate(schema: Readonly<Record<string, unknown>>, changes: readonly Change[]): Promise<void> {
    await generateMigrations({ folder: this.path, schema, changes: collectChanges(changes) })
  }

  /** Gives the rename up, as the code does that has deleted the new key and the declaration. */
  async giveUp(schema: Readonly<Record<string, PgTable>>): Promise<void> {
    await generateMigrations({ folder: this.path, schema, changes: [], abandon: 'user-full-name' })
  }

  get tags(): readonly string[] {
    return readMigrations(this.path).map(({ tag }) => tag)
  }

  /** Adds a migration that somebody wrote by hand. `when` places it; by default it is the last. */
  add(tag: string, sql: string, options: { readonly when?: number } = {}): void {
    const { journal, file } = this.#journal()
    const last = journal.entries.at(-1)
    const when = options.when ?? (last?.when ?? 0) + 1000
    const entry = { idx: journal.entries.length, version: '7', when, tag, breakpoints: true }
    writeFileSync(join(this.path, `${tag}.sql`), sql)
    writeFileSync(
      file,
      JSON.stringify({ ...journal, entries: [...journal.entries, entry].sort((a, b) => a.when - b.when) }),
    )
  }

  /** The time that places a migration, in ms. */
  when(tag: string): number {
    return readMigrations(this.path).find((migration) => migration.tag === tag)!.when
  }

  /** The same migrations as drizzle-kit 1.0 keeps them: a folder each, named by its time. */
  asFolderPerMigration(): MigrationFolder {
    const copy = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    for (const { tag, when, text } of readMigrations(this.path)) {
      const time = new Date(when).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
      mkdirSync(join(copy.path, `${time}_${tag}`), { recursive: true })
      writeFileSync(join(copy.path, `${time}_${tag}`, 'migration.sql'), text)
    }
    return copy
  }

  /** A copy that lacks the migrations after one. */
  upTo(tag: string): MigrationFolder {
    const copy = new MigrationFolder(join(makeTemporary(), 'drizzle'))
    mkdirSync(join(copy.path, 'meta'), { recursive: true })
    const { journal } = this.#journal()
    const end = journal.entries.findIndex((entry) => entry.tag === tag)
    const entries = journal.entries.slice(0, end + 1)
    for (const entry of entries) {
      writeFileSync(join(copy.path, `${entry.tag}.sql`), readFileSync(join(this.path, `${entry.tag}.sql`)))
    }
    writeFileSync(join(copy.path, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }))
    return copy
  }

  #journal(): { readonly file: string; readonly journal: Journal } {
    const file = join(this.path, 'meta/_journal.json')
    return { file, journal: JSON.parse(readFileSync(file, 'utf8')) as Journal }
  }
}

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly when: number; readonly tag: string }[]
}
