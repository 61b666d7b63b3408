import { eq, sql } from 'drizzle-orm'
import { bigint, integer, numeric, pgEnum, pgTable, pgView, text, timestamp, varchar } from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { type AnyChange, isChange } from '../../../src/change/change.ts'
import { changeColumns } from '../../../src/change/change-columns.ts'
import { collectChanges } from '../../../src/change/collect.ts'
import { declarationHash, differences, recordedDeclaration, transformOf } from '../../../src/change/recorded.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { filledIn } from '../../../src/change/sql-transform.ts'
import { ExpandContractError } from '../../../src/errors/index.ts'

const status = pgEnum('order status', ['open', 'closed'])
const people = pgTable('people', {
  id: integer().primaryKey(),
  balance: numeric(),
  balanceCents: bigint('balance_cents', { mode: 'number' }),
  name: text(),
  first: text('first name'),
  last: varchar({ length: 40 }),
  state: status(),
  seen: timestamp(),
  lower: text().generatedAlwaysAs(sql`lower(name)`),
})
const others = pgTable('others', { id: integer().primaryKey(), rate: numeric() })

/** As a JavaScript user may call it, past the compiler. */
const declare = changeColumns as unknown as (declaration: object) => AnyChange
const cents = {
  id: 'balance-in-cents',
  table: people,
  from: ['balance'],
  to: ['balanceCents'],
  forward: ({ balance }: Record<string, unknown>) => ({ balanceCents: sql`round(${balance} * 100)` }),
  backward: ({ balanceCents }: Record<string, unknown>) => ({ balance: sql`${balanceCents} / 100.0` }),
}

function recorded(change: unknown) {
  return recordedDeclaration(change as AnyChange, sidesOf(change as AnyChange))
}

/** The SQL that `forward` becomes with this expression of the operand in it. */
function compiled(expression: (balance: never) => unknown): string {
  const change = declare({ ...cents, forward: ({ balance }: never) => ({ balanceCents: expression(balance) }) })
  return filledIn(sidesOf(change).transform.forward[0]!, ['t.balance'])
}

function refusal(work: () => unknown): { code: string; message: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof ExpandContractError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('the declaration was accepted')
}

