import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
// The launcher of the demo's PostgreSQL is not part of the package's public interface.
import { openScratchServer } from '../../../src/scratch/index.ts'
import { CommandLine } from './command-line.ts'
import { askChecker, conclude, type Outcome, outcomeOf } from './ending.ts'
import { Fleet } from './fleet.ts'
import { Ledger } from './ledger.ts'
import type { DemoOptions } from './options.ts'
import { sabotages } from './sabotage.ts'
import type { Screen } from './screen.ts'
import { Stage } from './stage.ts'
import { count, type Scene, wholeStory } from './story.ts'
import { createUsersTable, seedUsers } from './users-table.ts'

type CleanUp = () => unknown

/** Plays the demo from an empty database to the verdict. Resolves to undefined where it was interrupted. */
export async function play(options: DemoOptions, screen: Screen, signal: AbortSignal): Promise<Outcome | undefined> {
  const cleanUps: CleanUp[] = []
  try {
    return await playAll(options, screen, cleanUps, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    screen.end()
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}

async function playAll(
  options: DemoOptions,
  screen: Screen,
  cleanUps: CleanUp[],
  signal: AbortSignal,
): Promise<Outcome> {
  screen.line('drizzle-expand-contract: users.name becomes users.full_name, live', { style: 'bold' })
  const server = await openScratchServer()
  cleanUps.push(() => server.stop())
  const name = `rename_demo_${randomBytes(6).toString('hex')}`
  const url = await server.createDatabase({ name })
  cleanUps.push(() => server.dropDatabase(name))
  const ledgers = await mkdtemp(join(tmpdir(), 'expand-contract-demo-'))
  cleanUps.push(() => rm(ledgers, { recursive: true, force: true }))
  const pool = new Pool({ connectionString: url, application_name: 'director' })
  // `pool.end()` says goodbye and does not wait for the answer, so the drop of the database may cut a connection off.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', () => undefined)
  cleanUps.push(() => pool.end())

  await createUsersTable(pool)
  const seed = new Ledger(ledgers, 'seed')
  await seedUsers(pool, options.rows, seed)
  seed.close()

  const { scenes, preload = [] } = options.sabotage === undefined ? { scenes: wholeStory } : sabotages[options.sabotage]
  const commands = new CommandLine(url)
  const fleet = new Fleet({
    url,
    ledgers,
    rows: options.rows,
    preload,
    onEvent: (writer, event) => {
      if (event.type === 'read-clamped' || event.level === 'warn')
        screen.line(`${writer}: ${event.message}`, { indent: 6, style: 'dim' })
    },
  })
  const killAll = (): void => {
    commands.kill()
    fleet.kill()
  }
  cleanUps.push(killAll)
  // Whatever the story waits for then fails, and all is cleared up.
  signal.addEventListener('abort', killAll)
  signal.throwIfAborted()
  await fleet.start('old-release', 'raw-writer')
  await introduce(screen, pool, options.rows)
  screen.keepAlive(() => liveLine(screen, fleet))

  const stage = new Stage({ screen, fleet, commands, pool, rows: options.rows, requests: options.requests })
  await playScenes(stage, scenes, signal)
  signal.throwIfAborted()
  await fleet.stopAll()
  screen.end()
  const verdict = await askChecker(url, ledgers)
  const outcome = await outcomeOf(stage, verdict, options)
  conclude(stage, verdict, outcome, options)
  return outcome
}

/** The scenes, one after the other; where one cannot be played to its end, the rest is left out. */
async function playScenes(stage: Stage, scenes: readonly Scene[], signal: AbortSignal): Promise<void> {
  const { screen, fleet, requests } = stage.props
  try {
    for (const { title, why, play } of scenes) {
      screen.line()
      screen.line(title, { indent: 2, mark: `${screen.style('cyan', '▸')} `, style: 'bold' })
      screen.line(why, { indent: 4, style: 'dim' })
      await play(stage)
    }
    while (scenes === wholeStory && fleet.requests < requests) await stage.traffic(100)
  } catch (error) {
    signal.throwIfAborted()
    stage.problem(error instanceof Error ? error.message : String(error))
  }
}

async function introduce(screen: Screen, pool: Pool, rows: number): Promise<void> {
  const { rows: answer } = await pool.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)
  screen.line(
    `${count(rows)} users in PostgreSQL ${answer[0]?.version.split(' ')[0]}. An old release (Drizzle only) and a writer by raw SQL use the old column all the time; two processes of the new release will join them.`,
    { indent: 2 },
  )
}

function liveLine(screen: Screen, fleet: Fleet): string {
  const processes = fleet.live().length
  return `  ${screen.seconds.toFixed(0)} s   ${processes} processes   ${count(fleet.requests)} requests   ${count(fleet.failed)} failed`
}
