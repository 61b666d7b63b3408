import { buildStage } from '../story/stage.ts'
import type { Violation } from '../story/violations.ts'
import { World } from '../story/world.ts'
import { type SceneName, scenes } from './scenes.ts'

/** Plays a scene in a database of its own, and says which promises were broken. */
export async function playScene(name: SceneName): Promise<readonly Violation[]> {
  const { variant, play } = scenes[name]
  const world = await World.open(await buildStage(variant), 1)
  try {
    await play(world)
  } finally {
    await world.close()
  }
  return world.violations.all
}
