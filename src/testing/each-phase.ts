import { attest } from '../advance/attest.ts'
import { migrationInput } from '../advance/migration-input.ts'
import { type NextPlan, planNext } from '../advance/plan.ts'
import { takeNext } from '../advance/take-next.ts'
import type { AnyChange } from '../change/change.ts'
import { type Project, targetOf } from '../config/project.ts'
import { openSession, type Session } from '../control/session.ts'
import { failure } from '../errors/index.ts'
import { runMigrations } from '../migrate/index.ts'
import type { Phase } from '../phase/phase.ts'

/** The phases on the way from old to new; an abandoned change has none of its own, and acts as a planned one. */
export type PhaseOnTheWay = Exclude<Phase, 'abandoned'>

/** Takes a database through all phases, and pauses in each with no connection open, so that it can be copied. */
export async function* eachPhase(url: string, project: Project, change: AnyChange): AsyncGenerator<PhaseOnTheWay> {
  await inSession(url, project, change, (target) =>
    runMigrations(target.session, { ...migrationInput(target), withhold: change.id }),
  )
  yield 'planned'
  await inSession(url, project, change, async (target) => {
    await runMigrations(target.session, migrationInput(target))
    if ((await planNext(target)).row === undefined) {
      throw failure('EC_STEP_FILE_MISSING', { id: change.id, step: 'expand', folder: project.migrationsFolder })
    }
  })
  yield 'expanded'
  for (const phase of ['dual-write', 'read-switch', 'read-new', 'new-only', 'contracted'] as const) {
    await inSession(url, project, change, (target) => advanceTo(phase, target))
    yield phase
  }
}

type Target = ReturnType<typeof targetOf>

async function inSession(
  url: string,
  project: Project,
  change: AnyChange,
  work: (target: Target) => Promise<unknown>,
): Promise<void> {
  const session: Session = await openSession(url)
  try {
    await work(targetOf(project, session, change))
  } finally {
    await session.close()
  }
}

/**
 * Step after step; contracted is run with the old column dropped. There is nobody to spare, so courtesy is overridden,
 * and nobody else who could write.
 */
async function advanceTo(phase: Phase, target: Target): Promise<void> {
  const force = 'inEveryPhase'
  const isThere = ({ facts }: NextPlan) => facts.phase === phase && (phase !== 'contracted' || facts.droppedAt !== null)
  for (let plan = await planNext(target); !isThere(plan); plan = await planNext(target)) {
    const { step, facts } = plan
    if (step.kind === 'soak') await target.session.client.query('UPDATE expand_contract.changes SET soak_ms = 0')
    else if (step.kind === 'backfill' && facts.sync === 'none' && !facts.attested) await attest(target, force)
    else await takeNext(target, plan, { force })
  }
}
