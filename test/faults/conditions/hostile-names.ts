import { identifier } from '../../../src/sql/identifier.ts'
import type { Variant } from '../subjects/row-store.ts'
import type { Condition } from './condition.ts'

/** Names that break out of quotes, comments, dollar quotes, templates and format strings where somebody forgets to quote them. */
export const hostileNames: Variant['names'] = {
  table: `us"er's; DROP TABLE sentinel; --`,
  key: `i"d'$1`,
  old: `na\\me$$ /* %s %I`,
  next: `full"na'me \${x} $sync$ -- ?`,
}

/** Of a process, as it shows in `status`, in the registry and in pg_stat_activity. */
export const hostileApplication = `o'"; DROP TABLE sentinel; --`

/** A table that is gone if any name was run as SQL. */
const sentinel = 'sentinel'

export const identifierInjection: Condition = {
  name: 'identifier-injection',
  does: 'table, columns and processes have names that break out of quotes',
  async prepare({ admin }) {
    await admin.query(`CREATE TABLE ${identifier(sentinel)} ()`)
  },
  async check({ admin, report, tally }) {
    const { rows } = await admin.query<{ stands: boolean }>('SELECT to_regclass($1) IS NOT NULL AS stands', [sentinel])
    tally.add('hostile names')
    if (rows[0]?.stands !== true) report({ kind: 'broken', what: 'a name was run as SQL: the sentinel is gone' })
  },
}
