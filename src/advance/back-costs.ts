import { type Facts, isArmed, keepsOldInSync } from '../phase/facts.ts'
import { isBefore } from '../phase/phase.ts'
import { readTableShape } from '../walk/table-shape.ts'
import type { BackPlan } from './plan.ts'
import type { Target } from './target.ts'

/** What of a planned way back decides what it costs. */
export type BackCase = Pick<BackPlan, 'way' | 'facts'>

interface Cost {
  readonly applies: (back: BackCase) => boolean
  /** @param rows of the table, estimated; in words. */
  readonly says: (facts: Facts, rows: string) => string
}

const costs: readonly Cost[] = [
  {
    applies: ({ way: [step] }) => step?.kind === 'transition' && step.to === 'abandoned',
    says: () => 'The change cannot be taken up again under this id.',
  },
  {
    applies: ({ facts }) => facts.sync === 'trigger' && isArmed(facts),
    says: ({ oldName }) =>
      `Writes to ${oldName} alone that were refused meanwhile are not made up for; their writers got an error.`,
  },
  {
    applies: ({ facts }) => facts.loses !== undefined && !isBefore(facts.phase, 'dual-write'),
    says: lostInTransform,
  },
  {
    applies: ({ facts }) => facts.sync === 'none' && facts.phase === 'dual-write',
    says: () => 'What was filled and verified proves nothing any more; the next time round begins with the backfill.',
  },
  {
    applies: fillsOld,
    says: ({ oldName, newName }, rows) =>
      `${oldName} lacks what was written to ${newName} alone. Before it is read again, ${rows} are gone through and those that differ are filled; reads stay on ${newName} until then.`,
  },
  {
    applies: ({ facts }) =>
      !isBefore(facts.phase, 'read-new') && !keepsOldInSync(facts) && facts.steps.handover === 'done',
    says: ({ oldName }) =>
      `${oldName} accepts NULL since the handover, which took its NOT NULL, checks and foreign keys; \`back\` does not restore them.`,
  },
]

/**
 * What of the values does not survive, by either direction. That of old is gone with the write that a release made of new;
 * that of new stays where it is, and nobody sees it in old.
 */
function lostInTransform({ phase, oldName, newName, loses }: Facts): string {
  const written = `The transform loses something (${loses}): in rows written since by a release that knows both, ${oldName} is what ${newName} gives. What ${newName} cannot hold of an earlier value of ${oldName} does not come back`
  if (isBefore(phase, 'read-switch')) return `${written}.`
  return `${written}, and what ${oldName} cannot hold of a value of ${newName} is not seen where ${oldName} is read.`
}

/** True where old has to be filled before it is read again, by this way back or by the one after it. */
function fillsOld({ way, facts }: BackCase): boolean {
  return way.some(({ kind }) => kind === 'backfill') || (!isBefore(facts.phase, 'new-only') && !keepsOldInSync(facts))
}

/** What a way back costs and cannot give back, one sentence each; empty where nothing is lost. */
export function costsOfBack(back: BackCase, rowsEstimated: number | undefined): readonly string[] {
  if (back.way[0]?.kind === 'none') return []
  const rows = rowsEstimated === undefined ? 'all rows' : `about ${rowsEstimated.toLocaleString('en-US')} rows`
  return costs.filter(({ applies }) => applies(back)).map(({ says }) => says(back.facts, rows))
}

/** The same, with the rows that the statistics of the table know of. */
export async function readCostsOfBack(target: Target, plan: BackPlan): Promise<readonly string[]> {
  // A retired column is not there under its name; its table is walked after the next step back at the earliest.
  const isWalked = fillsOld(plan) && plan.facts.retiredAt === null && plan.facts.droppedAt === null
  if (!isWalked) return costsOfBack(plan, undefined)
  const { rowsEstimated } = await readTableShape(target.session.client, target.change, target.sides)
  return costsOfBack(plan, rowsEstimated)
}
