import type { Pool } from 'pg'
import { until } from '../../../examples/01-rename-column/demo/until.ts'
import { identifier, literal } from '../../../src/sql/identifier.ts'
import type { Server } from '../lab/server.ts'
import type { Site } from '../lab/site.ts'
import type { Condition } from './condition.ts'

/** Another database follows the table by logical replication, through all phases; in the end it has to hold the same. */
export function logicalSubscriber(): Condition {
  let [server, database, slot]: [Server | undefined, string, string] = [undefined, '', '']
  let subscriber: Pool | undefined
  return {
    name: 'logical-subscriber',
    does: 'a logical subscriber follows the table, its new column included',
    async begin(place) {
      server = place.server
      database = `${place.database}_subscriber`
      slot = `${place.database}_slot`
      await server.createDatabase(database)
      subscriber = server.admin(database)
      return {}
    },
    async prepare(site) {
      await site.subject.createFollower(subscriber!, site.variant)
      const table = identifier(site.variant.names.table)
      await site.admin.query(`CREATE PUBLICATION followed FOR TABLE ${table}`)
      // Within one server the subscription cannot make its slot itself: it would wait for its own transaction.
      await site.admin.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot])
      await subscriber!.query(
        `CREATE SUBSCRIPTION following CONNECTION ${literal(connectionTo(site))} PUBLICATION followed
           WITH (create_slot = false, slot_name = ${literal(slot)}, streaming = off)`,
      )
    },
    async check(site) {
      const { rows } = await site.admin.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn')
      await until('the subscriber catching up', () => hasReached(site.admin, slot, rows[0]!.lsn))
      const [published, followed] = await Promise.all([
        site.subject.read(site.admin, site.variant),
        site.subject.read(subscriber!, site.variant),
      ])
      const newOf = new Map(followed.map((row) => [row.key, JSON.stringify(row.new)]))
      const differing = published.filter((row) => newOf.get(row.key) !== JSON.stringify(row.new)).length
      site.tally.add('rows compared with the subscriber', published.length)
      if (differing > 0 || followed.length !== published.length)
        site.report({
          kind: 'broken',
          what: `the subscriber has ${followed.length} rows, ${differing} of ${published.length} differ`,
        })
    },
    async end() {
      if (subscriber !== undefined) {
        await subscriber.query('ALTER SUBSCRIPTION following DISABLE').catch(() => undefined)
        await subscriber.query('ALTER SUBSCRIPTION following SET (slot_name = NONE)').catch(() => undefined)
        await subscriber.query('DROP SUBSCRIPTION following').catch(() => undefined)
        await subscriber.end()
      }
      await server?.execute('postgres', dropSlot(slot))
      await server?.dropDatabase(database)
    },
  }
}

/** The sender may hold the slot for a moment after the subscription has been disabled. */
function dropSlot(slot: string): string {
  return `DO $$ BEGIN
    FOR attempt IN 1..50 LOOP
      PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = ${literal(slot)} AND active;
      BEGIN
        PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${literal(slot)};
        RETURN;
      EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.1);
      END;
    END LOOP;
  END $$`
}

function connectionTo({ server, directUrl }: Site): string {
  const database = decodeURIComponent(new URL(directUrl).pathname.slice(1))
  const { hostname, port } = new URL(server.url(database))
  return `host=${hostname} port=${port} user=postgres dbname=${database} application_name=fault-lab`
}

async function hasReached(admin: Pool, slot: string, lsn: string): Promise<boolean> {
  const { rows } = await admin.query<{ reached: boolean }>(
    'SELECT confirmed_flush_lsn >= $2::pg_lsn AS reached FROM pg_replication_slots WHERE slot_name = $1',
    [slot, lsn],
  )
  return rows[0]?.reached === true
}
