import { entry, quotedNames } from './entry.ts'

/** Raised where changes are declared, or handed to `createToolkit`. */
export const declarationErrors = {
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
    fix: ({ keys }) =>
      `Use a key of the Drizzle table (the TypeScript name, not the column name): ${quotedNames(keys)}.`,
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
      `Declare "${to}" with the type of "${from}". Changing a type needs a transform: declare it with changeColumns.`,
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
    fix: () => 'Finish the one that is under way first, then declare the other.',
  }),
} as const
