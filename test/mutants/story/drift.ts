import { syncNames } from '../../../src/sync/index.ts'
import type { World } from './world.ts'

/**
 * Somebody writes past whatever keeps the sides together, as a restore does, and leaves no trace of it in the triggers:
 * the verification has to find it before anybody reads new.
 */
export async function driftUnseen(world: World): Promise<void> {
  const ids = someIds(world)
  world.tell(`somebody appends to ${ids.join(', ')} and nothing copies it`)
  await world.transaction(await withoutCopies(world, append(ids)))
  noteDrift(world, ids)
}

/** Somebody disables the sync trigger for a while, and it is there again when somebody looks. */
export async function driftAlteringTrigger(world: World): Promise<void> {
  const ids = someIds(world)
  const { updateTrigger } = syncNames(world.target.change.id)
  world.tell(`somebody disables the sync trigger and appends to ${ids.join(', ')}`)
  await world.transaction([
    `ALTER TABLE people DISABLE TRIGGER "${updateTrigger}"`,
    append(ids),
    `ALTER TABLE people ENABLE ALWAYS TRIGGER "${updateTrigger}"`,
  ])
  noteDrift(world, ids)
}

/** Statements that run one while the sync function does nothing. */
async function withoutCopies(world: World, statement: string): Promise<readonly string[]> {
  if (world.variant === 'no-trigger') return [statement]
  const { function: name } = syncNames(world.target.change.id)
  const [definition] = await world.query<{ sql: string }>(`SELECT pg_get_functiondef('${name}'::regproc) AS sql`)
  return [
    `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    statement,
    definition!.sql,
  ]
}

function someIds({ random, people }: World): readonly number[] {
  return people.ids.filter(() => random.percent(10))
}

function append(ids: readonly number[]): string {
  return `UPDATE people SET name = name || '?' WHERE id = ANY ('{${ids.join(',')}}')`
}

function noteDrift({ people, drifted }: World, ids: readonly number[]): void {
  for (const id of ids) {
    people.acknowledge(id, `${people.valueOf(id)}?`)
    drifted.add(id)
  }
}
