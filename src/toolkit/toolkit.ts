import type { Changes } from '../change/change.ts'
import type { FlagPort } from '../flags/port.ts'
import type { DrizzleDatabase, Repositories } from '../repository/index.ts'
import type { ControlPolicy } from './control-policy.ts'
import type { Log } from './events.ts'
import type { ProcessOptions } from './process-identity.ts'

/** What a toolkit is made of. Only `db`, `schema` and `changes` are needed. */
export interface ToolkitOptions<Schema, Cs, Db> {
  /** The Drizzle database of the service; any PostgreSQL driver. */
  readonly db: Db
  /** The schema module: `import * as schema from './schema'`. */
  readonly schema: Schema
  /** The module, record or array of the changes. */
  readonly changes: Cs
  /** Who decides reads while both sides are filled. Default: `databaseFlags()`, the percentage set by `next` and `reads`. */
  readonly flags?: FlagPort
  /** How this process appears in `status`, which names the processes that a step waits for. */
  readonly process?: ProcessOptions
  /**
   * `required`: `start()` fails where the control tables are missing. `optional`: the columns of the tables decide then,
   * and there is no registry; for tests and previews, never for production. Default: `'required'`.
   */
  readonly control?: ControlPolicy
  /**
   * How often the phases are looked at, in milliseconds; the price is one indexed query. Default: 1000. It bounds how
   * long a rollback takes to reach this process.
   */
  readonly pollMs?: number
  /**
   * How long this process counts as live after it last renewed its registration, in milliseconds; an hour at most.
   * Default: 15000. A longer one lets a crashed process block the next step for longer; a shorter one makes work wait
   * sooner where the phases cannot be read: nothing is decided by phases that were last seen longer ago.
   */
  readonly leaseMs?: number
  /** Learns of transitions by LISTEN, too, on a connection of its own to this URL (PostgreSQL itself, no pooler). Default: off. */
  readonly listen?: { readonly url: string }
  /** Hears what the toolkit has to tell. Default: one line each on the console. */
  readonly log?: Log
}

/** The repositories of a service, and what keeps them in step with the database. */
export interface Toolkit<Schema, Cs extends Changes, Db extends DrizzleDatabase> extends Repositories<Schema, Cs, Db> {
  /**
   * Reads the phases, registers this process, starts the flags, and keeps all of it up to date until `stop`. Repositories
   * work from then on; before, they reject with EC_NOT_STARTED. What had begun is undone where it fails. Called again it
   * is the same start until `stop`; during a `stop` it begins once that is over.
   *
   * @throws ExpandContractError EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_CHANGE_FORGOTTEN,
   *   EC_SCHEMA_CHANGED_UNDER, EC_QUERY_FAILED, and EC_NOT_STARTED where `stop` was called meanwhile
   */
  start(): Promise<void>
  /**
   * Waits for open units of work (at most the lease), takes this process out of the registry, so that nobody waits for
   * it, and ends all timers. A start that is under way rejects with EC_NOT_STARTED. The `db` stays open. Call it once no new requests come in: repositories then reject with
   * EC_NOT_STARTED, as before `start`.
   *
   * @throws ExpandContractError EC_QUERY_FAILED where the registry cannot be reached; the lease runs out then.
   */
  stop(): Promise<void>
  /**
   * Looks at the phases now, instead of at the next poll.
   *
   * @throws ExpandContractError EC_QUERY_FAILED, EC_CONTROL_MISSING, EC_DECLARATION_DIFFERS, EC_SCHEMA_CHANGED_UNDER;
   *   the last known phases stay in force for less than the lease.
   */
  refresh(): Promise<void>
}
