import { configurationErrors } from './catalogue/configuration.ts'
import { declarationErrors } from './catalogue/declarations.ts'
import { migrationErrors } from './catalogue/migrations.ts'
import { phaseErrors } from './catalogue/phases.ts'
import { queryErrors } from './catalogue/queries.ts'
import { scratchErrors } from './catalogue/scratch.ts'

/**
 * Every error the toolkit raises, in one place: the fact and its consequence (`message`), the way out (`fix`), and how
 * a command that ends with it exits. A docs page (`docs/errors.md`) is checked against this table by a test.
 *
 * Style: names in double quotes, the fact first, then the consequence, then what to do. Never a row value.
 */
export const catalogue = {
  ...declarationErrors,
  ...configurationErrors,
  ...phaseErrors,
  ...migrationErrors,
  ...queryErrors,
  ...scratchErrors,
} as const

export type { Outcome } from './catalogue/entry.ts'

type Catalogue = typeof catalogue
/** Stable identifier of an error; `docs/errors.md` has a section for each. */
export type ErrorCode = keyof Catalogue
/** The details that an error of this code is made of. */
export type DetailsOf<Code extends ErrorCode> = Parameters<Catalogue[Code]['message']>[0]
