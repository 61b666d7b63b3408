import { integer, numeric, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { isChange } from '../../../src/change/change.ts'
import { renameColumn } from '../../../src/change/rename-column.ts'
import { sidesOf } from '../../../src/change/sides.ts'
import { installSync, removeSync, retiredSides, switchModeStatements } from '../../../src/sync/index.ts'

const users = pgTable('users', {
  id: integer().primaryKey(),
  name: text(),
  fullName: text('full_name'),
  price: numeric(),
  amount: numeric(),
})
const named = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
const priced = renameColumn({ id: 'user-amount', table: users, from: 'price', to: 'amount' })

function of(change: unknown) {
  if (!isChange(change)) throw new Error('not a change')
  return { change, sides: sidesOf(change) }
}

test('a switch replaces both triggers, and enables them always again', () => {
  const { change, sides } = of(named)
  expect(switchModeStatements(change, sides, { mode: 'both', copyBack: true })).toEqual([
    `CREATE OR REPLACE TRIGGER "~ec_user-full-name_i" BEFORE INSERT ON "public"."users" FOR EACH ROW
WHEN ((NEW."name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C")
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('both')`,
    `CREATE OR REPLACE TRIGGER "~ec_user-full-name_u" BEFORE UPDATE ON "public"."users" FOR EACH ROW
WHEN ((NEW."name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C")
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('both')`,
    'ALTER TABLE "public"."users" ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u"',
    expect.stringContaining('DISABLE TRIGGER "~ec_user-full-name_n"'),
  ])
})

test('without copy-back a write of new alone does not reach the function, and what a statement names counts', () => {
  const { change, sides } = of(named)
  const disagree = '(NEW."name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C"'
  const changes = (column: string) => `(OLD."${column}") COLLATE "C" IS DISTINCT FROM (NEW."${column}") COLLATE "C"`
  expect(switchModeStatements(change, sides, { mode: 'fence', copyBack: false })).toEqual([
    `CREATE OR REPLACE TRIGGER "~ec_user-full-name_i" BEFORE INSERT ON "public"."users" FOR EACH ROW
WHEN (NEW."name" IS DISTINCT FROM NULL AND ${disagree})
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('fence')`,
    `CREATE OR REPLACE TRIGGER "~ec_user-full-name_u" BEFORE UPDATE ON "public"."users" FOR EACH ROW
WHEN (${changes('name')} AND ${disagree})
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('fence')`,
    `CREATE OR REPLACE TRIGGER "~ec_user-full-name_n" BEFORE UPDATE OF "name" ON "public"."users" FOR EACH ROW
WHEN (NOT (${changes('name')}) AND NOT (${changes('full_name')}) AND ${disagree})
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('fence', 'named')`,
    'ALTER TABLE "public"."users" ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u", ENABLE ALWAYS TRIGGER "~ec_user-full-name_n"',
  ])
})

test('in mode both names count as well where old may be behind, and a write of new alone is copied back', () => {
  const { change, sides } = of(named)
  const statements = switchModeStatements(change, sides, { mode: 'both', copyBack: false })
  expect(statements[1]).not.toContain('OLD.')
  expect(statements[2]).toContain(`('both', 'named')`)
})

test('a type whose equal values may differ is compared by what is stored', () => {
  const { change, sides } = of(priced)
  expect(switchModeStatements(change, sides, { mode: 'old', copyBack: true })[0]).toContain(
    'WHEN (ROW(NEW."price")::record OPERATOR(pg_catalog.*<>) ROW(NEW."amount")::record)',
  )
})

test('what is installed is what is removed', () => {
  const { change, sides } = of(named)
  const installed = [
    ...installSync(change, sides, 'old', { oldDefaults: new Map([['name', `'x'`]]) }),
    ...switchModeStatements(change, sides, { mode: 'forward', copyBack: false }),
  ].join(';\n')
  const names = [...installed.matchAll(/CREATE OR REPLACE (?:TRIGGER|FUNCTION) ("~ec_[^"]+"|"[^"]+"\."[^"]+")/g)].map(
    (match) => match[1],
  )
  const removed = removeSync(change, sides).join(';\n')
  expect(new Set(names).size).toBe(6)
  for (const name of names) expect(removed).toContain(name)
})

test('no statement holds the mark by which migration files are divided', () => {
  const { change, sides } = of(named)
  expect(installSync(change, sides, 'old', { oldDefaults: new Map([['name', `'x'`]]) }).join('')).not.toContain(
    'statement-breakpoint',
  )
})

test('a retired name stays within 63 bytes', () => {
  const { sides } = of(named)
  const long = { ...sides, old: [{ ...sides.old[0]!, name: 'n'.repeat(63) }] }
  expect(retiredSides(sides).old[0]!.name).toBe('~ec_retired_name')
  expect(Buffer.byteLength(retiredSides(long).old[0]!.name)).toBe(63)
})
