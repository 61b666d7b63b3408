import { expect, it } from 'vitest'
import { report } from './expectations.ts'
import { storiesToSurvive } from './mutants.ts'
import { buildStage } from './stage.ts'
import { runStory, type Story } from './story.ts'
import type { Variant } from './variants.ts'

/** One seed to tell again; every line of its story is printed then. */
const replayed = process.env.EC_STORY_SEED

/** How many stories are told at once; each has a database of its own. */
const tellers = 3

/** States that the right code keeps every promise in the stories of a variant, in which each mutant of it dies. */
export function expectToSurvive(variant: Variant): void {
  const stories = storiesToSurvive(variant)
  const title = `survives ${stories} stories, 20 times what the hardiest mutant does`
  it(replayed === undefined ? title : `survives story ${replayed}`, async () => {
    const stage = await buildStage(variant)
    const seeds = replayed === undefined ? numbersUpTo(stories) : [Number(replayed)]
    const broken: Story[] = []
    const tellSome = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const story = await runStory(stage, seed)
        if (replayed !== undefined) console.info(story.told.join('\n'))
        if (story.violations.length > 0) broken.push(story)
      }
    }
    await Promise.all(Array.from({ length: tellers }, tellSome))
    expect(broken.map(report).join('\n')).toBe('')
  })

  it('lives through the same story again where the seed is the same', async () => {
    const stage = await buildStage(variant)
    const [one, other] = await Promise.all([runStory(stage, 1), runStory(stage, 1)])
    expect(one.told).toEqual(other.told)
  })
}

function numbersUpTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}
