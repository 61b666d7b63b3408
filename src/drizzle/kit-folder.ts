import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure } from '../errors/index.ts'
import { emptySnapshot, type Snapshot } from './snapshot.ts'

/** One line of `meta/_journal.json`. */
export interface JournalEntry {
  readonly idx: number
  readonly version: string
  /** Milliseconds since 1970. */
  readonly when: number
  readonly tag: string
  readonly breakpoints: boolean
}

/** A migration folder as drizzle-kit 0.31 keeps it: journal, SQL files, and a snapshot of the schema after each. */
export interface KitFolder {
  readonly path: string
  readonly entries: readonly JournalEntry[]
  /** The SQL of each entry. */
  readonly texts: ReadonlyMap<string, string>
  /** By the tag of their entry; drizzle-kit's own older versions left some out. */
  readonly snapshots: ReadonlyMap<string, Snapshot>
  /** The schema after the last entry. */
  readonly latest: Snapshot
}

/** A migration to be added: the text of its file and the schema as it is declared when it is written. */
export interface NewMigration {
  /** What follows the number in the tag. */
  readonly name: string
  readonly text: string
  readonly snapshot: Snapshot
}

export interface PlannedMigration {
  readonly entry: JournalEntry
  readonly file: string
  readonly text: string
  readonly snapshotFile: string
  readonly snapshot: Snapshot
}

/** A migration of the folder that gets another text. */
export interface RewrittenMigration {
  readonly tag: string
  readonly text: string
}

/**
 * Reads a folder; one that does not exist reads as empty.
 *
 * @throws ExpandContractError EC_GENERATE where files are missing, do not belong together, or are of Drizzle 1.0.
 */
export function readKitFolder(path: string): KitFolder {
  const entries = readEntries(path)
  const texts = new Map(entries.map(({ tag }) => [tag, readText(path, tag)]))
  const snapshots = new Map(
    entries.flatMap(({ tag }) => {
      const file = snapshotFile(path, tag)
      return existsSync(file) ? [[tag, readSnapshot(file)] as const] : []
    }),
  )
  refuseBranches(path, snapshots)
  return { path, entries, texts, snapshots, latest: latestOf(path, entries, snapshots) }
}

/** Numbers new migrations and chains their snapshots; nothing is written yet. */
export function planMigrations(folder: KitFolder, migrations: readonly NewMigration[]): readonly PlannedMigration[] {
  const last = folder.entries.at(-1)
  // Drizzle orders by this time, and 1.0 keeps whole seconds of it.
  const firstWhen = Math.max(Date.now(), (last?.when ?? 0) + millisecondsApart)
  let prevId = folder.latest.id
  return migrations.map(({ name, text, snapshot }, index) => {
    const idx = (last?.idx ?? -1) + 1 + index
    const tag = `${String(idx).padStart(4, '0')}_${name}`
    const id = randomUUID()
    const chained = { ...snapshot, id, prevId }
    prevId = id
    return {
      entry: { idx, version: snapshot.version, when: firstWhen + index * millisecondsApart, tag, breakpoints: true },
      file: migrationFile(folder.path, tag),
      text,
      snapshotFile: snapshotFile(folder.path, tag),
      snapshot: chained,
    }
  })
}

const millisecondsApart = 1000

/**
 * Writes what was planned, the journal last and at once: an interruption leaves files that the journal does not name, and
 * no journal that names missing files.
 *
 * @throws ExpandContractError EC_GENERATE where a file of that name exists.
 */
export function writeMigrations(
  folder: KitFolder,
  planned: readonly PlannedMigration[],
  rewritten: readonly RewrittenMigration[] = [],
): void {
  for (const file of planned.flatMap((migration) => [migration.file, migration.snapshotFile])) {
    if (existsSync(file)) {
      throw unusable(
        `${file} exists, although the journal does not name it.`,
        'It may be left from an interrupted run or a merge. Move it away (or delete it), then repeat `npx expand-contract generate`.',
      )
    }
  }
  mkdirSync(join(folder.path, 'meta'), { recursive: true })
  for (const { tag, text } of rewritten) writeFileSync(migrationFile(folder.path, tag), text)
  for (const { file, text, snapshotFile, snapshot } of planned) {
    writeFileSync(file, text)
    writeFileSync(snapshotFile, JSON.stringify(snapshot, null, 2))
  }
  const entries = [...folder.entries, ...planned.map(({ entry }) => entry)]
  const journal = journalFile(folder.path)
  writeFileSync(`${journal}.new`, JSON.stringify({ version: '7', dialect: 'postgresql', entries }, null, 2))
  renameSync(`${journal}.new`, journal)
}

