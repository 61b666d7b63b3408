import { z } from 'zod'

const text = z.string().min(1)
const oneOrMore = z.union([text, z.array(text).min(1)])

/** What `expand-contract.config.ts` may hold. Unknown entries are refused, so that a typing error does not go unnoticed. */
export const configSchema = z.strictObject({
  schema: oneOrMore,
  changes: oneOrMore.optional(),
  migrations: text.default('./drizzle'),
  url: text.optional(),
  directUrl: text.optional(),
  environment: text.optional(),
  casing: z.enum(['snake_case', 'camelCase']).optional(),
  migrationsTable: text.default('__drizzle_migrations'),
  migrationsSchema: text.default('drizzle'),
  lockTimeout: z.int().min(1_000).max(3_600_000).default(30_000),
})

/** The configuration as the command line uses it, with the defaults filled in. */
export type ResolvedConfig = z.output<typeof configSchema>

/** The entries of `expand-contract.config.ts`. Paths are relative to the file itself. */
export interface Config {
  /** The file or files that export the Drizzle tables, as in `drizzle.config.ts`. */
  readonly schema: string | readonly string[]
  /** The file or files that export the changes. Default: the schema files. */
  readonly changes?: string | readonly string[]
  /** The folder of the migrations, `out` in `drizzle.config.ts`. Default: `'./drizzle'`. */
  readonly migrations?: string
  /** Where the application connects; may be a pooler. */
  readonly url: string | undefined
  /** PostgreSQL itself, for the command line. Default: `url`. Needed where `url` is a transaction pooler. */
  readonly directUrl?: string | undefined
  /** Shown by `status` and `next`, so that nobody takes staging for production. */
  readonly environment?: string | undefined
  /** As in `drizzle.config.ts` (Drizzle 0.45). */
  readonly casing?: 'snake_case' | 'camelCase'
  /** As in `drizzle.config.ts`. Default: `'__drizzle_migrations'`. */
  readonly migrationsTable?: string
  /** As in `drizzle.config.ts`. Default: `'drizzle'`. */
  readonly migrationsSchema?: string
  /** How long a command tries to get a lock on a table, in ms, in short tries that do not hold up traffic. Default: 30000. */
  readonly lockTimeout?: number
}

/**
 * Types the default export of `expand-contract.config.ts`.
 *
 * ```ts
 * export default defineConfig({ schema: './src/schema.ts', changes: './src/changes.ts', url: process.env.DATABASE_URL })
 * ```
 */
export function defineConfig(config: Config): Config {
  return config
}
