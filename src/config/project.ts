import { resolve } from 'node:path'
import type { Target } from '../advance/target.ts'
import type { AnyChange } from '../change/change.ts'
import { collectChanges } from '../change/collect.ts'
import { sidesOf } from '../change/sides.ts'
import { requireControlTables } from '../control/install.ts'
import { namingRights } from '../control/naming-rights.ts'
import { openSession, requireDirect, type Session } from '../control/session.ts'
import { failure } from '../errors/index.ts'
import { type LoadedConfig, loadConfig, loadModules } from './load-config.ts'

/** The configuration with what it points to: the user's tables and changes. */
export interface Project {
  readonly config: LoadedConfig
  /** Absolute path of the migrations folder. */
  readonly migrationsFolder: string
  readonly changes: readonly AnyChange[]
}

export async function openProject(args: { readonly config?: string | undefined }): Promise<Project> {
  const config = await loadConfig(args.config)
  const modules = await loadModules(
    config.root,
    config.changes ?? config.schema,
    config.changes === undefined ? 'schema' : 'changes',
  )
  return { config, migrationsFolder: resolve(config.root, config.migrations), changes: collectChanges(modules) }
}

/** The exports of the user's schema files. */
export function loadSchema({ config }: Project): Promise<Record<string, unknown>> {
  return loadModules(config.root, config.schema, 'schema')
}

/** Opens the direct connection for the time of `work`. @throws ExpandContractError EC_UNREACHABLE */
export async function withSession<Result>(
  { config }: Project,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const url = config.directUrl ?? config.url
  if (url === undefined) {
    const problems = ['url: no database URL (is DATABASE_URL set?)']
    throw failure('EC_CONFIG_INVALID', { file: 'expand-contract.config.ts', problems })
  }
  const session = await openSession(url)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/**
 * Opens the direct connection to a database whose control tables are in place, for commands that move a change.
 *
 * @throws ExpandContractError EC_UNREACHABLE, EC_CONTROL_MISSING, EC_CONTROL_OUTDATED, EC_POOLED_CONNECTION
 */
export async function withControl<Result>(
  project: Project,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return withSession(project, async (session) => {
    requireDirect(session, 'moving a change (its table locks last for a session)')
    return namingRights(session, 'run this command', async () => {
      await requireControlTables(session)
      return work(session)
    })
  })
}

export function targetOf(project: Project, session: Session, change: AnyChange, signal?: AbortSignal): Target {
  const { config, migrationsFolder, changes } = project
  return {
    session,
    change,
    sides: sidesOf(change, config.casing),
    changes,
    migrations: {
      folder: migrationsFolder,
      migrationsTable: config.migrationsTable,
      migrationsSchema: config.migrationsSchema,
    },
    casing: config.casing,
    lockTimeoutMs: config.lockTimeout,
    signal,
  }
}

/** The change that a command names; without a name, the only one. @throws ExpandContractError EC_CHANGE_UNDECLARED */
export function changeNamed({ changes }: Project, id: string | undefined): AnyChange {
  const declared = changes.map((candidate) => candidate.id)
  const named = idNamed(declared, id)
  const change = changes.find((candidate) => candidate.id === named)
  if (change === undefined) throw failure('EC_CHANGE_UNDECLARED', { id: named, declared })
  return change
}

/** The id that a command names; without a name, that of the only change. @throws ExpandContractError EC_OPTION_INVALID, EC_CHANGE_UNDECLARED */
export function idNamed(known: readonly string[], id: string | undefined): string {
  if (id !== undefined) return id
  const [only, ...others] = known
  if (only === undefined) throw failure('EC_CHANGE_UNDECLARED', { id: '', declared: [] })
  if (others.length === 0) return only
  throw failure('EC_OPTION_INVALID', { option: 'change', problem: `say which one: ${known.join(', ')}.` })
}