function journalFile(path: string): string {
  return join(path, 'meta', '_journal.json')
}

export function migrationFile(path: string, tag: string): string {
  return join(path, `${tag}.sql`)
}

/** drizzle-kit names a snapshot by the part of the tag before the first underscore. */
function snapshotFile(path: string, tag: string): string {
  return join(path, 'meta', `${tag.split('_')[0]}_snapshot.json`)
}

function readEntries(path: string): readonly JournalEntry[] {
  const file = journalFile(path)
  if (!existsSync(file)) {
    const leftover = existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : []
    refuseNewFormat(path, leftover)
    const sqlFile = leftover.find((name) => name.endsWith('.sql'))
    if (sqlFile === undefined) return []
    throw unusable(
      `${path} holds migrations (${sqlFile}) but no meta/_journal.json, so their order is unknown.`,
      'Restore the meta folder from version control, or name the right folder in the configuration.',
    )
  }
  const journal = readJson(file) as { dialect?: unknown; entries?: unknown }
  if (journal.dialect !== 'postgresql' || !Array.isArray(journal.entries) || !journal.entries.every(isEntry)) {
    throw unusable(`${file} is no journal of PostgreSQL migrations.`, 'Restore it from version control.')
  }
  const entries: readonly JournalEntry[] = journal.entries
  const disordered = entries.find(({ idx }, index) => index > 0 && idx <= entries[index - 1]!.idx)
  if (disordered !== undefined) {
    throw unusable(
      `${file} names "${disordered.tag}" out of order: its number is not above that of the entry before it.`,
      'Restore the journal from version control; after a merge, generate the later branch again.',
    )
  }
  return entries
}

function isEntry(entry: unknown): entry is JournalEntry {
  const { idx, when, tag } = (entry ?? {}) as Partial<JournalEntry>
  return typeof idx === 'number' && typeof when === 'number' && typeof tag === 'string'
}

function refuseNewFormat(path: string, names: readonly string[]): void {
  if (!names.some((name) => /^\d{14}[^/\\]*[/\\]migration\.sql$/.test(name))) return
  throw unusable(
    `${path} has the format of drizzle-kit 1.0 (a folder per migration), which generate does not write yet.`,
    'Generate with drizzle-kit 0.31 into a folder of its own. Migrations of both formats can be applied by `migrate`.',
  )
}

function readText(path: string, tag: string): string {
  const file = migrationFile(path, tag)
  if (existsSync(file)) return readFileSync(file, 'utf8')
  throw unusable(
    `The journal names "${tag}", but ${file} does not exist.`,
    'Restore the file from version control. An applied migration can never be taken out of the folder.',
  )
}

function readSnapshot(file: string): Snapshot {
  const snapshot = readJson(file) as Partial<Snapshot>
  if (snapshot.version === '7' && snapshot.dialect === 'postgresql' && typeof snapshot.id === 'string') {
    return { ...emptySnapshot, ...snapshot } as Snapshot
  }
  throw unusable(
    `${file} has a format that is not known here (version ${JSON.stringify(snapshot.version)}, dialect ${JSON.stringify(snapshot.dialect)}).`,
    'Snapshots of version 7 for postgresql can be read. `npx drizzle-kit up` upgrades older ones.',
  )
}

function latestOf(path: string, entries: readonly JournalEntry[], snapshots: ReadonlyMap<string, Snapshot>): Snapshot {
  const last = entries.at(-1)
  if (last === undefined) return emptySnapshot
  const snapshot = snapshots.get(last.tag)
  if (snapshot !== undefined) return snapshot
  throw unusable(
    `The last migration "${last.tag}" has no snapshot (${snapshotFile(path, last.tag)}), so what changed since is unknown.`,
    'Restore the file from version control.',
  )
}

/** Two snapshots that follow the same one come from two branches; neither describes what both did. */
function refuseBranches(path: string, snapshots: ReadonlyMap<string, Snapshot>): void {
  const followers = new Map<string, string>()
  for (const [tag, { prevId }] of snapshots) {
    const other = followers.get(prevId)
    if (other !== undefined) {
      throw unusable(
        `Migrations "${other}" and "${tag}" in ${path} were generated from the same state, on two branches, so the snapshot of the later one does not know what the other did.`,
        `Take "${tag}" out again (its SQL file, snapshot and journal entry) if no database has applied it, then run \`npx expand-contract generate\`.`,
      )
    }
    followers.set(prevId, tag)
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw unusable(
      `${file} cannot be read: ${(error as Error).message}.`,
      'Restore it from version control (a merge may have left its marks in it).',
    )
  }
}

function unusable(problem: string, advice: string): Error {
  return failure('EC_GENERATE', { problem, advice })
}
