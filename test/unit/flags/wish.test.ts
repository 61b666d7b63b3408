import { expect, test } from 'vitest'
import { memoryFlags } from '../../../src/flags/memory.ts'
import type { FlagPort } from '../../../src/flags/port.ts'
import { Wishes, type WishRequest } from '../../../src/flags/wish.ts'

function request(key: string | undefined, flag = 'user-full-name'): WishRequest {
  return { flag, changeId: flag, key, context: {}, readPercent: 0 }
}

function unreported(problem: string): void {
  throw new Error(`unexpected: ${problem}`)
}

test('a port is handed the question as it is, and its answer is the wish', () => {
  const questions: unknown[] = []
  const wish: FlagPort['wish'] = (question) => questions.push(question) === 1
  const wishes = new Wishes({ name: 'own', wish }, unreported)
  const context = { userId: 7, plan: 'beta' }
  expect(wishes.of({ flag: 'a', changeId: 'b', key: '7', context, readPercent: 25 })).toBe(true)
  expect(wishes.of(request('8'))).toBe(false)
  expect(questions[0]).toEqual({ flag: 'a', changeId: 'b', key: '7', context, readPercent: 25 })
})

test('a unit of work without a key has no wish and the port is not asked', () => {
  const wishes = new Wishes({ name: 'own', wish: () => expect.unreachable('the port was asked') }, unreported)
  expect(wishes.of(request(undefined))).toBeUndefined()
})

test('without a value the last answer of the same flag for the same key stays', () => {
  const flags = memoryFlags({ one: (context) => context.tester === true, other: true })
  const wishes = new Wishes(flags, unreported)
  expect(wishes.of({ ...request('ada', 'one'), context: { tester: true } })).toBe(true)
  expect(wishes.of({ ...request('bob', 'one'), context: { tester: false } })).toBe(false)
  flags.reset()
  expect(wishes.of(request('ada', 'one'))).toBe(true)
  expect(wishes.of(request('bob', 'one'))).toBe(false)
  expect(wishes.of(request('eve', 'one')), 'a key that never had an answer').toBeUndefined()
  expect(wishes.of(request('ada', 'other')), 'another flag').toBeUndefined()
})

test('a new answer replaces the last one', () => {
  const flags = memoryFlags({ 'user-full-name': true })
  const wishes = new Wishes(flags, unreported)
  expect(wishes.of(request('ada'))).toBe(true)
  flags.set('user-full-name', false)
  expect(wishes.of(request('ada'))).toBe(false)
  flags.reset('user-full-name')
  expect(wishes.of(request('ada'))).toBe(false)
})

test('a port that throws counts as one without a value, and is reported once per flag without what it said', () => {
  const problems: string[] = []
  let broken = false
  const port: FlagPort = {
    name: 'own',
    wish: ({ key }) => {
      if (broken) throw new TypeError(`no such user: ${key}`)
      return true
    },
  }
  const wishes = new Wishes(port, (problem) => void problems.push(problem))
  expect(wishes.of(request('ada'))).toBe(true)
  broken = true
  expect(wishes.of(request('ada'))).toBe(true)
  expect(wishes.of(request('canary-8731'))).toBeUndefined()
  expect(problems).toEqual([
    'Flags "own" threw TypeError for "user-full-name"; it has to answer true, false or undefined. The last known value is used.',
  ])
  expect(wishes.of(request('ada', 'other'))).toBeUndefined()
  expect(problems).toHaveLength(2)
})

test.each([
  ['a promise', Promise.resolve(true), 'answered with an object'],
  ['a text', 'true', 'answered with a string'],
  ['null', null, 'answered with an object'],
])('an answer that is %s is no value', (_name, answer, words) => {
  const problems: string[] = []
  const port = { name: 'own', wish: () => answer } as unknown as FlagPort
  expect(new Wishes(port, (problem) => void problems.push(problem)).of(request('ada'))).toBeUndefined()
  expect(problems[0]).toContain(words)
})
