import { failure } from '../errors/index.ts'
import { isWithin } from './bucket.ts'
import type { FlagContext, FlagPort } from './port.ts'

/** On, off, for so many of a hundred keys, or as a function of the context says. */
export type MemoryFlag = boolean | number | ((context: FlagContext) => boolean | undefined)

/** Flags that a test sets. */
export interface MemoryFlags extends FlagPort {
  /** @throws ExpandContractError EC_OPTION_INVALID for a percentage that is none. */
  set(flag: string, value: MemoryFlag): void
  /**
   * Takes the value away, from one flag or from all: as if the flag service had lost it. A key that was asked for before
   * keeps its last answer, as with every port; to switch a flag off, set it to false.
   */
  reset(flag?: string): void
}

/**
 * Flags for tests; they hold for this process alone.
 *
 * @example
 * ```ts
 * const flags = memoryFlags({ 'user-full-name': true })
 * flags.set('user-full-name', 25)                              // a quarter of the keys
 * flags.set('user-full-name', ({ plan }) => plan === 'beta')
 * ```
 */
export function memoryFlags(initial: Readonly<Record<string, MemoryFlag>> = {}): MemoryFlags {
  const values = new Map<string, MemoryFlag>()
  const flags: MemoryFlags = {
    name: 'memory',
    wish({ flag, changeId, key, context }) {
      const value = values.get(flag)
      if (typeof value === 'function') return value(context)
      return typeof value === 'number' ? isWithin(value, changeId, key) : value
    },
    set: (flag, value) => void values.set(flag, checked(flag, value)),
    reset: (flag) => void (flag === undefined ? values.clear() : values.delete(flag)),
  }
  for (const [flag, value] of Object.entries(initial)) flags.set(flag, value)
  return flags
}

function checked(flag: string, value: MemoryFlag): MemoryFlag {
  if (typeof value !== 'number' || (value >= 0 && value <= 100)) return value
  throw failure('EC_OPTION_INVALID', {
    option: `memoryFlags, "${flag}"`,
    problem: `${value} is no percentage. Give 0 to 100, true, false or a function of the context.`,
  })
}
