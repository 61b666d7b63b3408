import { expect, it } from 'vitest'
import { sceneNames, scenes } from '../scenes/scenes.ts'

it.each(sceneNames)('survives the scene "%s"', async (name) => {
  expect(await scenes[name]()).toEqual([])
})
