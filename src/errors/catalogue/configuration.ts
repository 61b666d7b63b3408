import { entry, quotedNames } from './entry.ts'

/** The configuration, the connection to the database, and what has to be there before anything can begin. */
export const configurationErrors = {
  EC_CONFIG_INVALID: entry<{ file: string; problems: readonly string[] }>({
    outcome: 'usage',
    message: ({ file, problems }) =>
      `${file} is not a valid configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    fix: () => 'Correct the entries above. docs/configuration.md lists every option with its default.',
  }),
  EC_CONFIG_NOT_FOUND: entry<{ looked: readonly string[] }>({
    outcome: 'usage',
    message: ({ looked }) => `No configuration found (looked for ${quotedNames(looked)}).`,
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
  EC_CONNECTION_LOST: entry<{ reason: string }>({
    outcome: 'failed',
    message: ({ reason }) =>
      `The connection to the database broke while the command was at work (${reason}). The transaction under way was rolled back, unless it was just being committed; what was committed before stays.`,
    fix: () =>
      'Repeat the command: it looks at the database first, and goes on from there. `npx expand-contract status` says where it is.',
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
      `The control tables are older than this version of the toolkit (missing: ${quotedNames(missing)}).`,
    fix: () => 'Run `npx expand-contract init`; it upgrades them and keeps what they hold.',
  }),
  EC_ROW_UNREADABLE: entry<{ table: string; row: string; problem: string }>({
    outcome: 'failed',
    message: ({ table, row, problem }) =>
      `Row "${row}" of expand_contract.${table} cannot be read: ${problem}. No version of the toolkit writes that, so it was edited by hand, and nothing is decided by it.`,
    fix: ({ row }) =>
      `Put back what was there: \`npx expand-contract history ${row}\` tells the phases and epochs, a restored copy of the database the rest.`,
  }),
  EC_NOT_STARTED: entry({
    outcome: 'usage',
    message: () =>
      'The toolkit was used before start() had finished or after stop(), when the phase of a change is not known.',
    fix: () =>
      'Put `await toolkit.start()` before the first use of a repository, and call `stop()` once no work comes in any more.',
  }),
} as const