describe('a declaration', () => {
  it('has the defaults that its options document', () => {
    const change = changeColumns({
      id: 'balance-in-cents',
      table: people,
      from: ['balance'],
      to: ['balanceCents'],
      forward: ({ balance }) => ({ balanceCents: sql`round(${balance} * 100)` }),
      backward: ({ balanceCents }) => ({ balance: sql`${balanceCents} / 100.0` }),
    })
    expect(isChange(change)).toBe(true)
    expect(Object.isFrozen(change)).toBe(true)
    expect(change).toMatchObject({
      kind: 'change-columns',
      from: ['balance'],
      to: ['balanceCents'],
      flag: 'balance-in-cents',
      sync: 'trigger',
      copyBack: true,
      soakMs: 7 * 24 * 60 * 60 * 1000,
      transform: { isIdentity: false, mayRaise: true, loses: undefined, stableBecause: undefined },
    })
  })

  it('takes its options', () => {
    const options = { mayRaise: false, loses: 'fractions of a cent', stableBecause: 'no zone', sync: 'none', soak: '0' }
    expect(declare({ ...cents, ...options })).toMatchObject({
      sync: 'none',
      copyBack: false,
      soakMs: 0,
      transform: { mayRaise: false, loses: 'fractions of a cent', stableBecause: 'no zone' },
    })
  })

  it('is compiled to SQL over the columns of a side, each result cast to the type of its column', () => {
    const change = declare({
      id: 'split',
      table: people,
      from: ['name', 'state'],
      to: ['first', 'last'],
      forward: ({ name, state }: Record<string, unknown>) => ({
        last: sql`split_part(${name}, ' ', 2) || ${state}::text`,
        first: sql`split_part(${name}, ' ', 1)`,
      }),
      backward: ({ first, last }: Record<string, unknown>) => ({
        name: sql`concat_ws(' ', ${first}, ${last})`,
        state: sql`${'open'}`,
      }),
    })
    const { forward, backward } = sidesOf(change).transform
    expect(forward.map((template) => filledIn(template, ['a', 'b']))).toEqual([
      `CAST(split_part((a), ' ', 1) AS text)`,
      `CAST(split_part((a), ' ', 2) || (b)::text AS varchar)`,
    ])
    expect(backward.map((template) => filledIn(template, ['a', 'b']))).toEqual([
      `CAST(concat_ws(' ', (a), (b)) AS text)`,
      `CAST('open' AS "order status")`,
    ])
  })

  it.each<[string, object, string, string]>([
    [
      'an old side without columns',
      { from: [] },
      'EC_OPTION_INVALID',
      'from of change "balance-in-cents": it names no',
    ],
    ['a new side without columns', { to: [] }, 'EC_OPTION_INVALID', 'to of change "balance-in-cents": it names no'],
    ['a column twice on one side', { from: ['name', 'name'] }, 'EC_OPTION_INVALID', 'it names "name" twice'],
    ['a column on both sides', { from: ['balance', 'balanceCents'] }, 'EC_SAME_KEY', 'names "balanceCents" on both'],
    ['an unknown key', { to: ['balance_cents'] }, 'EC_UNKNOWN_KEY', 'names "balance_cents", which is no key'],
    ['a generated old column', { from: ['lower'] }, 'EC_COLUMN_NOT_CHANGEABLE', 'cannot change "lower"'],
    ['a generated new column', { to: ['lower'] }, 'EC_COLUMN_NOT_CHANGEABLE', 'cannot change "lower"'],
    ['the primary key', { from: ['id'] }, 'EC_COLUMN_NOT_CHANGEABLE', 'cannot change "id"'],
    ['a view', { table: pgView('v').as((query) => query.select().from(people)) }, 'EC_OPTION_INVALID', 'is no Drizzle'],
    ['an empty reason for what is lost', { loses: ' ' }, 'EC_OPTION_INVALID', 'loses of change'],
    ['an empty reason for stability', { stableBecause: '' }, 'EC_OPTION_INVALID', 'stableBecause of change'],
    ['copy-back without a trigger', { sync: 'none', copyBack: true }, 'EC_OPTION_INVALID', 'copyBack of change'],
    [
      'a result that is missing',
      { forward: () => ({ balance_cents: sql`1` }) },
      'EC_OPTION_INVALID',
      'forward of change "balance-in-cents": it gives no SQL expression for "balanceCents"',
    ],
    [
      'a result that is no SQL',
      { backward: () => ({ balance: 1 }) },
      'EC_OPTION_INVALID',
      'backward of change "balance-in-cents": it gives no SQL expression for "balance"',
    ],
  ])('is refused with %s', (_what, options, code, message) => {
    expect(refusal(() => declare({ ...cents, ...options }))).toEqual({
      code,
      message: expect.stringContaining(message),
    })
  })

  it('shares no column with another change', () => {
    const other = renameColumn({ id: 'other', table: people, from: 'name', to: 'first' })
    const split = declare({
      id: 'split',
      table: people,
      from: ['last', 'name'],
      to: ['balance'],
      forward: () => ({ balance: sql`0` }),
      backward: () => ({ last: sql`''`, name: sql`''` }),
    })
    expect(refusal(() => collectChanges([other, split as never]))).toEqual({
      code: 'EC_OVERLAPPING_CHANGES',
      message: expect.stringContaining('both use "name" of table "people"'),
    })
  })
})

describe('what a transform names', () => {
  const other = pgView('other').as((query) => query.select().from(others))
  it.each<[string, (balance: never) => unknown]>([
    ['a column of the table', (balance) => sql`${balance} || ${people.name}`],
    ['a column of another table', (balance) => sql`${balance} * ${others.rate}`],
    ['a table', () => sql`(SELECT max(rate) FROM ${others})`],
    ['a view', () => sql`(SELECT count(*) FROM ${other})`],
    ['a placeholder', (balance) => sql`${balance} * ${sql.placeholder('rate')}`],
    ['a column deep inside', (balance) => sql`abs(${sql`${balance} + ${sql.join([sql`1`, sql`${others.rate}`])}`})`],
    ['a column in a list', (balance) => sql`${balance} IN ${[others.rate]}`],
    ['a column in a condition', (balance) => sql`CASE WHEN ${eq(others.rate, '1')} THEN ${balance} END`],
    ['a column under an alias', () => sql`${sql`${others.rate}`.as('x')}`],
  ])('may not be %s', (_what, expression) => {
    expect(refusal(() => compiled(expression))).toEqual({
      code: 'EC_OPTION_INVALID',
      message: expect.stringContaining('it may use its operands alone'),
    })
  })

  it('may not be the key of no operand, which would leave a hole in the text', () => {
    const forward = (old: { blance?: never }) => ({ balanceCents: sql`${old.blance} * 100` })
    expect(refusal(() => declare({ ...cents, forward })).message).toContain(
      'forward of change "balance-in-cents": it uses "blance", which is none of its operands',
    )
  })
})

