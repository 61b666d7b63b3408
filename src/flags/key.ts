import type { FlagContext } from './port.ts'

/**
 * What a read decision sticks to: the entry of the context that the change names as its `stickiness`, as text.
 * Undefined where the unit of work has none; an empty text counts as none, since it would be shared by all who lack one.
 */
export function keyOf(context: FlagContext, stickiness: string): string | undefined {
  const text = String(context[stickiness] ?? '')
  return text === '' ? undefined : text
}
