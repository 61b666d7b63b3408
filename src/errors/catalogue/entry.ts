/** `failed` exits with 1, `action-needed` with 2, `usage` (bad usage or configuration) with 3. */
export type Outcome = 'failed' | 'action-needed' | 'usage'

/** What one code of the catalogue says, made of the details of the moment. */
export interface Entry<Details> {
  readonly outcome: Outcome
  /** The fact and its consequence. */
  readonly message: (details: Details) => string
  /** The way out. */
  readonly fix: (details: Details) => string
}

/** An entry whose functions take their details from its type argument. */
export const entry = <Details = Record<never, never>>(definition: Entry<Details>): Entry<Details> => definition

/** Names for a sentence: in double quotes, with commas. */
export const quotedNames = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')
