import { syncNames } from '../../../src/sync/index.ts'
import type { World } from './world.ts'

/**
 * Somebody writes past whatever keeps the sides together, and leaves no trace of it in the catalog: the verification has
 * to find it before anybody reads new.
 */
export async function driftUnseen(world: World): Promise<void> {
  const ids = someIds(world)
  world.tell(`somebody appends to ${ids.join(', ')} and nothing copies it`)
  await world.transaction(world.variant === 'no-trigger' ? [append(ids)] : appendAfterSync(ids))
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

/** Statements that append to old behind the back of the sync trigger, by a trigger that fires after it and does not stay. */
function appendAfterSync(ids: readonly number[]): readonly string[] {
  return [
    `CREATE FUNCTION append_later() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       NEW.name := NEW.name || '?';
       RETURN NEW;
     END $$`,
    `CREATE TRIGGER "~later" BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION append_later()`,
    `UPDATE people SET nick = nick WHERE id = ANY ('{${ids.join(',')}}')`,
    'DROP TRIGGER "~later" ON people',
    'DROP FUNCTION append_later',
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
