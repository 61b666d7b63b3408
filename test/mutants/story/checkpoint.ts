import { phases } from '../../../src/phase/phase.ts'
import { retiredName } from '../../../src/sync/index.ts'
import type { World } from './world.ts'

interface Stored {
  readonly id: number
  readonly columns: Readonly<Record<string, string | null>>
}

/** Compares the tables with what was promised, row by row, in both directions. */
export async function checkpoint(world: World): Promise<void> {
  await comparePeople(world)
  await compareBadges(world)
}

async function comparePeople(world: World): Promise<void> {
  const { phase } = world.control
  const { truth } = phases[phase]
  const rows = await storedRows(world, 'people')
  compareKeys(world, 'person', rows, world.people.ids)
  for (const { id, columns } of rows) {
    const expected = world.people.valueOf(id)
    if (expected === undefined) continue
    const sides = {
      old:
        truth === 'new' && world.isOldBehind
          ? undefined
          : 'name' in columns
            ? columns.name
            : columns[retiredName('name')],
      new: truth === 'new' || world.mustAgree(id) ? columns.full_name : undefined,
    }
    for (const side of ['old', 'new'] as const) {
      const stored = sides[side]
      if (stored === undefined || stored === expected) continue
      const kind = side === truth ? 'lost write' : 'sides disagree'
      world.violations.report(kind, `key ${id}`, `${side} is ${stored} and was to be ${expected}, in ${phase}`)
    }
  }
}

async function compareBadges(world: World): Promise<void> {
  const rows = await storedRows(world, 'badges')
  compareKeys(world, 'badge', rows, world.badges.ids)
  for (const { id, columns } of rows) {
    const { label, title } = columns
    if (label !== title) world.violations.report('sides disagree', `badge ${id}`, `old is ${label} and new is ${title}`)
    else if (label !== world.badges.valueOf(id)) world.violations.report('lost write', `badge ${id}`, `it is ${label}`)
  }
}

function compareKeys(world: World, what: string, rows: readonly Stored[], promised: readonly number[]): void {
  const stored = new Set(rows.map(({ id }) => id))
  for (const id of promised) {
    if (!stored.has(id)) world.violations.report('lost write', `${what} ${id}`, 'the row is gone')
  }
  const expected = new Set(promised)
  for (const id of stored) {
    if (!expected.has(id)) world.violations.report('deleted row is back', `${what} ${id}`, 'the row is there')
  }
}

function storedRows(world: World, table: string): Promise<Stored[]> {
  return world.query(`SELECT id, to_jsonb(t) AS columns FROM ${table} AS t ORDER BY id`)
}
