import { entry, quotedNames } from './entry.ts'

/** Generating the migrations of a change and applying them. */
export const migrationErrors = {
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
    message: ({ role, action, problem }) =>
      `Role "${role}" may not ${action}: ${problem}. What failed has changed nothing.`,
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
      'Restore the declaration. If no database has applied the migrations of the change, take the migrations folder back to what it was before (four files, their snapshots and their entries in meta/_journal.json; version control does it), and generate them again.',
  }),
  EC_SCHEMA_CHANGED_UNDER: entry<{ id: string; table: string; problem: string }>({
    outcome: 'failed',
    message: ({ id, table, problem }) =>
      `Table ${table} of change "${id}" is not what the declaration says: ${problem}.`,
    fix: () =>
      'Put the table back as the schema has it (or restore it), then repeat the command; it goes on where it stopped.',
  }),
  EC_CONTROL_LOST: entry<{
    id: string
    table: string
    oldColumns: readonly string[]
    newColumns: readonly string[]
    /** What an UPDATE sets to copy the new side back. */
    copyBack: string
    toBeginAgain: string
  }>({
    outcome: 'action-needed',
    message: ({ id, table, oldColumns, newColumns }) =>
      `Change "${id}" is under way in this database, and what the control tables recorded of it is lost. Whether ${quotedNames(oldColumns)} or ${quotedNames(newColumns)} of table "${table}" holds the truth cannot be seen any more, so nothing was changed.`,
    fix: ({ oldColumns, newColumns, copyBack, table, toBeginAgain }) =>
      [
        'Restore the schema "expand_contract" from a backup or a replica: the change goes on where it was.',
        `Without one it begins again, with reads on ${quotedNames(oldColumns)}, a new backfill and a new verification. Stop what writes table "${table}"; where reads were on ${quotedNames(newColumns)}, copy it back (UPDATE … SET ${copyBack}); ${toBeginAgain}; then \`npx expand-contract migrate\`.`,
      ].join('\n'),
  }),
  EC_TRANSFORM_REFUSED: entry<{
    id: string
    direction: 'forward' | 'backward'
    /** The column that would get the result. */
    column: string
    /** In PostgreSQL's words; undefined where the result is not always the same. */
    problem: string | undefined
    /** A function without a search path of its own. */
    unsettled?: string
  }>({
    outcome: 'usage',
    message: ({ id, direction, column, problem, unsettled }) => {
      if (unsettled !== undefined)
        return `Change "${id}": what \`${direction}\` gives for column "${column}" calls the function ${unsettled}, which has no search path of its own. What the names in its body mean depends on who calls it, and writers, the sync trigger and the backfill would not agree. Nothing was changed.`
      return problem === undefined
        ? `Change "${id}": what \`${direction}\` gives for column "${column}" uses a function that PostgreSQL does not know to be IMMUTABLE. It may give another result in another session (by its time zone, its locale, its search path), and both sides would disagree. Nothing was changed.`
        : `Change "${id}": what \`${direction}\` gives for column "${column}" cannot be computed in this database: ${problem}. Nothing was changed.`
    },
    fix: ({ direction, problem, unsettled }) => {
      if (unsettled !== undefined)
        return `Give it one, \`ALTER FUNCTION ${unsettled} SET search_path = …\` with the schemas that its body needs, or a body that is parsed when it is created (BEGIN ATOMIC). Then repeat the command.`
      return problem === undefined
        ? `Write what the session decides into the expression (\`AT TIME ZONE 'UTC'\` instead of a cast to timestamptz), take the migrations folder back to what it was before (four files, their snapshots and their entries in meta/_journal.json; version control does it) and generate again. Or, if the result is the same in every session all the same, say why in \`stableBecause\` of the declaration and repeat the command.`
        : `Correct \`${direction}\` of the declaration: it may use its columns, literals, operators and functions that this database has, and its result has to have a cast to the type of the column. Then take the migrations folder back to what it was before (four files, their snapshots and their entries in meta/_journal.json; version control does it) and generate again.`
    },
  }),
  EC_GENERATE: entry<{ problem: string; advice: string }>({
    outcome: 'usage',
    message: ({ problem }) => problem,
    fix: ({ advice }) => advice,
  }),
} as const
