import { describe, expect, test } from 'vitest'
import { mentionsColumn, queryMentionsColumn } from '../../../src/drizzle/mentions.ts'

describe('an expression of one table', () => {
  test.each([
    ['lower("name")', true],
    ['"users"."name" <> $$x$$', true],
    ['length(name) > 0', true],
    ['length(NAME) > 0', true],
    ['full_name <> 1', false],
    ['"full name" <> 1', false],
    [`kind = 'name'`, false],
    [`kind = 'it''s a name'`, false],
    [undefined, false],
  ])('%s names the column: %s', (expression, expected) => {
    expect(mentionsColumn(expression, 'name')).toBe(expected)
  })

  test('a name with a quote is found as SQL writes it', () => {
    expect(mentionsColumn('"a ""name""" > 0', 'a "name"')).toBe(true)
    expect(mentionsColumn('"a name" > 0', 'a "name"')).toBe(false)
  })
})

describe('the query of a view', () => {
  test.each([
    ['select "name" from "users"', true],
    ['select "users"."name" from "users" left join "teams" on true', true],
    ['select "teams"."name" from "users" left join "teams" on true', false],
    ['select "full_name" as "name" from "users"', false],
    ['select "name" from "teams"', false],
    [undefined, false],
  ])('%s reads the column: %s', (query, expected) => {
    expect(queryMentionsColumn(query, 'users', 'name')).toBe(expected)
  })
})
