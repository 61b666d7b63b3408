import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { withoutValues } from '../../../src/errors/index.ts'

const canary = 'canary-8f2e'

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return expect.unreachable('nothing was thrown')
}

function coded(code: string, message: string, names: object = {}): Error {
  return Object.assign(new Error(message), { code, ...names })
}

class DrizzleQueryError extends Error {}

describe('the copy of a driver’s error', () => {
  it.each<[string, unknown]>([
    ['of Node, which quotes its argument', thrown(() => Buffer.byteLength({ toString: canary } as never))],
    ['with no code', new TypeError(`cannot encode ${canary}`)],
    ['with a code that is no code', coded(canary, canary, { table: canary })],
    ['with a code of Node', coded('ERR_INVALID_ARG_TYPE', `Received '${canary}'`, { column: canary })],
    ['of a class whose text holds the input', coded('22P02', `invalid input syntax for type integer: "${canary}"`)],
    ['of Drizzle around one with no code', new DrizzleQueryError(canary, { cause: new Error(canary) })],
    ['that is none', canary],
  ])('holds no value of one %s', (_, error) => {
    const copy = withoutValues(error)
    expect(copy.message).not.toBe('')
    expect(inspect(copy, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('canary')
  })

  it.each([
    ['23505', 'duplicate key value violates unique constraint "users_email_key"'],
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN db.internal'],
    ['EPIPE', 'write EPIPE'],
  ])('keeps the text of %s, which is made of names', (code, message) => {
    expect(withoutValues(coded(code, message))).toMatchObject({ code, message })
  })

  it('keeps the names of objects that PostgreSQL gives', () => {
    const error = coded('23505', 'duplicate key', { schema: 'public', table: 'users', constraint: 'users_email_key' })
    expect(withoutValues(error)).toMatchObject({ schema: 'public', table: 'users', constraint: 'users_email_key' })
  })

  it('keeps what the driver says of a connection', () => {
    const cause = new Error('Connection terminated unexpectedly')
    expect(withoutValues(new DrizzleQueryError(canary, { cause })).message).toBe(cause.message)
  })

  it('names the class of an error whose text it leaves out', () => {
    expect(withoutValues(new TypeError(canary)).message).toContain('TypeError')
  })
})
