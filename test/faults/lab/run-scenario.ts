import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'pg'
import type { ScratchServer } from '../../../src/scratch/index.ts'
import { Random } from '../../support/random.ts'
import { Explanations } from '../ledger/explanations.ts'
import { judge } from '../ledger/judge.ts'
import { Ledger, readLedgers } from '../ledger/ledger.ts'
import type { Verdict, Violation } from '../ledger/verdict.ts'
import type { Scenario, Span } from '../scenarios/scenario.ts'
import { variantVariable } from '../subjects/rename-column/variant.ts'
import type { Variant } from '../subjects/row-store.ts'
import type { Subject } from '../subjects/subject.ts'
import { type CommandResult, Commands } from './commands.ts'
import { Fleet } from './fleet.ts'
import type { Keeper } from './keeper.ts'
import { Operator } from './operator.ts'
import { Outputs, passwordCanary } from './outputs.ts'
import { PhaseWatch } from './phase-watch.ts'
import { labApplication, type Site } from './site.ts'
import { Tally } from './tally.ts'

/** What all runs of a lab share. */
export interface Ground {
  readonly server: ScratchServer
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
  readonly verdict: Verdict
}

const defaultRows = 2_000
const pollMs = 200

/** Plays a scenario on a database of its own, and judges it. */
export async function runScenario(
  ground: Ground,
  subject: Subject,
  scenario: Scenario,
  seed: number,
  span: Span,
): Promise<Run> {
  const begun = performance.now()
  const random = new Random(seed)
  const variant = { ...subject.variant, ...scenario.variant }
  const rows = scenario.rows ?? defaultRows
  const folder = join(ground.folder, `${scenario.name}-${seed}`)
  const ledgers = join(folder, 'ledgers')
  mkdirSync(ledgers, { recursive: true })
  const database = `lab_${scenario.name.replaceAll('-', '_')}_${seed}`
  const url = await createDatabase(ground.server, database)
  const admin = new Pool({ connectionString: adminUrl(ground.server, database), application_name: labApplication })
  admin.on('error', () => undefined)
  admin.on('connect', (client) => client.on('error', () => undefined))

  const environment = environmentOf(url, variant, join(folder, 'migrations'))
  const outputs = new Outputs()
  const violations: Violation[] = []
  const explanations = new Explanations()
  const watch = new PhaseWatch(admin, explanations)
  const project = new URL(`../subjects/${subject.name}/`, import.meta.url).pathname
  const commands = new Commands(project, environment, ground.keeper, outputs)
  const leaseMs = scenario.leaseMs ?? 2_000
  const common = {
    subject: subject.name,
    url,
    variant,
    ledgers,
    rows,
    flags: scenario.flags ?? { kind: 'database' as const },
    pollMs,
    leaseMs,
  }
  const fleet = new Fleet(common, ground.keeper, outputs, random, environment)
  const tally = new Tally()
  const site: Site = {
    subject,
    variant,
    url,
    directUrl: url,
    admin,
    fleet,
    commands,
    operator: new Operator(commands, watch, subject.change, random),
    watch,
    explanations,
    tally,
    random,
    leaseMs,
    report: (violation) => void violations.push(violation),
  }
  try {
    await prepare(site, ledgers, rows)
    watch.start()
    await fleet.start(...scenario.crew)
    await scenario.play(site, span)
    await finish(site)
    const verdict = await judgeRun(site, ledgers)
    const own = [...violations, ...defectsOf(site, outputs)]
    return {
      scenario: scenario.name,
      seed,
      elapsedMs: Math.round(performance.now() - begun),
      faults: tally.counts,
      commands: commands.count,
      verdict: { ...verdict, violations: [...verdict.violations, ...own] },
    }
  } finally {
    commands.kill()
    await fleet.stop()
    await watch.stop()
    await admin.end()
    await ground.server.dropDatabase(database)
  }
}

/** The owner of the database and its tables, with no rights beyond; its password is a canary. */
const ownerRole = 'lab_owner'

async function createDatabase(server: ScratchServer, name: string): Promise<string> {
  await server.createDatabase({ name })
  const admin = new Pool({ connectionString: server.url })
  try {
    await admin.query(
      `DO $$ BEGIN
         IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${ownerRole}') THEN
           CREATE ROLE ${ownerRole} LOGIN PASSWORD '${passwordCanary}';
         END IF;
       END $$`,
    )
    await admin.query(`ALTER DATABASE ${name} OWNER TO ${ownerRole}`)
  } finally {
    await admin.end()
  }
  const url = new URL(adminUrl(server, name))
  url.username = ownerRole
  url.password = passwordCanary
  return url.href
}

function adminUrl(server: ScratchServer, database: string): string {
  const url = new URL(server.url)
  url.pathname = `/${database}`
  return url.href
}

/** Nothing of the environment of the lab but what programs need to run. */
function environmentOf(url: string, variant: Variant, migrations: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    PATH,
    HOME,
    TMPDIR,
    DATABASE_URL: url,
    EC_LAB_MIGRATIONS: migrations,
    [variantVariable]: JSON.stringify(variant),
  }
}

/** The table as the old release made it, filled; then the change is declared and its expand step applied. */
async function prepare(site: Site, ledgers: string, rows: number): Promise<void> {
  const { commands, subject, admin, variant } = site
  await done(commands.run('generate', '--config', 'before.config.ts'))
  await done(commands.run('migrate', '--config', 'before.config.ts'))
  await subject.seed(admin, variant, rows)
  const ledger = new Ledger(ledgers, 'seed')
  const keys = Array.from({ length: rows }, (_, index) => index + 1)
  ledger.append(
    ...keys.map((key) => ({ entry: 'intent' as const, operation: 'seed' as const, write: key, key, sent: 0 })),
    { entry: 'answer', outcome: 'acknowledged', writes: keys, versions: keys.map(() => 0), done: 0 },
  )
  ledger.close()
  await done(commands.run('generate'))
}

export async function done(running: Promise<CommandResult>): Promise<CommandResult> {
  const result = await running
  if (result.code !== 0) throw new Error(`${result.command} ended with ${result.code}: ${result.said}`)
  return result
}

/** The change is brought to where both sides are proved equal; then everybody leaves, and the toolkit itself compares. */
async function finish({ operator, fleet, commands, report, watch }: Site): Promise<void> {
  if (watch.state?.isRetired !== true && watch.phase !== 'new-only') await operator.goTo('read-new', 'next')
  await fleet.stop()
  const { code, json, said } = await commands.run('verify', operator.change)
  if (code !== 0) report({ kind: 'broken', what: `verify ended with ${code} (${json.mismatches} mismatches): ${said}` })
}

async function judgeRun({ subject, variant, admin, watch, explanations }: Site, ledgers: string): Promise<Verdict> {
  await watch.look()
  return judge({
    entries: readLedgers(ledgers),
    rows: await subject.read(admin, variant),
    truth: watch.truth,
    agreed: variant.copyBack || watch.phase === 'read-switch' || watch.phase === 'read-new',
    explanations,
  })
}

/** What went wrong beside the rows. */
function defectsOf({ fleet, operator, commands }: Site, { leaks }: Outputs): readonly Violation[] {
  const broken = [
    ...fleet.crashes,
    ...operator.failures.map(({ command, code, said }) => `${command} ended with ${code}: ${said}`),
    ...commands.hanging.map((command) => `${command} did not end`),
  ]
  return [
    ...leaks.map((what): Violation => ({ kind: 'leak', what })),
    ...broken.map((what): Violation => ({ kind: 'broken', what })),
  ]
}
