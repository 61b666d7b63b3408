import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { createJiti } from 'jiti'
import { failure } from '../errors/index.ts'
import { configSchema, type ResolvedConfig } from './config.ts'

const defaultNames = [
  'expand-contract.config.ts',
  'expand-contract.config.mts',
  'expand-contract.config.js',
  'expand-contract.config.mjs',
]

export interface LoadedConfig extends ResolvedConfig {
  /** Folder of the configuration file; its paths are relative to it. */
  readonly root: string
}

/**
 * Loads and checks the configuration. jiti loads TypeScript of any module style, extensionless imports included, which
 * Node's own type stripping does not.
 *
 * @throws ExpandContractError EC_CONFIG_NOT_FOUND, EC_CONFIG_INVALID
 */
export async function loadConfig(path: string | undefined): Promise<LoadedConfig> {
  const file = configFile(path)
  const parsed = configSchema.safeParse(await load(file))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: at, message, code }) =>
      code === 'unrecognized_keys' ? message : `${at.join('.') || 'default export'}: ${hint(at.join('.')) ?? message}`,
    )
    throw failure('EC_CONFIG_INVALID', { file: basename(file), problems })
  }
  return { ...parsed.data, root: dirname(file) }
}

function hint(entry: string): string | undefined {
  return entry === 'url' ? 'no database URL (is DATABASE_URL set?)' : undefined
}

function configFile(path: string | undefined): string {
  const looked = path === undefined ? defaultNames : [path]
  const found = looked.map((name) => resolve(name)).find((name) => existsSync(name))
  if (found === undefined) throw failure('EC_CONFIG_NOT_FOUND', { looked })
  return found
}

/** All exports of modules, merged; later files win. @throws ExpandContractError EC_CONFIG_INVALID */
export async function loadModules(
  root: string,
  paths: string | readonly string[],
  entry: string,
): Promise<Record<string, unknown>> {
  const merged: Record<string, unknown> = {}
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    const file = resolve(root, path)
    if (!existsSync(file))
      throw failure('EC_CONFIG_INVALID', { file: 'The configuration', problems: [`${entry}: ${path} does not exist`] })
    Object.assign(merged, await loadNamespace(file))
  }
  return merged
}

async function load(file: string): Promise<unknown> {
  const namespace = await loadNamespace(file)
  return namespace.default
}

/** No cache on disk: a command leaves nothing behind in the temporary directory. */
const jiti = createJiti(import.meta.url, { fsCache: false })

async function loadNamespace(file: string): Promise<Record<string, unknown>> {
  try {
    return await jiti.import<Record<string, unknown>>(file)
  } catch (error) {
    if (error instanceof Error && error.name === 'ExpandContractError') throw error
    throw failure('EC_CONFIG_INVALID', {
      file: basename(file),
      problems: [`it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`],
    })
  }
}
