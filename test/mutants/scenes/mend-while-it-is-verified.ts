import { verifyChange } from '../../../src/verify/index.ts'
import { driftUnseen } from '../story/drift.ts'
import type { World } from '../story/world.ts'
import { advanceTo } from './steps.ts'

/** Rows that differ when they are compared, and are mended before they are looked at again, are no mismatches. */
export async function mendWhileItIsVerified(world: World): Promise<void> {
  await advanceTo(world, 'read-switch', world.services)
  const { session, change, sides } = world.target
  await driftUnseen(world)
  const restore = beforeSuspects(world, () => world.query('UPDATE people SET full_name = name WHERE full_name <> name'))
  const { mismatches } = await verifyChange(session, change, sides).finally(restore)
  if (mismatches === 0) return
  world.violations.report('false mismatch', 'the verification', `counted ${mismatches} rows that agree`)
}

/** Has something happen after a verification has compared rows, and before it looks again at those that differ. */
function beforeSuspects({ target }: World, happen: () => Promise<unknown>): () => void {
  const { client } = target.session
  const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>
  const observed = async (...given: unknown[]) => {
    if (typeof given[0] === 'string' && given[0].includes('suspect(key)')) await happen()
    return query(...given)
  }
  Object.assign(client, { query: observed })
  return () => {
    Reflect.deleteProperty(client, 'query')
  }
}
