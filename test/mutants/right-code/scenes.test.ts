import { expect, it } from 'vitest'
import { playScene } from '../scenes/play-scene.ts'
import { sceneNames } from '../scenes/scenes.ts'

it.each(sceneNames)('survives the scene "%s"', async (name) => {
  expect(await playScene(name)).toEqual([])
})