describe('a value in a transform', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'x', `'x'`],
    ['a text with quotes', `O'Neil "x"`, `'O''Neil "x"'`],
    ['a text with backslashes', `a\\'b`, ` E'a\\\\''b'`],
    ['a text beyond ASCII', 'Zoë 🦊', `'Zoë 🦊'`],
    ['a text that looks like the end of a function', '$body$; END', `'$body$; END'`],
    ['a number', -1.5, '(-1.5)'],
    ['a large number', 1e21, '(1e+21)'],
    ['a bigint', 2n ** 70n, '(1180591620717411303424)'],
    ['a boolean', true, '(true)'],
    ['NULL', null, 'NULL'],
    ['a Date that a column encodes', sql.param(new Date(0), people.seen), `'1970-01-01T00:00:00.000Z'`],
  ])('is inlined where it has a literal of one meaning: %s', (_what, value, literal) => {
    expect(compiled((balance) => sql`f(${balance}, ${value})`)).toBe(`CAST(f((t.balance), ${literal}) AS bigint)`)
  })

  it.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'number'],
    ['Infinity', Number.POSITIVE_INFINITY, 'number'],
    ['a Date, whose zone would be the server’s', new Date(0), 'Date'],
    ['an object', { a: 1 }, 'Object'],
    ['a text with a NUL', 'a\0b', 'a NUL'],
  ])('is refused otherwise: %s', (_what, value, named) => {
    expect(refusal(() => compiled((balance) => sql`f(${balance}, ${value})`))).toEqual({
      code: 'EC_OPTION_INVALID',
      message: expect.stringContaining(named),
    })
  })

  it('never appears in the refusal', () => {
    expect(refusal(() => compiled(() => sql`f(${'secret\0'})`)).message).not.toContain('secret')
  })
})

describe('the recorded declaration', () => {
  const original = declare(cents)

  it('holds the transform as SQL, from which it can be used without the code', () => {
    const declaration = JSON.parse(JSON.stringify(recorded(original)))
    expect(declaration).toEqual({
      kind: 'change-columns',
      schema: 'public',
      table: 'people',
      old: ['balance'],
      new: ['balance_cents'],
      transform: {
        forward: [['CAST(round(', 0, ' * 100) AS bigint)']],
        backward: [['CAST(', 0, ' / 100.0 AS numeric)']],
        mayRaise: true,
      },
    })
    expect(transformOf(declaration)).toEqual(sidesOf(original).transform)
  })

  it('of a rename is what it was before there were transforms, and so is its hash', () => {
    const rename = renameColumn({ id: 'user-full-name', table: people, from: 'name', to: 'first' })
    expect(recorded(rename)).toEqual({
      kind: 'rename-column',
      schema: 'public',
      table: 'people',
      old: ['name'],
      new: ['first name'],
    })
    expect(declarationHash(recorded(rename))).toBe('3892700371281f1891aff54581a3baba56c0d6691576f81753b061bad645a647')
    expect(transformOf(recorded(rename)).isIdentity).toBe(true)
  })

  it('has one hash, whatever the order of the keys in the database', () => {
    const { transform, ...rest } = recorded(original)
    const { mayRaise, backward, forward } = transform!
    expect(declarationHash({ transform: { mayRaise, backward, forward }, ...rest })).toBe(
      declarationHash(recorded(original)),
    )
  })

  it.each<[string, object, readonly string[]]>([
    ['nothing', {}, []],
    ['what options say that may change while the change is under way', { soak: '0', loses: 'x', flag: 'y' }, []],
    [
      'forward',
      { forward: ({ balance }: Record<string, unknown>) => ({ balanceCents: sql`trunc(${balance} * ${100})` }) },
      [
        'forward of "balance_cents": recorded CAST(round(("balance") * 100) AS bigint), declared CAST(trunc(("balance") * (100)) AS bigint)',
      ],
    ],
    ['mayRaise', { mayRaise: false }, ['mayRaise: recorded true, declared false']],
    ['sync', { sync: 'none' }, ['sync: recorded "trigger", declared "none"']],
  ])('differs in words: %s', (_what, options, expected) => {
    const other = recorded(declare({ ...cents, ...options }))
    expect(differences(recorded(original), other)).toEqual(expected)
    expect(declarationHash(other) === declarationHash(recorded(original))).toBe(expected.length === 0)
  })

  it('of another kind differs by what the other has not', () => {
    const rename = recorded(renameColumn({ id: 'x', table: people, from: 'name', to: 'first' }))
    expect(differences(rename, recorded(original))).toEqual([
      'kind: recorded "rename-column", declared "change-columns"',
      'old: recorded ["name"], declared ["balance"]',
      'new: recorded ["first name"], declared ["balance_cents"]',
      'mayRaise: recorded nothing, declared true',
      'forward of "balance_cents": recorded nothing, declared CAST(round(("balance") * 100) AS bigint)',
      'backward of "balance": recorded nothing, declared CAST(("balance_cents") / 100.0 AS numeric)',
    ])
  })
})
