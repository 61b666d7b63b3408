import type { SQL } from 'drizzle-orm'
import {
  char,
  customType,
  integer,
  numeric,
  PgDialect,
  pgEnum,
  pgSchema,
  pgTable,
  text,
  timestamp,
  varchar,
} from 'drizzle-orm/pg-core'
import { describe, expect, it } from 'vitest'
import { castType, storedType } from '../../../src/drizzle/cast-type.ts'

const mood = pgEnum('Mood "x"', ['ok'])
const level = pgSchema('billing').enum('level', ['low'])

const typed = (type: string) => customType<{ data: string }>({ dataType: () => type })()

const table = pgTable('t', {
  text: text(),
  limited: varchar({ length: 20 }),
  padded: char({ length: 3 }),
  paddedArray: char({ length: 3 }).array(),
  price: numeric({ precision: 6, scale: 2 }),
  at: timestamp({ withTimezone: true, precision: 3 }),
  prices: numeric({ precision: 6, scale: 2 }).array(),
  short: typed('timestamptz(3)'),
  loud: typed('DECIMAL(6, 2)'),
  numbers: integer().array().array(),
  mood: mood(),
  levels: level().array(),
})

const textOf = (expression: SQL): string => new PgDialect().sqlToQuery(expression).sql

describe('castType', () => {
  it.each([
    ['text', 'text'],
    ['limited', 'varchar'],
    ['padded', 'bpchar'],
    ['paddedArray', 'bpchar[]'],
    ['price', 'numeric'],
    ['at', 'timestamp with time zone'],
    ['numbers', 'integer[][]'],
    ['mood', '"Mood ""x"""'],
    ['levels', '"billing"."level"[]'],
  ] as const)('of %s is %s: no length that would cut a value, and names in quotes', (key, expected) => {
    expect(textOf(castType(table[key]))).toBe(expected)
  })
})

describe('storedType', () => {
  it.each([
    ['limited', 'varchar'],
    ['padded', 'bpchar'],
    ['price', 'numeric(6, 2)'],
    ['prices', 'numeric(6, 2)[]'],
    ['at', 'timestamp (3) with time zone'],
    ['short', 'timestamptz(3)'],
    ['loud', 'DECIMAL(6, 2)'],
    ['numbers', 'integer[][]'],
  ] as const)('of %s is %s: rounded as the column rounds, and nothing is cut', (key, expected) => {
    expect(textOf(storedType(table[key]))).toBe(expected)
  })
})
