import { phases } from '../../../src/phase/phase.ts'
import type { Service } from './service.ts'
import type { World, Writes } from './world.ts'

/** Something that somebody does: at most one write, in one request. */
export type Action = (world: World) => Promise<void>

/** A service, a key, and what the service writes by the phase that it saw last. */
export function choose(world: World): { readonly service: Service; readonly id: number; readonly writes: Writes } {
  const service = chooseService(world)
  return { service, id: world.random.pick(world.people.ids), writes: phases[service.phase].write }
}

export function chooseService(world: World): Service {
  return world.random.pick(world.services.filter(({ isAsleep }) => !isAsleep))
}
