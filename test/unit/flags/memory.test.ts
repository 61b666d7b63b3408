import { expect, test } from 'vitest'
import { ExpandContractError } from '../../../src/errors/index.ts'
import { memoryFlags } from '../../../src/flags/memory.ts'
import type { FlagContext, FlagRequest } from '../../../src/flags/port.ts'

function ask(key: string, context: FlagContext = {}): FlagRequest {
  return { flag: 'user-full-name', changeId: 'user-full-name', key, context, readPercent: 100 }
}

test('a flag that nobody set has no value', () => {
  expect(memoryFlags().wish(ask('ada'))).toBeUndefined()
})

test('a flag is on, off, or what a function of the context says', () => {
  const flags = memoryFlags({ 'user-full-name': true })
  expect(flags.wish(ask('ada'))).toBe(true)
  flags.set('user-full-name', false)
  expect(flags.wish(ask('ada'))).toBe(false)
  flags.set('user-full-name', ({ plan }) => plan === 'beta')
  expect(flags.wish(ask('ada', { plan: 'beta' }))).toBe(true)
  expect(flags.wish(ask('ada', { plan: 'free' }))).toBe(false)
})

test('a percentage lets as many keys read new', () => {
  const flags = memoryFlags({ 'user-full-name': 25 })
  const reading = Array.from({ length: 1_000 }, (_, index) => flags.wish(ask(String(index)))).filter(Boolean)
  expect(reading.length).toBeGreaterThan(200)
  expect(reading.length).toBeLessThan(300)
})

test.each([-1, 101, Number.NaN])('%d is refused as a percentage', (percent) => {
  const flags = memoryFlags()
  expect(() => flags.set('user-full-name', percent)).toThrow(ExpandContractError)
  expect(() => memoryFlags({ 'user-full-name': percent })).toThrow(
    `memoryFlags, "user-full-name": ${percent} is no percentage. Give 0 to 100, true, false or a function of the context.`,
  )
})

test('reset takes the value of one flag away, or of all', () => {
  const flags = memoryFlags({ 'user-full-name': true, other: true })
  flags.reset('other')
  expect(flags.wish(ask('ada'))).toBe(true)
  expect(flags.wish({ ...ask('ada'), flag: 'other' })).toBeUndefined()
  flags.reset()
  expect(flags.wish(ask('ada'))).toBeUndefined()
})
