import { buildStage } from '../story/stage.ts'
import type { Variant } from '../story/variants.ts'
import { World } from '../story/world.ts'
import type { Scene } from './scenes.ts'

/** A scene with the table, the rename and the services of the stories of a variant. */
export function inWorld(variant: Variant, play: (world: World) => Promise<void>): Scene {
  return async () => {
    const world = await World.open(await buildStage(variant), 1)
    try {
      await play(world)
    } finally {
      await world.close()
    }
    return world.violations.all
  }
}
