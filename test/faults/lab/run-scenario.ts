import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../../support/random.ts'
import type { Condition, Place } from '../conditions/condition.ts'
import { Explanations } from '../ledger/explanations.ts'
import type { Verdict, Violation } from '../ledger/verdict.ts'
import type { Scenario, Span } from '../scenarios/scenario.ts'
import { type Variant, variantVariable } from '../subjects/row-store.ts'
import type { Subject } from '../subjects/subject.ts'
import { Chronicle } from './chronicle.ts'
import { Commands } from './commands.ts'
import { breakOff, conclude } from './conclude.ts'
import { Fleet } from './fleet.ts'
import type { Keeper } from './keeper.ts'
import { Operator } from './operator.ts'
import { Outputs } from './outputs.ts'
import { PhaseWatch } from './phase-watch.ts'
import { prepare } from './prepare.ts'
import { ownerRole, Server } from './server.ts'
import { sessions } from './sessions.ts'
import type { Site } from './site.ts'
import { Tally } from './tally.ts'

/** What all runs of a lab share. */
export interface Ground {
  readonly server: Server
  readonly keeper: Keeper
  /** For whatever runs leave on disk. */
  readonly folder: string
}

export interface Run {
  readonly scenario: string
  readonly seed: number
  readonly elapsedMs: number
  readonly faults: Readonly<Record<string, number>>
  readonly commands: number
  /** Characters of output that were searched for values and passwords. */
  readonly searched: number
  readonly verdict: Verdict
  /** What happened, in order. */
  readonly told: readonly string[]
}

export interface PlayOptions {
  readonly seed: number
  readonly span: Span
  /** Hears what happens, line by line. */
  readonly listen?: ((line: string) => void) | undefined
}

const defaultSeeds = 2_000
const defaultLeaseMs = 2_000
const pollMs = 200

/** Plays a scenario on a database of its own, and judges it. One that cannot be played to its end is a violation. */
export async function runScenario(
  ground: Ground,
  subject: Subject,
  scenario: Scenario,
  options: PlayOptions,
): Promise<Run> {
  const begun = performance.now()
  const { conditions = [], seeds = defaultSeeds } = scenario
  const database = `lab_${scenario.name.replaceAll('-', '_')}_${options.seed}`
  const ledgers = join(ground.folder, database, 'ledgers')
  mkdirSync(ledgers, { recursive: true })
  const server = scenario.hasStandby ? await Server.startWithStandby() : ground.server
  const chronicle = new Chronicle(options.listen)
  const outputs = new Outputs()
  let site: OpenSite | undefined
  try {
    await server.createDatabase(database)
    const place = await placeOf(server, database, conditions)
    site = openSite({ ground, subject, scenario, options, place, ledgers, outputs, chronicle })
    const verdict = await played(site, scenario, options.span, { ledgers, seeds, outputs })
    return {
      scenario: scenario.name,
      seed: options.seed,
      elapsedMs: Math.round(performance.now() - begun),
      faults: site.tally.counts,
      commands: site.commands.count,
      searched: outputs.characters,
      verdict,
      told: chronicle.lines,
    }
  } finally {
    await site?.close()
    for (const { end } of [...conditions].reverse()) await end?.()
    await server.dropDatabase(database)
    if (server !== ground.server) await server.stop()
  }
}

interface Records {
  readonly ledgers: string
  readonly seeds: number
  readonly outputs: Outputs
}

async function played(
  site: Site,
  { crew, play }: Scenario,
  span: Span,
  { ledgers, seeds, outputs }: Records,
): Promise<Verdict> {
  try {
    await prepare(site, ledgers, seeds)
    site.watch.start()
    await site.fleet.start(...crew)
    await play(site, span)
    return await conclude(site, ledgers, outputs)
  } catch (error) {
    return breakOff(site, outputs, error)
  }
}

/** Each condition finds what those before it have made of the place. */
async function placeOf(server: Server, database: string, conditions: readonly Condition[]): Promise<Place> {
  const url = server.url(database, ownerRole)
  let place: Place = { server, database, url, directUrl: url, flags: { kind: 'database' } }
  for (const { begin } of conditions) place = { ...place, ...(await begin?.(place)) }
  return place
}

interface Parts {
  readonly ground: Ground
  readonly subject: Subject
  readonly scenario: Scenario
  readonly options: PlayOptions
  readonly place: Place
  readonly ledgers: string
  readonly outputs: Outputs
  readonly chronicle: Chronicle
}

type OpenSite = Site & { close(): Promise<void> }

function openSite({ ground, subject, scenario, options, place, ledgers, outputs, chronicle }: Parts): OpenSite {
  const { keeper } = ground
  const { server, url, directUrl, flags } = place
  const { seeds = defaultSeeds, leaseMs = defaultLeaseMs, conditions = [] } = scenario
  const variant = { ...subject.variant, ...scenario.variant }
  const random = new Random(options.seed)
  const admin = server.admin(place.database)
  const explanations = new Explanations()
  const watch = new PhaseWatch(admin, explanations)
  const environment = environmentOf(place, variant, join(ledgers, '..', 'migrations'))
  const folder = fileURLToPath(new URL(`../subjects/${subject.name}/`, import.meta.url))
  const commands = new Commands({ folder, environment, keeper, outputs, chronicle, diagnose: () => sessions(admin) })
  const fleet = new Fleet({
    common: { subject: subject.name, url, variant, ledgers, rows: seeds, flags, pollMs, leaseMs },
    environment,
    keeper,
    outputs,
    random,
  })
  const violations: Violation[] = []
  return {
    server,
    subject,
    variant,
    conditions,
    url,
    directUrl,
    admin,
    fleet,
    commands,
    operator: new Operator({ commands, watch, change: subject.change, random, variant, explanations }),
    watch,
    explanations,
    tally: new Tally(),
    chronicle,
    random,
    leaseMs,
    violations,
    report: (violation: Violation) => void violations.push(violation),
    async close() {
      commands.kill()
      await fleet.stop()
      await watch.stop()
      await admin.end()
    },
  }
}

/** Nothing of the environment of the lab but what programs need to run. */
function environmentOf({ url, directUrl }: Place, variant: Variant, migrations: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    PATH,
    HOME,
    TMPDIR,
    NO_COLOR: '1',
    DATABASE_URL: url,
    EC_LAB_DIRECT_URL: directUrl,
    EC_LAB_MIGRATIONS: migrations,
    [variantVariable]: JSON.stringify(variant),
  }
}
