import { entry, quotedNames } from './entry.ts'

/** Repositories, `query`, `resolve` and transactions in the running service. */
export const queryErrors = {
  EC_QUERY_FAILED: entry<{ operation: string; problem: string }>({
    outcome: 'failed',
    message: ({ operation, problem }) => `${operation} failed: ${problem}.`,
    fix: () =>
      '`cause` holds what PostgreSQL said, without values: its `code` is the SQLSTATE, as with the error of the driver.',
  }),
  EC_QUERY_MISUSE: entry<{ problem: string; advice: string }>({
    outcome: 'usage',
    message: ({ problem }) => problem,
    fix: ({ advice }) => advice,
  }),
  EC_TABLE_UNKNOWN: entry<{ table: string; tables: readonly string[] }>({
    outcome: 'usage',
    message: ({ table }) =>
      `Table "${table}" is not part of the schema that the toolkit was created with, so nothing is known of its changes.`,
    fix: ({ tables }) =>
      `Export it from the module that is given as "schema"${tables.length === 0 ? ', which exports no table now' : `; that holds ${quotedNames(tables)}`}.`,
  }),
  EC_ROW_KEY: entry<{ table: string; key: string; replacedBy: readonly string[]; keys: readonly string[] }>({
    outcome: 'usage',
    message: ({ table, key, replacedBy }) =>
      replacedBy.length === 0
        ? `"${key}" is no key of table "${table}". Nothing was sent to the database.`
        : `"${key}" of table "${table}" is the old side of a change; repositories speak the new key in every phase. Nothing was sent to the database.`,
    fix: ({ replacedBy, keys }) =>
      replacedBy.length === 0
        ? `Use one of the keys ${quotedNames(keys)}.`
        : `Write ${quotedNames(replacedBy)} instead.`,
  }),
  EC_TRANSACTION_ENDED: entry({
    outcome: 'usage',
    message: () =>
      'A repository was used in a transaction whose callback had returned already, so the call could reach neither it nor its connection.',
    fix: () => 'Await every call inside the callback of transaction(), or start the work after it.',
  }),
  EC_PHASE_MOVED: entry<{ id: string; decidedIn: string; phase: string }>({
    outcome: 'failed',
    message: ({ id, decidedIn, phase }) =>
      `Change "${id}" has moved to "${phase}" since this unit of work decided what to read and write of it, in "${decidedIn}". It has no sync trigger, so going on by that decision could lose what others write; nothing was sent.`,
    fix: () => 'Run the whole unit of work again: it then decides by the phase of now.',
  }),
  EC_OUTSIDE_TRANSACTION: entry<{ id: string }>({
    outcome: 'usage',
    message: ({ id }) =>
      `resolve() was called outside transaction() for a table with change "${id}", which has no sync trigger: nothing would keep the phase from moving between the decision and what is written by it.`,
    fix: () =>
      'Call it inside `toolkit.transaction(async (tx) => { … })`, and send its statements through that transaction.',
  }),
  EC_OUTSIDE_UNIT: entry<{ table: string }>({
    outcome: 'usage',
    message: ({ table }) =>
      `resolve() of table "${table}" was called outside run() and transaction(), so nobody could know how long what it returns stays in use, and the next phase could not wait for it.`,
    fix: () =>
      'Wrap the request or the job in `toolkit.run(context, async () => { … })`, and call resolve() inside it.',
  }),
  EC_VIEW_STALE: entry<{ id: string | undefined; leaseMs: number }>({
    outcome: 'failed',
    message: ({ id, leaseMs }) =>
      `The phase of ${id === undefined ? 'the changes' : `change "${id}"`} was last seen longer ago than the lease of this process lasts (${leaseMs / 1000} s): it was stopped, its clock jumped, or the phases cannot be read. Others may have gone on without it, so nothing was sent to the database, or what was read since is discarded.`,
    fix: () =>
      'Repeat the unit of work; it begins with a look at the phases. If that keeps failing, `cause` says why they cannot be read.',
  }),
} as const
