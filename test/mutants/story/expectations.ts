import { expect, it } from 'vitest'
import { scenes } from '../scenes/scenes.ts'
import { type Mutant, type MutantName, mutants } from './mutants.ts'
import { buildStage } from './stage.ts'
import { runStory, type Story } from './story.ts'

/**
 * States that the code of this test file, which has one function replaced, breaks the promise that the list of mutants
 * names for it. A crash is none: stories that only fail or get stuck do not count.
 */
export function expectToDie(name: MutantName): void {
  const mutant: Mutant = mutants[name]
  const { dies } = mutant
  if ('scene' in mutant) {
    it(`dies of a "${dies}" in the scene "${mutant.scene}"`, async () => {
      const violations = await scenes[mutant.scene]()
      expect(violations.map(({ kind }) => kind)).toContain(dies)
    })
    return
  }
  const { variant, budget } = mutant
  it(`dies of a "${dies}" in story ${budget} at the latest`, async () => {
    const stage = await buildStage(variant)
    const stories: Story[] = []
    while (stories.length < budget) {
      const story = await runStory(stage, stories.length + 1)
      if (story.violations.some(({ kind }) => kind === dies)) return
      stories.push(story)
    }
    expect.fail(`It lives. What the stories saw:\n${stories.map(report).join('\n')}`)
  })
}

/** A story in words: its seed, with which it is told again, what it saw, and how it came to that. */
export function report({ variant, seed, violations, told }: Story): string {
  return [
    `Story of seed ${seed}, ${variant} (EC_STORY_SEED=${seed} tells it again):`,
    ...violations.map(({ kind, what }) => `  ${kind}: ${what}`),
    ...(violations.length > 0 ? ['  after', ...told.slice(-40).map((line) => `    ${line}`)] : []),
  ].join('\n')
}
