/** The ways in which a change keeps its sides together, each with stories of its own. */
export const variants = {
  'copy-back': { sync: 'trigger', copyBack: true },
  /** Old falls behind from new-only on, and is filled from new on the way back. */
  'no-copy-back': { sync: 'trigger', copyBack: false },
  /** Nothing but the repositories keeps the sides together: no trigger hides what they, or the operator, do wrong. */
  'no-trigger': { sync: 'none', copyBack: false },
} as const

export type Variant = keyof typeof variants
export const allVariants = Object.keys(variants) as Variant[]
