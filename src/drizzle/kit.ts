import { stripVTControlCharacters } from 'node:util'
import { failure } from '../errors/index.ts'
import { withEscapedNames } from './escaped-names.ts'
import type { Casing } from './physical-table.ts'
import { originId, type Snapshot } from './snapshot.ts'

/** What generation needs of drizzle-kit: its view of a schema, and its SQL for a difference. */
export interface Kit {
  /** The snapshot of what a schema file exports. */
  describe(schema: Readonly<Record<string, unknown>>, casing?: Casing): Promise<Snapshot>
  /** The statements from one snapshot to another. It asks on the terminal where something might have been renamed. */
  diff(from: Snapshot, to: Snapshot): Promise<readonly string[]>
}

/** The part of `drizzle-kit/api` (0.31) that is used here; its own types pull in packages that a user may not have. */
interface KitApi {
  generateDrizzleJson(
    schema: Readonly<Record<string, unknown>>,
    prevId: string,
    schemaFilters?: readonly string[],
    casing?: Casing,
  ): Snapshot
  generateMigration(from: Snapshot, to: Snapshot): Promise<string[]>
}

/** @throws ExpandContractError EC_GENERATE where drizzle-kit is not installed. */
export async function loadKit(): Promise<Kit> {
  const api = await importApi()
  return {
    describe: (schema, casing) =>
      // A file that exports a table twice (`export *`) would make drizzle-kit find every index twice.
      quietly(async () => api.generateDrizzleJson(distinct(schema), originId, undefined, casing)).then(asWritten),
    diff: (from, to) => quietly(() => api.generateMigration(withEscapedNames(from), withEscapedNames(to))),
  }
}

async function importApi(): Promise<KitApi> {
  try {
    return (await import('drizzle-kit/api')) as unknown as KitApi
  } catch (error) {
    const isMissing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND'
    throw failure('EC_GENERATE', {
      problem: isMissing
        ? 'drizzle-kit, which compares the schema with the migrations, is not installed.'
        : `drizzle-kit cannot be loaded: ${(error as Error).message}`,
      advice: 'Install it beside drizzle-orm: `npm install --save-dev drizzle-kit@^0.31`.',
    })
  }
}

function distinct(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const seen = new Set<unknown>()
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => !seen.has(value) && seen.add(value)))
}

/** As the file will hold it, so that a snapshot from memory and one from disk compare equal. */
function asWritten(snapshot: Snapshot): Snapshot {
  return JSON.parse(JSON.stringify(snapshot)) as Snapshot
}

class KitGaveUp extends Error {}

/**
 * drizzle-kit talks to the terminal and ends the process where it dislikes a schema (a constraint name used twice).
 * Both are caught here, and what it had to say becomes our error.
 */
async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
  const said: string[] = []
  const say = (...words: unknown[]) => {
    said.push(stripVTControlCharacters(words.join(' ')).trim())
  }
  const { log, error, warn } = console
  const { exit } = process
  Object.assign(console, { log: say, error: say, warn: say })
  process.exit = () => {
    throw new KitGaveUp()
  }
  try {
    return await work()
  } catch (problem) {
    throw failure('EC_GENERATE', {
      problem: `drizzle-kit cannot work with this schema: ${problem instanceof KitGaveUp ? said.join(' ') : (problem as Error).message}`,
      advice: 'Change what it names, then repeat `npx expand-contract generate`.',
    })
  } finally {
    Object.assign(console, { log, error, warn })
    process.exit = exit
  }
}
