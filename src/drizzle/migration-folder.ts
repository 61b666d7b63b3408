import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { failure } from '../errors/index.ts'

/** One migration of a folder that drizzle-kit keeps, of either format. */
export interface Migration {
  /** `0003_add_posts`, or the folder's name in Drizzle 1.0. */
  readonly tag: string
  /** Path of the SQL file. */
  readonly file: string
  /** sha256 of the text: what Drizzle's journal holds. */
  readonly hash: string
  /** Milliseconds since 1970, by which Drizzle orders migrations. */
  readonly when: number
  readonly text: string
  readonly statements: readonly string[]
}

/**
 * The migrations of a folder in the order in which Drizzle applies them.
 *
 * Drizzle 0.45 keeps `meta/_journal.json` and one file per migration, 1.0 a folder per migration whose name begins with
 * its time. `readMigrationFiles` of either version refuses the other's folder, so both are read here.
 *
 * @throws ExpandContractError EC_MIGRATION_EDITED where the journal is damaged or names a file that does not exist.
 */
export function readMigrations(folder: string): readonly Migration[] {
  const journal = join(folder, 'meta', '_journal.json')
  if (existsSync(journal)) {
    return readJournal(journal).map(({ tag, when }) => {
      const file = join(folder, `${tag}.sql`)
      if (!existsSync(file)) throw damaged(file, 'the journal names it, but it does not exist')
      return migration(tag, file, when)
    })
  }
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d{14}/.test(name) && existsSync(join(folder, name, 'migration.sql')))
    .sort((a, b) => a.localeCompare(b))
    .map((name) => migration(name, join(folder, name, 'migration.sql'), millisecondsOf(name)))
}

/** True for a migration of a folder that drizzle-kit 1.0 keeps. */
export function isFolderPerMigration({ file }: Migration): boolean {
  return basename(file) === 'migration.sql'
}

export const statementBreakpoint = '--> statement-breakpoint'

interface JournalEntry {
  readonly tag: string
  readonly when: number
}

function readJournal(file: string): readonly JournalEntry[] {
  const { entries } = readJson(file) as { readonly entries?: unknown }
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw damaged(file, 'it is no journal of migrations')
  return entries
}

function isEntry(entry: unknown): entry is JournalEntry {
  const { tag, when } = (entry ?? {}) as Partial<JournalEntry>
  return typeof tag === 'string' && typeof when === 'number'
}

function readJson(file: string): object {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw damaged(file, `it cannot be read: ${(error as Error).message} (a merge may have left its marks in it)`)
  }
}

function damaged(file: string, problem: string): Error {
  return failure('EC_MIGRATION_EDITED', { file, problem })
}

function migration(tag: string, file: string, when: number): Migration {
  const text = readFileSync(file, 'utf8')
  return {
    tag,
    file,
    when,
    text,
    hash: createHash('sha256').update(text).digest('hex'),
    statements: text
      .split(statementBreakpoint)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  }
}

/** Drizzle 1.0 names folders YYYYMMDDHHMMSS_name, in UTC. */
function millisecondsOf(name: string): number {
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at, index) =>
    Number(name.slice(at, at + (index === 0 ? 4 : 2))),
  ) as [number, number, number, number, number, number]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
