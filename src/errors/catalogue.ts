/**
 * Every error the toolkit raises, in one place: the fact and its consequence (`message`), the way out (`fix`), and how
 * a command that ends with it exits. A docs page (`docs/errors.md`) is checked against this table by a test.
 *
 * Style: names in double quotes, the fact first, then the consequence, then what to do. Never a row value.
 */

/** `failed` exits with 1, `action-needed` with 2, `usage` (bad usage or configuration) with 3. */
export type Outcome = 'failed' | 'action-needed' | 'usage'

interface Entry<Details> {
  readonly outcome: Outcome
  readonly message: (details: Details) => string
  readonly fix: (details: Details) => string
}

const entry = <Details = Record<never, never>>(definition: Entry<Details>): Entry<Details> => definition
const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

export const catalogue = {
  // ---- declarations --------------------------------------------------------------------------------------------
  EC_CHANGE_ID: entry<{ id: unknown }>({
    outcome: 'usage',
    message: ({ id }) =>
      `${JSON.stringify(id)} cannot be the id of a change: an id has 1 to 40 characters, a–z, 0–9 and "-", and starts with a letter.`,
    fix: () =>
      'Choose an id such as "user-full-name". It names the change in the database, on the command line and in the flag service.',
  }),
  EC_CHANGE_ID_TAKEN: entry<{ id: string }>({
    outcome: 'usage',
    message: ({ id }) =>
      `Two changes are declared with the id "${id}", so neither can be told from the other in the database.`,
    fix: () =>
      'Give one of them another id. If one declaration is exported twice, that is fine: export the same object.',
  }),
  EC_UNKNOWN_KEY: entry<{ id: string; table: string; key: string; keys: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, table, key }) => `Change "${id}" names "${key}", which is no key of table "${table}".`,
    fix: ({ keys }) => `Use a key of the Drizzle table (the TypeScript name, not the column name): ${list(keys)}.`,
  }),
  EC_SAME_KEY: entry<{ id: string; key: string }>({
    outcome: 'usage',
    message: ({ id, key }) => `Change "${id}" names "${key}" on both sides, so there is nothing to change.`,
    fix: () => 'Add the new column to the table in your schema, beside the old one, and name that key in "to".',
  }),
  EC_TYPE_MISMATCH: entry<{ id: string; from: string; to: string; fromType: string; toType: string }>({
    outcome: 'usage',
    message: ({ id, from, to, fromType, toType }) =>
      `Change "${id}" renames "${from}" (${fromType}) to "${to}" (${toType}). A rename copies values as they are, and these two types hold different values.`,
    fix: ({ from, to }) =>
      `Declare "${to}" with the type of "${from}". Changing a type needs a transform, which a rename does not have.`,
  }),
  EC_NO_PRIMARY_KEY: entry<{ id: string; table: string }>({
    outcome: 'usage',
    message: ({ id, table }) =>
      `Table "${table}" of change "${id}" has no primary key, so its rows cannot be filled in pages or named in a report.`,
    fix: () => 'Add a primary key to the table (also in the Drizzle schema), or declare the one that the database has.',
  }),
  EC_COLUMN_NOT_CHANGEABLE: entry<{ id: string; table: string; key: string; reason: string }>({
    outcome: 'usage',
    message: ({ id, table, key, reason }) => `Change "${id}" cannot change "${key}" of table "${table}": ${reason}.`,
    fix: () => 'Change a column that is written by your application and is not part of the primary key.',
  }),
  EC_OVERLAPPING_CHANGES: entry<{ first: string; second: string; table: string; key: string }>({
    outcome: 'usage',
    message: ({ first, second, table, key }) =>
      `Changes "${first}" and "${second}" both use "${key}" of table "${table}", and each would overwrite what the other writes.`,
    fix: ({ first, second }) => `Finish "${first}" first, then declare "${second}".`,
  }),
  // ---- configuration and connection ------------------------------------------------------------------------------
  EC_CONFIG_INVALID: entry<{ file: string; problems: readonly string[] }>({
    outcome: 'usage',
    message: ({ file, problems }) =>
      `${file} is not a valid configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    fix: () => 'Correct the entries above. docs/configuration.md lists every option with its default.',
  }),
  EC_CONFIG_NOT_FOUND: entry<{ looked: readonly string[] }>({
    outcome: 'usage',
    message: ({ looked }) => `No configuration found (looked for ${list(looked)}).`,
    fix: () => 'Create expand-contract.config.ts with `export default defineConfig({ … })`, or pass --config <file>.',
  }),
  EC_OPTION_INVALID: entry<{ option: string; problem: string }>({
    outcome: 'usage',
    message: ({ option, problem }) => `${option}: ${problem}`,
    fix: () =>
      '`npx expand-contract <command> --help` tells the options; docs/commands.md and docs/configuration.md explain them.',
  }),
  EC_UNREACHABLE: entry<{ host: string; reason: string }>({
    outcome: 'usage',
    message: ({ host, reason }) => `The database at ${host} cannot be reached (${reason}). Nothing was changed.`,
    fix: () =>
      'Check that it runs and that the URL, user and password are right; the command can be repeated at any time.',
  }),
  EC_POOLED_CONNECTION: entry<{ feature: string }>({
    outcome: 'usage',
    message: ({ feature }) =>
      `The connection goes through a transaction pooler, where ${feature} cannot work: each transaction may reach another session.`,
    fix: () =>
      'Set "directUrl" in expand-contract.config.ts to the address of PostgreSQL itself; "url" may stay pooled.',
  }),
  EC_CONTROL_MISSING: entry({
    outcome: 'usage',
    message: () =>
      'The control tables (schema "expand_contract") are not in this database, so the phase of a change cannot be known and no step is safe.',
    fix: () =>
      "Run `npx expand-contract migrate` (or `init`). For tests and previews made without it, pass control: 'optional' to createToolkit.",
  }),
  EC_CONTROL_OUTDATED: entry<{ missing: readonly string[] }>({
    outcome: 'usage',
    message: ({ missing }) =>
      `The control tables are older than this version of the toolkit (missing: ${list(missing)}).`,
    fix: () => 'Run `npx expand-contract init`; it upgrades them and keeps what they hold.',
  }),
  EC_NOT_STARTED: entry({
    outcome: 'usage',
    message: () => 'The toolkit was used before start() had finished, when the phase of a change is not known yet.',
    fix: () => 'Put `await toolkit.start()` before the first use of a repository.',
  }),
  // ---- changes and phases ----------------------------------------------------------------------------------------
  EC_CHANGE_UNDECLARED: entry<{ id: string; declared: readonly string[] }>({
    outcome: 'usage',
    message: ({ id }) => `No change "${id}" is declared.`,
    fix: ({ declared }) =>
      declared.length === 0
        ? 'Declare one with renameColumn and export it from the file that "changes" names.'
        : `Declared are: ${list(declared)}.`,
  }),
  EC_CHANGE_UNRECORDED: entry<{ id: string }>({
    outcome: 'action-needed',
    message: ({ id }) => `The database does not know change "${id}" yet: its expand migration has not been applied.`,
    fix: () =>
      'Run `npx expand-contract generate` if there are no migration files for it, then `npx expand-contract migrate`.',
  }),
  EC_DECLARATION_DIFFERS: entry<{ id: string; differences: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, differences }) =>
      `Change "${id}" is declared differently from what this database recorded when it was expanded (${differences.join('; ')}). Writing by it could fill the wrong column.`,
    fix: () =>
      'Restore the declaration. For another change use another id; to give this one up, go `back` from expanded first.',
  }),
  EC_PHASE_ORDER: entry<{ id: string; from: string; to: string; possible: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, from, to }) => `Change "${id}" is in "${from}"; there is no step from there to "${to}".`,
    fix: ({ possible }) =>
      possible.length === 0
        ? 'The change has ended.'
        : `From there it can go to: ${list(possible)}. \`next\` and \`back\` choose the right one.`,
  }),
  EC_GUARD_REFUSED: entry<{ id: string; from: string; to: string; reasons: readonly string[]; forceable: boolean }>({
    outcome: 'action-needed',
    message: ({ id, from, to, reasons }) =>
      `Change "${id}" stays in "${from}", the step to "${to}" is blocked:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    fix: ({ forceable }) =>
      forceable
        ? 'Wait (`next --wait`) or see to what is named. No write can be lost here: `--force <reason>` goes on and keeps the reason in the history.'
        : 'See to what is named, then repeat the command. This guard protects data and cannot be forced.',
  }),
  EC_EPOCH_CONFLICT: entry<{ id: string }>({
    outcome: 'action-needed',
    message: ({ id }) => `Change "${id}" was moved by somebody else at the same moment. Nothing was changed here.`,
    fix: () => 'Look at `npx expand-contract status`, then decide again.',
  }),
  EC_LOCK_TIMEOUT: entry<{ table: string; waitedMs: number; blockers: readonly string[] }>({
    outcome: 'action-needed',
    message: ({ table, waitedMs, blockers }) =>
      `Table ${table} could not be locked within ${(waitedMs / 1000).toFixed(1)} s${blockers.length > 0 ? `; in the way: ${blockers.join('; ')}` : ''}. Nothing was changed.`,
    fix: () =>
      'Let the transactions named end, or end them, then repeat the command. Traffic was never held up for longer than one short try.',
  }),
  EC_PHASE_FORBIDS: entry<{ id: string; action: string; phase: string; allowed: readonly string[] }>({
    outcome: 'action-needed',
    message: ({ id, action, phase, allowed }) =>
      `Change "${id}" is in phase "${phase}", where no ${action} may run: it could overwrite the side that holds the truth, or would prove nothing. It may run in ${list(allowed)}.`,
    fix: () => 'Look at `npx expand-contract status`; `next` and `back` offer what fits the phase.',
  }),
  EC_NOT_SYNCED: entry<{ id: string; action: string }>({
    outcome: 'action-needed',
    message: ({ id, action }) =>
      `The sides of change "${id}" are not written together yet, so a ${action} would be out of date as soon as it has ended.`,
    fix: () =>
      'Apply the expand migration, which installs the sync trigger (`npx expand-contract migrate`), then `next`.',
  }),
  EC_RUN_STOPPED: entry<{ id: string; action: string; problem: string }>({
    outcome: 'action-needed',
    message: ({ id, action, problem }) =>
      `The ${action} of change "${id}" stopped: ${problem}. Nothing was written after that.`,
    fix: () => 'Look at `npx expand-contract status`, then repeat the command; it begins again where that is needed.',
  }),
  // ---- migrations ------------------------------------------------------------------------------------------------
  EC_MIGRATION_FAILED: entry<{ file: string; statement: number; problem: string }>({
    outcome: 'failed',
    message: ({ file, statement, problem }) =>
      `Migration ${file} failed at statement ${statement}: ${problem}. What came before it in the same transaction was undone.`,
    fix: () =>
      'Mend the statement (or the database), then run `npx expand-contract migrate` again; it goes on where it stopped.',
  }),
  EC_MIGRATION_STOPPED: entry<{ file: string; name: string; deferred: string }>({
    outcome: 'action-needed',
    message: ({ file, name, deferred }) =>
      `Migration ${file} names ${name}, which the deferred step ${deferred} still has to change. Applying it now could break that step, so migrate stopped before it.`,
    fix: () => 'Advance the change first (`npx expand-contract next`), or take what names it out of the migration.',
  }),
  EC_MIGRATION_EDITED: entry<{ file: string; problem: string }>({
    outcome: 'usage',
    message: ({ file, problem }) => `Migration ${file} cannot be trusted: ${problem}. Nothing of it was run now.`,
    fix: () =>
      'Restore the file from version control. A migration that a database has begun to apply may not be changed any more.',
  }),
  EC_MIGRATION_RUNNING: entry<{ holder: string; waitedMs: number }>({
    outcome: 'action-needed',
    message: ({ holder, waitedMs }) =>
      `Migrations of this database are being applied by ${holder}, which had not ended after ${(waitedMs / 1000).toFixed(0)} s. Nothing was changed here.`,
    fix: () => 'Wait for it to end, or end it, then run `npx expand-contract migrate` again; it applies what is left.',
  }),
  EC_READ_ONLY: entry<{ address: string; reason: string }>({
    outcome: 'usage',
    message: ({ address, reason }) => `The database at ${address} cannot be migrated: ${reason}.`,
    fix: () => 'Set "directUrl" (or "url") in the configuration to the primary server, as a role that may write.',
  }),
  EC_RIGHT_MISSING: entry<{ role: string; action: string; problem: string }>({
    outcome: 'action-needed',
    message: ({ role, action, problem }) => `Role "${role}" may not ${action}: ${problem}. Nothing was changed.`,
    fix: () =>
      'Connect as the role that owns the tables, or grant the right that is named, then run the command again.',
  }),
  EC_STEP_FILE_MISSING: entry<{ id: string; step: string; folder: string }>({
    outcome: 'usage',
    message: ({ id, step, folder }) =>
      `The ${step} step of change "${id}" is deferred in this database, but ${folder} has no file for it.`,
    fix: () => 'Run the command from the checkout that generated it, or restore the file from version control.',
  }),
  EC_STEP_FILE_DIFFERS: entry<{ id: string; file: string; differences: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, file, differences }) =>
      `Change "${id}" is declared differently from what migration ${file} was generated for (${differences.join('; ')}). Nothing was run.`,
    fix: () =>
      'Restore the declaration. If no database has applied the migrations of the change, delete its four files and generate them again.',
  }),
  EC_SCHEMA_CHANGED_UNDER: entry<{ id: string; table: string; problem: string }>({
    outcome: 'failed',
    message: ({ id, table, problem }) =>
      `Table ${table} of change "${id}" is not what the declaration says: ${problem}.`,
    fix: () =>
      'Put the table back as the schema has it (or restore it), then repeat the command; it goes on where it stopped.',
  }),
  EC_GENERATE: entry<{ problem: string; advice: string }>({
    outcome: 'usage',
    message: ({ problem }) => problem,
    fix: ({ advice }) => advice,
  }),
  // ---- queries ---------------------------------------------------------------------------------------------------
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
      `Export it from the module that is given as "schema"${tables.length === 0 ? ', which exports no table now' : `; that holds ${list(tables)}`}.`,
  }),
  EC_ROW_KEY: entry<{ table: string; key: string; renamedTo: string | undefined; keys: readonly string[] }>({
    outcome: 'usage',
    message: ({ table, key, renamedTo }) =>
      renamedTo === undefined
        ? `"${key}" is no key of table "${table}". Nothing was sent to the database.`
        : `"${key}" of table "${table}" is the old side of a change; repositories speak the new key in every phase. Nothing was sent to the database.`,
    fix: ({ renamedTo, keys }) =>
      renamedTo === undefined ? `Use one of the keys ${list(keys)}.` : `Write "${renamedTo}" instead.`,
  }),
  EC_TRANSACTION_ENDED: entry({
    outcome: 'usage',
    message: () =>
      'A repository was used in a transaction whose callback had returned already, so the call could reach neither it nor its connection.',
    fix: () => 'Await every call inside the callback of transaction(), or start the work after it.',
  }),
  EC_OUTSIDE_UNIT: entry<{ table: string }>({
    outcome: 'usage',
    message: ({ table }) =>
      `resolve() of table "${table}" was called outside run() and transaction(), so nobody could know how long what it returns stays in use, and the next phase could not wait for it.`,
    fix: () =>
      'Wrap the request or the job in `toolkit.run(context, async () => { … })`, and call resolve() inside it.',
  }),
  EC_SCRATCH: entry<{ problem: string; advice: string }>({
    outcome: 'failed',
    message: ({ problem }) => problem,
    fix: ({ advice }) => advice,
  }),
} as const

export type Catalogue = typeof catalogue
export type ErrorCode = keyof Catalogue
/** The details that an error of this code is made of. */
export type DetailsOf<Code extends ErrorCode> = Parameters<Catalogue[Code]['message']>[0]
