import { identifier } from '../../../src/sql/identifier.ts'
import { tamper } from './by-hand.ts'
import type { Fault } from './fault.ts'
import { type InstalledTrigger, installedTriggers, setEnabled } from './installed-triggers.ts'

const insertsWithoutTrigger = {
  codes: ['23502'],
  because: 'an insert of old alone while the sync trigger was away, after the handover had made new NOT NULL',
}

const commandsOnAnotherTable = {
  codes: ['EC_SCHEMA_CHANGED_UNDER'],
  because: 'a command while the new column had another type than the declaration says',
}

/** Somebody disables the sync trigger by hand, unaware writers write past it, and somebody enables it again. */
export const disabledTrigger: Fault = {
  name: 'drift-trigger',
  does: 'the sync trigger is disabled by hand for a while under load: `next` has to prove both sides anew',
  async inject(site, random) {
    const { variant, explanations } = site
    let found: readonly InstalledTrigger[] = []
    const isDone = await explanations.during(insertsWithoutTrigger, () =>
      tamper(site, random, {
        async harm(client) {
          found = await installedTriggers(client, variant)
          for (const { name } of found) await setEnabled(client, variant, { name, enabled: 'DISABLE' })
        },
        async mend(client) {
          for (const trigger of found) await setEnabled(client, variant, trigger)
        },
      }),
    )
    if (isDone) site.tally.add('drift: trigger disabled by hand')
  },
}

/** Somebody gives the new column another type; the sync trigger depends on it, so it has to go for that. */
export const changedType: Fault = {
  name: 'drift-type',
  does: 'the sync trigger is dropped, the new column gets another type, and both are put back by hand',
  async inject(site, random) {
    const { variant, explanations } = site
    const table = identifier(variant.names.table)
    const retype = (type: string): string =>
      `ALTER TABLE ${table} ALTER COLUMN ${identifier(variant.names.next)} TYPE ${type}`
    let dropped: readonly InstalledTrigger[] = []
    const isDone = await explanations.during(commandsOnAnotherTable, () =>
      explanations.during(insertsWithoutTrigger, () =>
        tamper(site, random, {
          async harm(client) {
            dropped = await installedTriggers(client, variant)
            for (const { name } of dropped) await client.query(`DROP TRIGGER ${identifier(name)} ON ${table}`)
            await client.query(retype('varchar(200)'))
          },
          async mend(client) {
            await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
            // `next` installs a missing trigger again, and a column that a trigger depends on keeps its type.
            const installed = await installedTriggers(client, variant)
            for (const { name } of installed) await client.query(`DROP TRIGGER ${identifier(name)} ON ${table}`)
            await client.query(retype('text'))
            for (const trigger of installed.length > 0 ? installed : dropped) {
              await client.query(trigger.definition)
              await setEnabled(client, variant, trigger)
            }
          },
        }),
      ),
    )
    if (isDone) site.tally.add('drift: type changed by hand')
  },
}
