import { expect, it } from 'vitest'
import { withEndings } from '../../../src/testing/with-endings.ts'

function recorder() {
  const done: string[] = []
  const act = (name: string) => async () => void done.push(name)
  const fail = (name: string) => async () => {
    done.push(name)
    throw new Error(name)
  }
  return { done, act, fail }
}

it('does every ending though the work and an ending fail, and throws what the work threw', async () => {
  const { done, act, fail } = recorder()
  await expect(withEndings(fail('work'), fail('first'), act('second'))).rejects.toThrow('work')
  expect(done).toEqual(['work', 'first', 'second'])
})

it('throws what an ending threw where the work went well', async () => {
  const { done, act, fail } = recorder()
  await expect(withEndings(act('work'), fail('first'), act('second'))).rejects.toThrow('first')
  expect(done).toEqual(['work', 'first', 'second'])
})
