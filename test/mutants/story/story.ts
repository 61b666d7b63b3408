import { setReads } from '../../../src/advance/set-reads.ts'
import { readChangeRow } from '../../../src/control/change-row.ts'
import type { Phase } from '../../../src/phase/phase.ts'
import { type Action, chooseService } from './action.ts'
import { awareActions } from './aware-actions.ts'
import { compareAll } from './aware-reads.ts'
import { remove, update } from './aware-writes.ts'
import { checkpoint } from './checkpoint.ts'
import { Operator, unlessRefused } from './operator.ts'
import { seedRows } from './seed-rows.ts'
import type { Stage } from './stage.ts'
import { remove as removeUnaware, unawareActions, updateAsReplica } from './unaware-actions.ts'
import type { Variant } from './variants.ts'
import type { Violation } from './violations.ts'
import { World } from './world.ts'

export interface Story {
  readonly variant: Variant
  readonly seed: number
  readonly violations: readonly Violation[]
  /** What happened, in order. */
  readonly told: readonly string[]
}

/** Where the operator changes its mind, in so many of a hundred stories and steps; once each, and once more after the handover. */
const regrets: Readonly<Partial<Record<Phase, number>>> = {
  'dual-write': 35,
  'read-switch': 15,
  'read-new': 65,
  'new-only': 80,
  contracted: 30,
}

/** More steps than any way through the phases has. */
const stepLimit = 60

/**
 * Takes one change from the first deployment to the drop, back and forth, while services, old releases, a trigger of the
 * users' own and a replica go on writing; and says which promises were broken.
 *
 * One thing happens after the other, so that a seed always tells the same story. Processes still overlap: each service
 * sees a transition only when the story refreshes it, units of work stay open across transitions, and others write
 * between the pages of a backfill.
 */
export async function runStory(stage: Stage, seed: number): Promise<Story> {
  const world = await World.open(stage, seed)
  try {
    await tell(world)
  } finally {
    await world.close()
  }
  return { variant: stage.variant, seed, violations: world.violations.all, told: world.told }
}

async function tell(world: World): Promise<void> {
  const { random } = world
  const betweenPages = async (): Promise<void> => {
    await random.pick(deletionsIn(world))(world)
    await update(world)
    await bustle(world, random.between(1, 3))
  }
  const operator = new Operator(world, betweenPages)
  const regretted = new Set<string>()
  await seedRows(world)
  for (let step = 0; step < stepLimit && !isStuck(world); step += 1) {
    await bustle(world, random.between(8, 16))
    await checkpoint(world)
    if (world.control.isDropped) break
    const { phase } = world.control
    if (phase === 'expanded') await updateAsReplica(world)
    const regret = `${phase}${world.control.isHandedOver ? ' again' : ''}`
    if (!regretted.has(regret) && random.percent(chanceOfRegret(world))) {
      regretted.add(regret)
      await goBack(world, operator)
    } else await operator.next()
    await checkpoint(world)
  }
  if (!isStuck(world)) await readEverything(world)
}

/** Where the change has been in new-only, and where a proof is about to become void, going back is most of the story. */
function chanceOfRegret({ variant, control: { phase, isVerified, isHandedOver } }: World): number {
  if (phase === 'read-new' && isHandedOver) return 85
  if (phase === 'dual-write' && variant === 'no-trigger') return isHandedOver ? 0 : isVerified ? 90 : 0
  return regrets[phase] ?? 0
}

/** To the phase before; where old is behind, that takes several steps. */
async function goBack(world: World, operator: Operator): Promise<void> {
  const { phase } = world.control
  for (let step = 0; step < stepLimit && !isStuck(world); step += 1) {
    await operator.back()
    if (world.control.phase !== phase) return
    await bustle(world, world.random.between(2, 4))
    await checkpoint(world)
  }
}

/** Some of what people do all day. */
async function bustle(world: World, times: number): Promise<void> {
  const { random } = world
  for (let time = 0; time < times; time += 1) {
    const unaware = world.admitsUnaware && random.percent(40) ? unawareActions : awareActions
    await random.pick(random.percent(20) ? upkeep : unaware)(world)
  }
}

/** What happens beside requests: services learn of phases, flags are flipped, units of work come to their end. */
const upkeep: readonly Action[] = [
  async (world) => {
    const { name, toolkit } = chooseService(world)
    world.tell(`${name} looks at the phases`)
    await toolkit.refresh()
  },
  async (world) => {
    const wish = world.random.pick([true, true, false, 50])
    world.tell(`the flag becomes ${wish}`)
    world.flags.set(world.target.change.flag, wish)
  },
  async (world) => {
    const row = await readChangeRow(world.target.session.db, world.target.change.id)
    const percent = world.random.pick([100, 100, 50, 0])
    if (row === undefined) return
    world.tell(`reads ${percent}`)
    await unlessRefused(setReads(world.target, percent), 'EC_GUARD_REFUSED')
  },
  async ({ openUnits }) => openUnits.shift()?.finish(),
  async ({ sleepers, random }) => (random.percent(15) ? sleepers.shift()?.finish() : undefined),
]

/** Rows that leave behind the cursor of a backfill, among others. */
function deletionsIn(world: World): readonly Action[] {
  return world.admitsUnaware ? [remove, removeUnaware] : [remove]
}

async function readEverything(world: World): Promise<void> {
  for (const unit of world.takeUnfinished()) await unit.finish()
  for (const service of world.services) {
    await service.toolkit.refresh()
    await world.request(`${service.name} reads everything`, 'neither', () => compareAll(world, service))
  }
}

function isStuck({ violations }: World): boolean {
  return violations.include('stuck')
}
