import { planNext } from '../../../src/advance/plan.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { unlessRefused } from '../story/operator.ts'
import { messageOf, type World } from '../story/world.ts'
import { advanceTo } from './steps.ts'

/** A live process writes old alone still, and nobody forces the refusal on it: it is not to be refused. */
export async function armWhileAProcessIsBehind(world: World): Promise<void> {
  const [behind, follower] = world.services
  await advanceTo(world, 'new-only', [follower!])
  const { target, people, violations } = world
  await unlessRefused(takeNext(target, await planNext(target)), 'EC_GUARD_REFUSED')
  const id = people.newId()
  try {
    await behind!.people.insert({ id, fullName: people.newValue(id) })
  } catch (error) {
    violations.report('refused write', `${behind!.name} inserts ${id}`, messageOf(error))
  }
}
